"""The referee of accept/reject decisions: the same decisions made again wholly in float64."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ._types import Params, Scalar
from .difference._promote import promote

# A change below this share of the loss is rounding of float64's own subtraction: none, where a loss counts.
FLOAT64_ROUNDING = 2.0**-46
# For programs that run a few times: compiling takes longer than running.
QUICKLY: dict[str, Any] = {"xla_backend_optimization_level": 1}


class RefereeError(RuntimeError):
    """The decisions cannot be made again in float64."""


class Decisions(NamedTuple):
    """Decisions of one dynamics, stacked: what float64 needs to make them again, and how they went."""

    displacement: Params
    uniform: Any
    change: Scalar
    accepted: jax.Array
    finite: jax.Array


Verdict = tuple[np.ndarray, np.ndarray, np.ndarray]


def referee(
    loss: Callable[[Params], Scalar], accept: Callable[[Any, Any], Any], *, shared: bool
) -> Callable[[Params, Decisions], Verdict]:
    """``judge(position, decisions) -> (flipped, finite, error of the change)``, one entry per decision.

    Float64 has a program of its own, traced at the first call, since parts of a program cannot be lowered in float64
    where the whole is not.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        accept: ``accept(loss change, uniform) -> accepted``.
        shared: whether all decisions are made at one position; otherwise positions are stacked as the decisions are.

    Returns:
        A function that raises ``RefereeError`` where the loss has no form in float64.
    """
    axis = None if shared else 0
    programs: list[Any] = []

    def judge(position: Params, made: Decisions) -> Verdict:
        try:
            if not programs:
                programs.append(_program(loss, accept, axis, position, made))
            with jax.enable_x64(True):
                right, before, change = jax.device_get(programs[0](position, made.displacement, made.uniform))
        except Exception as error:
            raise RefereeError(
                f"the loss cannot be evaluated in float64, so its decisions are not checked: got {_first_line(error)}"
            ) from error
        error = _errors(np.asarray(made.change), change, np.abs(before))
        return np.asarray(made.accepted) != right, np.asarray(made.finite), error

    return judge


def _program(loss: Any, accept: Any, axis: int | None, position: Params, made: Decisions) -> Any:
    place = position if axis is None else jax.tree.map(lambda leaf: leaf[0], position)
    change, uniform = jax.tree.map(lambda leaf: leaf[0], (made.change, made.uniform))
    wide_loss, wide_accept = promote(loss, place), promote(accept, change, uniform)

    def one(old: Params, step: Params, uniform: Any) -> tuple[Any, Any, Any]:
        old, step = (jax.tree.map(lambda leaf: leaf.astype(jnp.float64), tree) for tree in (old, step))
        before = wide_loss(old)[0]
        change = wide_loss(jax.tree.map(jnp.add, old, step))[0] - before
        change = jnp.where(jnp.abs(change) <= FLOAT64_ROUNDING * jnp.abs(before), 0, change)
        return wide_accept(change, uniform)[0], before, change

    return jax.jit(jax.vmap(one, (axis, 0, 0)), compiler_options=QUICKLY)


def _errors(change: np.ndarray, right: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """|change - right| relative to the larger of |right| and the median of those not 0, less what float64 rounds.

    Where float64 overflows the dtype of the change, or has no finite change, a change that is not finite is right.
    """
    largest = float(jnp.finfo(change.dtype).max)
    covered = np.isfinite(right) & (np.abs(right) < largest / 4) & (loss < largest / 4)
    change = change.astype(float)
    size = np.where(covered, np.abs(right), 0.0)
    scale = np.maximum(size, np.median(size[size > 0]) if size.any() else 0.0)
    with np.errstate(all="ignore"):
        gap = np.abs(change - right) - FLOAT64_ROUNDING * loss
        error = np.where(gap <= 0, 0.0, gap / scale)
    wrong = np.where(covered, ~np.isfinite(change), np.isfinite(change) & ~np.isfinite(right))
    return np.where(wrong, np.inf, np.where(covered, error, 0.0))


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
