"""``noise_free``: gradient descent without noise, recorded at common times."""

from collections.abc import Callable, Iterable, Sequence

import jax
import numpy as np
import xarray

from ._checks import check_positive, real_number
from ._clock import whole_steps
from ._keys import root_key
from ._run import run
from ._types import Params, Scalar
from .dynamics import descent


def noise_free(
    loss: Callable[[Params], Scalar],
    params: Params,
    *,
    learning_rate: float,
    times: Sequence[float] | np.ndarray,
    normalized: bool = False,
    label: str = "descent",
    progress: bool = False,
    key: jax.Array | None = None,
) -> xarray.Dataset:
    """Noise-free gradient descent recorded at common times, x ← x - α ∇U, or x ← x - α ∇U/|∇U|.

    One trajectory of ``descent`` by ``run``; of that take ``path.values[0]``, shape (times, parameters).

    Args:
        loss: U, a JAX function ``params -> scalar``.
        params: start parameters, any pytree of floating-point arrays.
        learning_rate: α > 0, common time per step.
        times: common times t to record, in any order; whole multiples of α up to rounding (1e-6 of themselves). The
            start, t = 0, is always recorded, given or not.
        normalized: divide the gradient by its norm, as mutation at β = ∞ does.
        label: name shown beside the progress bar.
        progress: show a progress bar on standard error.
        key: root key, None for ``root_key(0)``; descent draws nothing, so any gives the same numbers.

    Returns:
        The Dataset of ``run``: ``time`` holds 0 and the multiples of α nearest to ``times``, each once, ascending.

    Raises:
        ValueError: if α is not positive, there is no time after 0, or a time is negative, not finite or no multiple of
            α; as ``run`` where the loss cannot be descended.
        TypeError: if a time or α is no number.

    Example:
        >>> import jax.numpy as jnp
        >>> data = noise_free(lambda x: jnp.sum(x**2) / 2, jnp.ones(2), learning_rate=0.5, times=[0.5, 1])
        >>> data.time.values.tolist(), data.path.values[0, :, 0].tolist()
        ([0.0, 0.5, 1.0], [1.0, 0.5, 0.25])

    Reference: Whitelam et al. (2021), eqs. 11 (plain) and 12 (normalized).
    """
    rate = check_positive("learning_rate", learning_rate)
    if not isinstance(times, Iterable) or getattr(times, "ndim", 1) == 0:
        raise TypeError(f"times must be several numbers like [0.1, 0.2], got {type(times).__name__} {times!r}")
    marks = [whole_steps(real_number("a time of times", time), rate, "noise-free descent") for time in times]
    if not any(marks):
        raise ValueError(f"times holds {[*times]}, expected at least one time after 0")
    return run(
        descent(loss, learning_rate=rate, normalized=normalized),
        params,
        steps=max(marks),
        record_at=marks,
        time_step=rate,
        trajectories=1,
        key=root_key(0) if key is None else key,
        block_size=1,
        devices=1,
        label=label,
        progress=progress,
    )
