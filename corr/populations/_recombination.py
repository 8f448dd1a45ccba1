"""(μ/μ, n): the parent moves by the mean of its best μ of n mutations."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._checks import check_count
from .._types import Dynamics, Info, Objective, Params, Scalar, State
from ..proposals import normal
from ._children import bounded, moved, mutants, mutations, one_parent, ranks, weighted


def recombination(loss: Callable[[Params], Scalar], *, mutation_std: Any, parents: int, children: int) -> Dynamics:
    """The parent moves by the mean of its best μ of n mutations, x → x + (1/μ) Σ_{best μ} ε_i with ε_i ~ N(0, σ²).

    On a linear loss the mean displacement is -σ ĝ times the mean of the μ largest of n normal order statistics, the
    variance across ĝ σ²/μ; of schemes with these, μ/n = 0.27 goes furthest per evaluation at equal noise.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        mutation_std: σ, as in ``mutation``, in the units of the parameters.
        parents: μ, at least 1 and fewer than the children.
        children: n, at least 2.

    Returns:
        A ``Dynamics``; a step costs n ``evaluations``. A child whose loss is not finite has weight 0; where the loss at
        the mean is not, the parent stays.

    Raises:
        ValueError: if μ or n is too small, μ not below n, or σ out of range.
        TypeError: if μ or n is no integer.

    Example:
        >>> scheme = recombination(lambda x: jnp.sum(x**2), mutation_std=0.1, parents=3, children=11)
        >>> state, info = scheme.step(jax.random.key(0), scheme.init(jnp.ones(2)))
        >>> state.position.shape, scheme.evaluations
        ((2,), 11)

    Reference: theory/README.md, "Populations".
    """
    count, best = check_count("children", children, least=2), check_count("parents", parents)
    if best >= count:
        raise ValueError(
            f"parents must be fewer than the {count} children they are chosen from, got {best}: give about"
            f" {max(1, round(0.27 * count))}"
        )
    law = normal(mutation_std)

    def generation(split: Objective, key: jax.Array, state: State) -> tuple[State, Info]:
        born = mutants(split, state, mutations(law, key, state.position, count))
        chosen = (ranks(born.changes) < best) & jnp.isfinite(born.changes)
        return moved(split, state, weighted(jnp.where(chosen, 1 / best, 0), born.displacements))

    return one_parent(
        loss, generation, law=law, bound=functools.partial(bounded, law), evaluations=count,
        facts={"dynamics": "recombination", "mutation_std": mutation_std, "parents": best, "children": count},
    )  # fmt: skip
