"""Time steps of the noisy twin: fine enough for the stiffest direction, whole numbers between recorded times."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ._keys import root_key
from ._types import Params, Scalar

COARSEST = 1e-3
RESOLUTION = 0.1
CHUNK = 10
ROOM = 1024
POWER_STEPS = 40
PROBES = 3
ROWS = 8  # one compiled program serves any number of places, 8 at a time
PROBE_SEED = 20211109


class TimeGrid(NamedTuple):
    """Step numbers of the recorded times, and dt in each interval between them (common time)."""

    marks: np.ndarray
    time_steps: np.ndarray

    def upto(self, step: int) -> dict[str, Any]:
        """First steps and dt of the intervals begun before ``step``."""
        begun = int(np.searchsorted(self.marks[:-1], step))
        return {"from step": self.marks[:begun], "dt": self.time_steps[:begun]}

    def schedule(self, count: jax.Array) -> jax.Array:
        """dt of step number ``count``."""
        more = (0, room_for(len(self.time_steps)) - len(self.time_steps))
        ends = np.pad(self.marks[1:], more, constant_values=np.iinfo(count.dtype).max)
        lengths = np.pad(self.time_steps, more, mode="edge")
        interval = jnp.searchsorted(jnp.asarray(ends, count.dtype), count, side="right", method="scan_unrolled")
        return jnp.asarray(lengths, jnp.result_type(float))[interval]


def room_for(intervals: int) -> int:
    """Programs over grids of one shape round alike, so that a run may be extended to this many intervals."""
    return max(ROOM, 2 ** (intervals - 1).bit_length())


def steepness_along(
    loss: Callable[[Params], Scalar], template: Params, scale: np.ndarray | None = None
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """``measure(path of shape (T, N)) -> (|∇U|, largest |Hessian eigenvalue|)``, each of shape (T,), NaN if not finite.

    The eigenvalue is the largest of ``PROBES`` power iterations: from the gradient, and from random directions, which
    see what the gradient does not point at. It is a lower bound, close where the spectrum has a gap. With ``scale`` r,
    shape (N,), both are those of y ↦ U(r y).
    """
    start, unravel = ravel_pytree(template)
    weight = jnp.ones_like(start) if scale is None else jnp.asarray(scale, start.dtype)
    gradient = jax.grad(lambda flat: loss(unravel(flat)))
    noise = jax.random.normal(root_key(PROBE_SEED), (PROBES - 1, start.size), start.dtype)

    def one(at: jax.Array) -> tuple[jax.Array, jax.Array]:
        slope, product = jax.linearize(gradient, at)

        def power(vector: jax.Array, _: Any) -> tuple[jax.Array, jax.Array]:
            image = weight * product(weight * vector)
            size = _norm(image)
            return image / jnp.where(size > 0, size, 1), size

        def converged(first: jax.Array) -> jax.Array:
            size = _norm(first)
            return jax.lax.scan(power, first / jnp.where(size > 0, size, 1), None, length=POWER_STEPS)[1][-1]

        steep = weight * slope
        return _norm(steep), jnp.max(jnp.stack([converged(first) for first in (steep, *noise)]))

    along = jax.jit(lambda rows: jax.lax.map(one, rows))

    def measure(path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = path[np.arange(-(-len(path) // ROWS) * ROWS) % len(path)].reshape(-1, ROWS, start.size)
        found = [along(jnp.asarray(some, start.dtype)) for some in rows]
        slopes, curvatures = (np.concatenate(part)[: len(path)].astype(float) for part in zip(*found, strict=True))
        return slopes, curvatures

    return measure


def _norm(vector: jax.Array) -> jax.Array:
    """|v| without overflow or underflow of its squares."""
    largest = jnp.max(jnp.abs(vector))
    return largest * jnp.linalg.norm(vector / jnp.where(largest > 0, largest, 1))


def step_limits(slopes: np.ndarray, curvatures: np.ndarray, beta: float) -> np.ndarray:
    """Largest dt that resolves the stiffest direction, 0.1 |g|/h at β = ∞ and 0.1/h at finite β, NaN if unknown."""
    scale = slopes if math.isinf(beta) else np.where(np.isfinite(slopes), 1.0, np.nan)
    return RESOLUTION * scale / np.maximum(curvatures, 1e-30)


def twin_grid(times: np.ndarray, limits: np.ndarray, step_time: float) -> TimeGrid:
    """One dt per interval, the limit at its ends clipped to [λα, 1e-3].

    Args:
        times: recorded common times, increasing from 0.
        limits: ``step_limits`` of a noise-free pilot at these times; the last known one holds on where it is NaN.
        step_time: λα, common time of one mutation step.

    Returns:
        A ``TimeGrid`` whose intervals hold whole numbers of steps.

    Raises:
        ValueError: if no limit is known at the start, or the steps are more than float32 runs count.
    """
    if not np.isfinite(limits[0]):
        raise ValueError("gradient or curvature of the loss is not finite at the start: the twin has no time step")
    known = np.maximum.accumulate(np.where(np.isfinite(limits), np.arange(len(limits)), 0))
    limits = limits[known]
    wanted = np.clip(np.minimum(limits[:-1], limits[1:]), step_time, max(COARSEST, step_time))
    spans = np.diff(times)
    counts = np.maximum(1, np.ceil(spans / wanted - 1e-9)).astype(int)
    counts = np.where(counts > CHUNK, -(-counts // CHUNK) * CHUNK, counts)
    if counts.sum() >= 2**31 and not jax.config.jax_enable_x64:  # pyright: ignore[reportAttributeAccessIssue]
        raise ValueError(
            f"the twin needs {counts.sum()} steps, expected under 2^31: use float64, or a shorter end_time"
        )
    return TimeGrid(np.concatenate([[0], np.cumsum(counts)]), spans / counts)
