"""Is averaged mutation the gradient side within a declared margin? Tests of one run against its twin and descent."""

from typing import Any

import numpy as np
import xarray

from corr import Comparison, inference
from corr.inference._multiplicity import Kind
from corr.inference._resample import resamples_for

from ._declare import TIME_ROUNDING, Margins, check_recorded

LEVEL, POWER = 0.05, 0.9
SEED, RESAMPLES = 1, 1999
FEWEST = 3
NULLS = {
    "twin": "(a) mutation against its noisy twin",
    "descent": "(b) averaged mutation against noise-free descent",
}
DECLARED: dict[str, dict[str, Kind]] = {
    "twin": {
        "weights differ": "difference",
        "loss differs": "difference",
        "distribution differs": "difference",
        "weights equivalent": "equivalence",
        "loss equivalent": "equivalence",
    },
    "descent": {
        "weights differ": "difference",
        "loss differs": "difference",
        "weights equivalent": "equivalence",
        "loss equivalent": "equivalence",
    },
}


def equivalence(sides: Comparison, margins: Margins) -> xarray.Dataset:
    """Every declared test of a run, time by time and for all times together.

    Args:
        sides: the three Datasets of ``corr.compare`` or of a saved run.
        margins: what counts as equivalent, as the experiment declares it.

    Returns:
        A Dataset over side ("twin", "descent") and time (recorded times after 0 up to the last declared one):
        ``weights`` (unbiased Δ), ``weights_upper`` (its 95 % bound), ``weights_margin``, ``weights_detectable`` in
        squared parameter units, ``weights_p`` (equivalence) and ``weights_null_p`` (equality); ``loss`` (difference),
        ``loss_lower``, ``loss_upper``, ``loss_margin``, ``loss_detectable``, ``loss_p``, ``loss_null_p``;
        ``weights_least`` and ``loss_least``, lower bounds of |bias|² and of the difference of losses, 95 % for all
        declared times together; ``travelled``; ``fallen``, the loss noise-free descent has lost since t = 0;
        ``twin_weights``, the twins' own unbiased Δ to noise-free descent, and ``twin_weights_error``, its standard
        error. NaN outside the declared times. Over test: ``together_p``, one p-value for all its declared times.

    Raises:
        ValueError: for fewer than three, repeated or non-finite trajectories, mismatched times, or margins declared to
            times before the first recorded one.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr import compare, root_key
        >>> sides = compare(lambda x: jnp.sum(x**2), jnp.ones(3), key=root_key(0), trajectories=24, end_time=0.2,
        ...                 record_every=0.1, learning_rate=1e-4, step_ratio=1.0, progress=False)
        >>> found = equivalence(sides, Margins())
        >>> bool((found.weights_p.sel(side="twin") < 0.05).all())
        True
    """
    if any(not np.array_equal(side.time, sides.mutation.time) for side in sides):
        times = [side.time.values.tolist() for side in sides]
        raise ValueError(f"mutation, twin and descent must share their recorded times, got {times}")
    kept = {name: side.sizes["path_trajectory"] for name, side in sides._asdict().items() if name != "descent"}
    if min(kept.values()) < FEWEST:
        raise ValueError(
            f"the run kept the paths of {kept['mutation']} mutation and {kept['twin']} twin trajectories, the tests"
            f" need {FEWEST} or more of each: give a larger keep, or more trajectories"
        )
    time = sides.mutation.time.values[1:]
    check_recorded(float(time[0]), "this run", weights_until=margins.weights_until, loss_until=margins.loss_until)
    time = time[time <= max(margins.weights_until, margins.loss_until) + TIME_ROUNDING]
    whole = sides.descent.path.values[0].astype(float)
    travelled, path = inference.travelled(whole)[1 : len(time) + 1], whole[1 : len(time) + 1]
    walk, twin = finite(sides.mutation, time), finite(sides.twin, time)
    curve = sides.descent.loss.values[0, : len(time) + 1].astype(float)
    fallen, smooth = np.abs(curve[1:] - curve[0]), (path, curve[1:])
    parts = [
        _side(name, walk, other, time, {"weights": margins.weights * travelled, "loss": margins.loss * fallen}, margins)
        for name, other in (("twin", twin), ("descent", smooth))
    ]
    found = xarray.concat(parts, "side", join="outer").assign_attrs(level=LEVEL, power=POWER, **vars(margins))
    away, unsure = inference.unbiased_delta(twin[0], path), inference.delta_standard_error(twin[0], path)
    found = found.assign(travelled=("time", travelled), fallen=("time", fallen))
    return found.assign(twin_weights=("time", away), twin_weights_error=("time", unsure))


