"""What the mean weights of a finished run give: U(<x>), and the network's outputs."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree

from corr import Comparison

from ..declaring.experiment import Problem

MEANS = "means"


def means(sides: Comparison, problem: Problem, params: Any) -> xarray.Dataset:
    """Loss and outputs of the mean weights of each side at each recorded time.

    Args:
        sides: the three Datasets of a run.
        problem: what was learned.
        params: parameters of the right shapes.

    Returns:
        ``loss`` (side, time), U(<x>) in loss units; where the problem has a fit, ``output`` (side, time, point), the
        network's f(θ) with weights <x>, and ``theta`` and ``target`` (point).
    """
    rows = {name: side["mean"].values for name, side in sides._asdict().items()}
    data = xarray.Dataset(
        {"loss": (("side", "time"), np.stack([along(problem.loss, params, row) for row in rows.values()]))},
        coords={"side": list(rows), "time": sides.mutation.time.values},
    )
    if problem.fit is None:
        return data
    outputs = np.stack([along(problem.fit.outputs, params, row) for row in rows.values()])
    return data.assign(
        output=(("side", "time", "point"), outputs),
        theta=("point", np.asarray(problem.fit.points)),
        target=("point", np.asarray(problem.fit.targets)),
    )


def along(function: Callable[[Any], jax.Array], params: Any, rows: np.ndarray) -> np.ndarray:
    """``function`` of each row (times, parameters) of flat parameters, shaped like ``params``."""
    flat, unravel = ravel_pytree(params)
    one = jax.jit(lambda row: function(unravel(row)))
    return np.stack([np.asarray(one(jnp.asarray(row, flat.dtype)), float) for row in rows])
