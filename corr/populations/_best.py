"""(1, n) and (1 + n): the best of n mutations replaces the parent, always or only where it is not worse."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._checks import check_count
from .._precision import moved_by
from .._types import Dynamics, Info, Objective, Params, Scalar, State
from ..proposals import normal
from ._children import bounded, mutants, mutations, one_parent, picked


def best_of(
    loss: Callable[[Params], Scalar], *, mutation_std: Any, children: int, keep_parent: bool = False
) -> Dynamics:
    """The best of n mutations replaces the parent, x → x + ε_b with b = argmin U(x + ε_i), ε_i ~ N(0, σ²).

    On a linear loss the mean displacement is -σ c_n ĝ with c_n the mean largest of n normals, the variance across ĝ
    σ²; with ``keep_parent`` -σ E[max(0, z_(n))] ĝ and σ² (1 - 2^-n), and n = 1 is ``mutation`` at β = ∞.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        mutation_std: σ, as in ``mutation``, in the units of the parameters.
        children: n, at least 2, or 1 with ``keep_parent``.
        keep_parent: (1 + n): the best child replaces the parent only where its loss is not higher.

    Returns:
        A ``Dynamics``; a step costs n ``evaluations``. Without a child of finite loss the parent stays.

    Raises:
        ValueError: if n is too small or σ out of range.
        TypeError: if n is no integer.

    Example:
        >>> scheme = best_of(lambda x: jnp.sum(x**2), mutation_std=0.1, children=5)
        >>> state, info = scheme.step(jax.random.key(0), scheme.init(jnp.ones(2)))
        >>> state.position.shape, scheme.evaluations
        ((2,), 5)

    Reference: theory/README.md, "Populations".
    """
    count = check_count("children", children, least=1 if keep_parent else 2)
    law = normal(mutation_std)

    def generation(split: Objective, key: jax.Array, state: State) -> tuple[State, Info]:
        born = mutants(split, state, mutations(law, key, state.position, count))
        best = jnp.argmin(born.changes)
        displacement, change, tape = jax.tree.map(lambda leaf: leaf[best], tuple(born))
        finite = jnp.isfinite(change)
        taken = finite & (change <= 0) if keep_parent else finite
        child = State(moved_by(state.position, displacement), state.loss + change, state.aux, tape)
        return picked(taken, child, state), Info(displacement, taken, change, finite)

    return one_parent(
        loss, generation, law=law, bound=functools.partial(bounded, law), evaluations=count,
        facts={"dynamics": "best of n", "mutation_std": mutation_std, "children": count, "keep_parent": keep_parent},
    )  # fmt: skip
