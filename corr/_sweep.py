"""``sweep``: comparisons on a grid of α, β and λ or σ in one call, each with random numbers of its own."""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import jax
import xarray

from ._checks import real_number
from ._compare import Comparison, compare
from ._keys import text_key
from ._told import told_once
from ._types import Params, Scalar

LENGTHS = ("learning_rate", "beta", "step_ratio", "mutation_std")
PER_POINT = ["step", "evaluations"]  # coordinates of time that differ from point to point


@told_once()
def sweep(
    loss: Callable[[Params], Scalar],
    params: Params,
    *,
    key: jax.Array,
    learning_rate: float | Iterable[float],
    step_ratio: float | Iterable[float] | None = None,
    mutation_std: float | Iterable[float] | None = None,
    beta: float | Iterable[float] = math.inf,
    checkpoint: Path | str | None = None,
    **options: Any,
) -> Comparison:
    """``compare`` at every combination of the numbers given, one point after the other.

    Args:
        loss, params: as in ``compare``.
        key: root key; the key of a point is derived from it and the point's numbers, so no two points share random
            numbers, and adding points changes none.
        learning_rate: α, one number or several.
        step_ratio: λ, one number or several; give this or ``mutation_std``.
        mutation_std: σ, one number or several.
        beta: β in (0, ∞], one number or several.
        checkpoint: folder with one folder per point; as in ``compare``.
        options: any other argument of ``compare``, the same for all points; ``observe`` too.

    Returns:
        A ``Comparison`` whose Datasets have a leading dimension ``point`` with coordinates learning_rate, beta,
        step_ratio and mutation_std; ``step`` and ``evaluations`` have a row per point.

    Raises:
        ValueError, TypeError: as ``compare``; and if a grid is empty, holds a number twice or what is no number, or not
            exactly one of λ and σ is given.

    Example:
        >>> import jax.numpy as jnp
        >>> from corr import root_key
        >>> sides = sweep(lambda x: jnp.sum(x**2), jnp.ones(3), key=root_key(0), learning_rate=1e-2,
        ...               step_ratio=[1.0, 2.0], trajectories=4, end_time=0.1, record_every=0.1, progress=False)
        >>> sides.mutation.loss.dims, sides.mutation.step_ratio.values.tolist()
        (('point', 'trajectory', 'time'), [1.0, 2.0])

    Reference: Whitelam et al. (2021), eqs. 14 and 17.
    """
    if (step_ratio is None) == (mutation_std is None):
        raise ValueError("give exactly one of step_ratio (lambda) and mutation_std (sigma), one number or several")
    width = {"step_ratio": step_ratio} if mutation_std is None else {"mutation_std": mutation_std}
    grid = {"learning_rate": learning_rate, "beta": beta, **width}
    sides = []
    for point in _points(grid):
        label = "-".join(f"{name}-{value!r}" for name, value in point.items())
        folder = None if checkpoint is None else Path(checkpoint) / label
        sides.append(compare(loss, params, key=text_key(key, label), checkpoint=folder, **point, **options))
    return Comparison(*(_stacked(list(parts)) for parts in zip(*sides, strict=True)))


def _points(grid: Mapping[str, Any]) -> list[dict[str, float]]:
    """Every combination, numbers by name."""
    several = {name: _several(name, value) for name, value in grid.items()}
    return [dict(zip(several, values, strict=True)) for values in itertools.product(*several.values())]


def _several(name: str, value: Any) -> list[float]:
    alone = isinstance(value, str | Mapping) or not isinstance(value, Iterable) or getattr(value, "ndim", 1) == 0
    try:
        values = [real_number(name, one) for one in ([value] if alone else value)]
    except TypeError as error:
        raise TypeError(
            f"{name} must be one number or several in a sweep, got {type(value).__name__} {value!r}: a tree of them,"
            " one a parameter, is for compare"
        ) from error
    if not values:
        raise ValueError(f"{name} is empty, expected one number or several")
    twice = [one for one in values if values.count(one) > 1]
    if twice:
        raise ValueError(f"{name} holds {twice[0]!r} {values.count(twice[0])} times, expected each point once")
    return values


def _stacked(parts: list[xarray.Dataset]) -> xarray.Dataset:
    """Datasets of one side of all points along a new dimension ``point``."""
    marked = [
        part.drop_attrs().reset_coords(PER_POINT).assign_coords({name: float(part.attrs[name]) for name in LENGTHS})
        for part in parts
    ]
    whole = xarray.concat(marked, dim="point", data_vars="all", coords=list(LENGTHS), join="exact", compat="equals")
    return whole.set_coords(PER_POINT).assign_attrs(side=parts[0].attrs["side"])
