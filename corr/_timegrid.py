"""Time steps of the noisy twin: fine enough for the stiffest direction, whole numbers between recorded times."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ._types import Params, Scalar

COARSEST = 1e-3
RESOLUTION = 0.1
CHUNK = 10
SHORTEST = 64
POWER_STEPS = 40


class TimeGrid(NamedTuple):
    """Step numbers of the recorded times, and dt in each interval between them (common time)."""

    marks: np.ndarray
    time_steps: np.ndarray

    def upto(self, step: int) -> dict[str, Any]:
        """First steps and dt of the intervals begun before ``step``."""
        begun = int(np.searchsorted(self.marks[:-1], step))
        return {"from step": self.marks[:begun], "dt": self.time_steps[:begun], "room": self._room}

    @property
    def _room(self) -> int:
        """Programs over grids of one shape round alike, so that a run may be extended to this many intervals."""
        return max(SHORTEST, 2 ** len(self.time_steps).bit_length())

    def schedule(self, count: jax.Array) -> jax.Array:
        """dt of step number ``count``."""
        more = (0, self._room - len(self.time_steps))
        ends = np.pad(self.marks[1:], more, constant_values=np.iinfo(np.int32).max)
        lengths = np.pad(self.time_steps, more, mode="edge")
        interval = jnp.searchsorted(jnp.asarray(ends, jnp.int32), count, side="right")
        return jnp.asarray(lengths, jnp.result_type(float))[interval]


def stiffness(loss: Callable[[Params], Scalar], path: np.ndarray, template: Params) -> tuple[np.ndarray, np.ndarray]:
    """|∇U| and the largest |Hessian eigenvalue| (power iteration) at each row of a path (times, parameters)."""
    start, unravel = ravel_pytree(template)
    gradient = jax.grad(lambda flat: loss(unravel(flat)))

    @jax.jit
    def one(flat: jax.Array) -> tuple[jax.Array, jax.Array]:
        def power(carry: tuple[jax.Array, jax.Array], _: Any) -> tuple[tuple[jax.Array, jax.Array], None]:
            image = jax.jvp(gradient, (flat,), (carry[0],))[1]
            size = jnp.linalg.norm(image)
            return (image / jnp.where(size > 0, size, 1), size), None

        slope = gradient(flat)
        size = jnp.linalg.norm(slope)
        first = jnp.where(size > 0, slope / jnp.where(size > 0, size, 1), 1 / math.sqrt(flat.size))
        (_, largest), _ = jax.lax.scan(power, (first, size), None, length=POWER_STEPS)
        return size, largest

    values = [one(jnp.asarray(row, start.dtype)) for row in path]
    return np.asarray([float(g) for g, _ in values]), np.asarray([float(h) for _, h in values])


def twin_grid(times: np.ndarray, slopes: np.ndarray, curvatures: np.ndarray, step_time: float, beta: float) -> TimeGrid:
    """One dt per interval, clip(0.1 |g|/h, λα, 1e-3) at β = ∞ and clip(0.1/h, λα, 1e-3) at finite β, from a pilot.

    Args:
        times: recorded common times, increasing from 0.
        slopes: |∇U| of the noise-free pilot at these times.
        curvatures: its largest |Hessian eigenvalue| there.
        step_time: λα, common time of one mutation step.
        beta: β in (0, ∞].

    Returns:
        A ``TimeGrid`` whose intervals hold whole numbers of steps.
    """
    scale = slopes if math.isinf(beta) else np.ones_like(slopes)
    wanted = RESOLUTION * scale / np.maximum(curvatures, 1e-30)
    wanted = np.clip(np.minimum(wanted[:-1], wanted[1:]), step_time, max(COARSEST, step_time))
    spans = np.diff(times)
    counts = np.maximum(1, np.ceil(spans / wanted - 1e-9)).astype(int)
    counts = np.where(counts > CHUNK, -(-counts // CHUNK) * CHUNK, counts)
    return TimeGrid(np.concatenate([[0], np.cumsum(counts)]), spans / counts)
