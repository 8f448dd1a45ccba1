"""Changes behind a guard, where an old value may be infinite or NaN: there the new value is carried instead."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp

from ._fallback import narrowed, two_values
from ._flow import is_float
from ._operands import Operands

# A change of NaN in an operand reaches every output element that uses it.
_HAND_ON_NAN = (
    "add add_any sub neg mul div dot_general conv_general_dilated square integer_pow reduce_sum cumsum select_n reshape"
    " broadcast_in_dim transpose squeeze expand_dims rev slice gather concatenate split pad stack unstack"
    " convert_element_type copy copy_p stop_gradient real imag"
)
HAND_ON_NAN = frozenset(_HAND_ON_NAN.split())


def still(old: Any, guarded: bool) -> Any:
    """The change of a variable that stays: zero, or its old value where that stands for a change."""
    if not is_float(old):
        return old
    return jnp.where(jnp.isfinite(old), jnp.zeros_like(old), old) if guarded else jnp.zeros_like(old)


def recoded(old: Any, change: Any, has: bool, wants: bool) -> Any:
    """A change with (``has``) or without new values in place of some elements, in the form ``wants``."""
    if change is None or has == wants or not is_float(old):
        return change
    return jnp.where(jnp.isfinite(old), change, old + change if wants else change - old)


def between(old: Any, new: Any, guarded: bool) -> Any:
    """The change from one value to another by subtraction, in the form of a guarded variable or not."""
    return jnp.where(jnp.isfinite(old), new - old, new) if guarded else new - old


def is_guarded(op: Operands) -> bool:
    """Whether a node reads or gives a change that may stand for a new value."""
    return any(map(op.is_guarded, range(op.count))) or any(map(op.gives_guarded, range(len(op.node.outputs))))


def guarded_changes(op: Operands, rule: Callable[[Operands], Any]) -> list[Any]:
    """The rule where all goes well; the two values' difference, or the new value, where an old value is not finite."""
    out = rule(_Marked(op))
    by_rule = list(out) if isinstance(out, (list, tuple)) else [out]
    before, after = two_values(op)
    broken = _broken(op)
    changes = []
    for k, (aval, plain) in enumerate(zip(op.out_avals(), by_rule, strict=True)):
        if not is_float(aval):
            changes.append(plain)
            continue
        difference = narrowed(after[k] - before[k], aval.dtype)
        good = jnp.isfinite(plain) & ~broken
        change = jnp.where(good, plain, difference)
        if op.gives_guarded(k):
            change = jnp.where(jnp.isfinite(op.out(k)), change, narrowed(after[k], aval.dtype))
        changes.append(change)
    return changes


def _broken(op: Operands) -> Any:
    """Where the rule may not be believed since an operand is not finite: element by element, or anywhere."""
    if op.node.primitive.name in HAND_ON_NAN:
        return jnp.zeros((), bool)
    shape = op.out_shape()
    wrong = [~jnp.isfinite(op.value(k)) for k in range(op.count) if op.is_guarded(k)]
    elementwise = all(jnp.shape(flags) in ((), shape) for flags in wrong) and len(op.out_avals()) == 1
    found = jnp.zeros((), bool)
    for flags in wrong:
        found = found | (flags if elementwise else jnp.any(flags))
    return found


class _Marked(Operands):
    """Operands whose change is NaN where it stands for a new value."""

    def __init__(self, op: Operands):
        super().__init__(op.node, op.store)

    def change(self, k: int) -> Any:
        change = super().change(k)
        if change is None or not self.is_guarded(k):
            return change
        return jnp.where(jnp.isfinite(self.value(k)), change, jnp.nan)
