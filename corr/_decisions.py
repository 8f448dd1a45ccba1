"""The check before a run: do its accept/reject decisions and exact changes agree with float64?"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._flips import decision_counter
from ._referee import RefereeError
from ._told import warn
from ._types import Dynamics, Params

DRAWS = 512
WARN_FLIPS, REFUSE_FLIPS = 1e-3, 1e-2
WRONG = 0.05


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
    rate = f"{found.flips} of {found.draws} accept/reject decisions differ from float64 at the start"
    if found.low > REFUSE_FLIPS:
        raise ValueError(
            f"{rate}, expected under 1 %: use float64 (jax_enable_x64) or a larger mutation_std, or run it with"
            " check_decisions=False"
        )
    if found.low > WARN_FLIPS:
        _say(f"{rate}, expected under 0.1 %: use float64 (jax_enable_x64) or a larger mutation_std")
    elif found.change_error > _allowed(params):
        _say(
            f"the change of the loss differs from float64 by up to {100 * found.change_error:.2g} % at the start: its"
            " exact change cannot be trusted; use float64 (jax_enable_x64), or report the loss"
        )


def _allowed(params: Params) -> float:
    """Five per cent, or 64 rounding steps in half precision."""
    dtype: Any = jnp.result_type(*jax.tree.leaves(params))
    return max(WRONG, 64 * float(jnp.finfo(dtype).eps)) if np.dtype(dtype).itemsize < 4 else WRONG


def _say(message: str) -> None:
    warn(message, stacklevel=4)