def _side(
    name: str,
    walk: tuple[np.ndarray, np.ndarray],
    against: tuple[np.ndarray, np.ndarray],
    time: np.ndarray,
    bounds: dict[str, np.ndarray],
    margins: Margins,
) -> xarray.Dataset:
    """The tests of mutation, (paths, losses), against the twins or the noise-free path."""
    (paths, losses), (other, other_losses) = walk, against
    data: dict[str, Any] = {}
    early, late = time <= margins.weights_until + TIME_ROUNDING, time <= margins.loss_until + TIME_ROUNDING
    mean = inference.mean_equivalence(paths, other, bounds["weights"], seed=SEED, level=LEVEL, resamples=RESAMPLES)
    loss = inference.loss_equivalence(losses, other_losses, bounds["loss"], level=LEVEL)
    null = _null(paths[:, late], other[..., late, :], losses[:, late], other_losses[..., late])
    least = bias_at_least(paths, other, bounds["weights"], int(early.sum()))
    apart = inference.loss_equivalence(losses, other_losses, bounds["loss"], level=LEVEL / max(late.sum(), 1))
    data |= _columns("weights", mean, early, {"upper": mean.upper, "least": least})
    limits = {"lower": loss.lower, "upper": loss.upper, "least": np.maximum(apart.lower, -apart.upper)}
    data |= _columns("loss", loss, late, limits)
    data |= {f"{key}_null_p": ("time", _spread(late, test.p_value)) for key, test in null.items()}
    together = {
        "weights differ": null["weights"].maximum_p,
        "loss differs": null["loss"].maximum_p,
        "distribution differs": _distribution(paths[:, late], other[..., late, :]) if name == "twin" else np.nan,
        # A run that ends before the last declared time cannot show what is declared.
        "weights equivalent": float(mean.p_value[early].max()) if reaches(time, margins.weights_until) else 1.0,
        "loss equivalent": float(loss.p_value[late].max()) if reaches(time, margins.loss_until) else 1.0,
    }
    data["together_p"] = ("test", np.array(list(together.values())))
    counts = [len(paths), 1 if name == "descent" else len(other)]
    data["trajectories"] = ("of", np.array(counts))
    coords = {"time": time, "test": list(together), "side": name, "of": ["mutation", "other"]}
    return xarray.Dataset(data, coords)


def bias_at_least(paths: np.ndarray, other: np.ndarray, margin: np.ndarray, declared: int) -> np.ndarray:
    """Lower bound of |bias|² at each time, at the level for all ``declared`` times together (Bonferroni)."""
    level = LEVEL / max(declared, 1)
    resamples = resamples_for(max(declared, 1))
    return inference.mean_equivalence(paths, other, margin, seed=SEED, level=level, resamples=resamples).lower


def reaches(times: np.ndarray, until: float) -> bool:
    """Whether recorded times go as far as a declared one."""
    return bool(times[-1] >= until - TIME_ROUNDING)


def finite(data: xarray.Dataset, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Paths and losses at the times, of the kept trajectories that are finite there."""
    at = data.sel(time=times)
    paths, losses = at.path.values.astype(float), at.loss.values[: data.sizes["path_trajectory"]].astype(float)
    good = np.isfinite(losses).all(axis=1) & np.isfinite(paths).all(axis=(1, 2))
    return paths[good], losses[good]


def _columns(name: str, test: Any, inside: np.ndarray, limits: dict[str, np.ndarray]) -> dict[str, Any]:
    columns = {"": test.estimate, "_margin": test.margin, "_detectable": test.detectable}
    columns |= {f"_{key}": value for key, value in limits.items()}
    # Estimates are shown at all times; the statement is made at the declared ones.
    found = {f"{name}{key}": ("time", value) for key, value in columns.items()}
    return found | {f"{name}_p": ("time", np.where(inside, test.p_value, np.nan))}


def _spread(inside: np.ndarray, values: np.ndarray) -> np.ndarray:
    full = np.full(inside.shape, np.nan)
    full[inside] = values
    return full


def _null(paths: np.ndarray, other: np.ndarray, losses: np.ndarray, other_losses: np.ndarray) -> dict[str, Any]:
    loss = inference.loss_test(losses, other_losses, seed=SEED, resamples=RESAMPLES)
    if other.ndim == 2:
        return {"weights": inference.sign_flip_test(paths, other, seed=SEED, resamples=RESAMPLES), "loss": loss}
    return {"weights": inference.permutation_test(paths, other, seed=SEED, permutations=RESAMPLES), "loss": loss}


def _distribution(paths: np.ndarray, other: np.ndarray) -> float:
    return float(inference.energy_test(paths, other, seed=SEED, permutations=RESAMPLES).maximum_p)


def established_until(one: xarray.Dataset, what: str) -> float:
    """Last time up to which one side's "weights" or "loss" are equivalent at every recorded time, 0 if at none.

    Times are tested in their order and the first that fails ends it, so no adjustment for their number is due.
    """
    inside = np.isfinite(one[f"{what}_p"].values)
    times, failed = one.time.values[inside], one[f"{what}_p"].values[inside] >= LEVEL
    return float(times[: int(np.argmax(failed)) if failed.any() else len(times)].max(initial=0.0))


def crossing_time(found: xarray.Dataset) -> float:
    """First recorded time at which the twins' own unbiased Δ to noise-free descent exceeds the margin, else ∞."""
    one = found.sel(side="descent")
    beyond = np.flatnonzero(one.twin_weights.values > one.weights_margin.values)
    return float(one.time.values[beyond[0]]) if beyond.size else np.inf
