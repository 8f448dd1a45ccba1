"""The check before a run: do its accept/reject decisions and exact changes agree with float64?"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ._flips import FlipRate, decision_counter
from ._referee import RefereeError
from ._told import warn
from ._types import Dynamics, Params

DRAWS = 512
WARN_FLIPS, REFUSE_FLIPS = 1e-3, 1e-2
WRONG = 0.05
CURE = "use float64 (jax_enable_x64) or a larger mutation_std"


class Judgement(NamedTuple):
    """What a comparison with float64 says of a run: nothing, a warning (``said``), or that rounding decides it."""

    said: str
    refused: bool = False


def judge(found: FlipRate, params: Params, *, where: str) -> Judgement:
    """Decisions are wrong above 1 % and suspect above 0.1 %, by the lower end of a 99 % interval; changes above 5 %.

    Args:
        found: what was compared.
        params: parameters, for their precision.
        where: the time, in words.
    """
    flips = f"{found.flips} of {found.draws} accept/reject decisions differ from float64 {where}, expected under"
    if found.low > REFUSE_FLIPS:
        return Judgement(f"{flips} {100 * REFUSE_FLIPS:g} %", refused=True)
    if found.low > WARN_FLIPS:
        return Judgement(f"{flips} {100 * WARN_FLIPS:g} %")
    allowed = _allowed(params)
    if found.change_error > allowed:
        return Judgement(
            f"the change of the loss differs from float64 by up to {100 * found.change_error:.2g} % {where}, expected"
            f" under {100 * allowed:.2g} %, so its exact change cannot be trusted"
        )
    return Judgement("")


def check_against_float64(dynamics: Dynamics, params: Params, key: jax.Array) -> None:
    """Refuse a run in which rounding decides, warn where a change of the loss is not that of float64.

    Args:
        dynamics: what is to run; passed over unless it decides on one loss by its exact change.
        params: start parameters.
        key: root key; the decisions have a stream of their own.

    Raises:
        ValueError: if more than 1 % of the decisions differ from float64 (lower end of a 99 % interval).
    """
    decides = dynamics.loss is not None and dynamics.accept is not None and dynamics.halves is not None
    if not (decides and dynamics.keeps_loss and dynamics.facts.get("exact")):
        return
    try:
        found = decision_counter(dynamics, draws=DRAWS)(params, key)
    except RefereeError as error:
        _say(f"decisions are not compared with float64: {error}")
        return
    judged = judge(found, params, where="at the start")
    if judged.refused:
        raise ValueError(f"{judged.said}: {CURE}, or run it with check_decisions=False")
    if judged.said:
        _say(f"{judged.said}: {CURE}, or report the loss where neither helps")


def _allowed(params: Params) -> float:
    """Five per cent, or 64 rounding steps in half precision."""
    dtype: Any = jnp.result_type(*jax.tree.leaves(params))
    return max(WRONG, 64 * float(jnp.finfo(dtype).eps)) if np.dtype(dtype).itemsize < 4 else WRONG


def _say(message: str) -> None:
    warn(message, stacklevel=4)
