"""Recorded ensembles in the form that tools for Markov chains read."""

from typing import Any

import numpy as np
import xarray


def to_arviz(dataset: xarray.Dataset) -> Any:
    """Convert what ``corr.run`` returns to arviz: chain = trajectory, draw = recorded time.

    Only trajectories whose full path was kept are taken. The group ``posterior`` holds ``x`` (chain, draw, parameter),
    ``sample_stats`` holds ``loss`` and ``acceptance`` (chain, draw); common time is the coordinate ``time`` of both.

    Args:
        dataset: of ``corr.run`` or ``corr.load_run``.

    Returns:
        ``arviz.InferenceData``; with arviz 1 or newer, which has none, an ``xarray.DataTree`` with the same groups.

    Raises:
        ImportError: if arviz is not installed.
        ValueError: if variables are missing, no path was kept, or numbers are not finite.

    Example:
        >>> import corr
        >>> walk = corr.mutation(lambda x: (x**2).sum(), mutation_std=0.1, beta=10.0)
        >>> data = corr.run(walk, np.ones(2, np.float32), steps=9, trajectories=4, key=corr.root_key(0), progress=False)
        >>> import arviz                                                               # doctest: +SKIP
        >>> arviz.ess(to_arviz(data))                                                  # doctest: +SKIP

    Reference: Kumar et al. (2019), J. Open Source Softw. 4, 1143.
    """
    groups = chain_groups(dataset)
    try:
        import arviz  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError("to_arviz needs arviz, which is not installed: pip install arviz") from error
    container = getattr(arviz, "InferenceData", None)
    return xarray.DataTree.from_dict(groups) if container is None else container(**groups)


def chain_groups(dataset: xarray.Dataset) -> dict[str, xarray.Dataset]:
    """The groups of an InferenceData, by name."""
    missing = {"path", "loss", "acceptance"} - set(dataset.variables)
    if missing:
        raise ValueError(f"the dataset lacks {sorted(missing)}, expected what corr.run returns")
    if not dataset.sizes["path_trajectory"]:
        raise ValueError("the dataset holds no paths: run with keep=None or a positive keep")
    names = {"path_trajectory": "chain", "trajectory": "chain", "time": "draw"}
    kept = dataset.sel(trajectory=dataset.path_trajectory.values)
    draws = {"draw": np.arange(dataset.sizes["time"]), "time": ("draw", dataset.time.values)}
    posterior = _renamed(kept[["path"]], names, draws).rename(path="x")
    # No step leads to the start, so it has no acceptance: its loss alone is kept.
    statistics = _renamed(kept[["loss", "acceptance"]], names, draws)
    if not (np.isfinite(posterior.x).all() and np.isfinite(statistics.loss).all()):
        raise ValueError("paths hold numbers that are not finite: leave out trajectories whose `finite` is False")
    return {"posterior": posterior, "sample_stats": statistics}


def _renamed(part: xarray.Dataset, names: dict[str, str], draws: dict[str, Any]) -> xarray.Dataset:
    """Dimensions and order that arviz expects, numbered draws, and common time beside them."""
    plain = part.drop_vars(["time", "step"]).reset_coords(drop=True)
    renamed = plain.rename({old: new for old, new in names.items() if old in part.dims})
    return renamed.assign_coords(draws).transpose("chain", "draw", ...)
