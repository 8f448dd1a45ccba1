"""Genetic algorithm: truncation or tournament selection, crossover, Gaussian mutation, elitism."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from .._checks import check_count
from .._precision import moved_by, settled
from .._types import Dynamics, Info, Objective, Params, Scalar, State
from ..proposals import normal
from ._children import moved, mutations, one_parent
from ._individuals import best_of_share, changes, check_elite, mean_offset

CROSSOVERS = ("none", "uniform", "one-point")

# Such et al., arXiv:1712.06567, whose code takes as elite the best of 10 by 30 more episodes: their fitness has noise.
DEEP_GA: dict[str, Any] = {"mutation_std": 0.002, "population": 1000, "share": 0.02, "elite": 1}


def genetic(
    loss: Callable[[Params], Scalar],
    *,
    mutation_std: Any,
    population: int,
    share: float | None = None,
    tournament: int | None = None,
    crossover: str = "none",
    elite: int = 0,
) -> Dynamics:
    """Genetic algorithm, x_i ← x_parent(i) + ε_i with ε_i ~ N(0, σ²), parents from the best p n or by tournaments of k.

    All n start as copies of the start. The position is their mean, which on a linear loss moves by -v σ ĝ per
    generation, v → √(2 ln(1/p)) without crossover; the uniform one makes new variance and is faster.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        mutation_std: σ, as in ``mutation``, in the units of the parameters.
        population: n, at least 2.
        share: p in (0, 1), truncation: parents are drawn evenly from the best p n, rounded to a whole number.
        tournament: k, at least 2, instead of p: a parent is the best of k drawn evenly, with replacement.
        crossover: "none"; with two parents drawn independently "uniform", each parameter from either with 1/2, or
            "one-point", those of the flattened vector before an even cut from the first, the others from the second.
        elite: so many of the best go on unmutated, in [0, n).

    Returns:
        A ``Dynamics`` whose ``State.aux`` is the population, leaves (n, ...). A step costs n ``evaluations`` and is
        ``finite`` where all n losses are.

    Raises:
        ValueError: if a number is out of range, p n rounds to none or all, or not exactly one of p and k is given.
        TypeError: if n, k or the elite is no integer or p no number.

    Example:
        >>> scheme = genetic(lambda x: jnp.sum(x**2), mutation_std=0.1, population=8, share=0.5)
        >>> state, info = scheme.step(jax.random.key(0), scheme.init(jnp.ones(2)))
        >>> state.position.shape, state.aux.shape, scheme.evaluations
        ((2,), (8, 2), 8)

    Reference: theory/README.md, "Populations"; Such et al., arXiv:1712.06567 (2017), ``genetic(loss, **DEEP_GA)``.
    """
    count = check_count("population", population, least=2)
    places = _selection(count, share, tournament)
    kept = check_elite(elite, count)
    if crossover not in CROSSOVERS:
        raise ValueError(f"unknown crossover {crossover!r}: there are {', '.join(CROSSOVERS)}")
    law, born = normal(mutation_std), count - kept

    def generation(split: Objective, key: jax.Array, state: State) -> tuple[State, Info]:
        parents_key, crossover_key, mutation_key = jax.random.split(key, 3)
        found, finite = changes(split, state, state.aux)
        order = jnp.argsort(found, stable=True)
        chosen = order[places(parents_key, (2, born))]
        first, second = (jax.tree.map(lambda leaf, which=which: leaf[which], state.aux) for which in chosen)
        if crossover != "none":
            keys = jax.random.split(crossover_key, born)
            first = jax.vmap(functools.partial(_crossed, crossover))(keys, first, second)
        children = jax.vmap(moved_by)(first, settled(mutations(law, mutation_key, state.position, born)))
        # Individuals are kept where they are: each is a network in the dtype of the parameters, and its rounding, to
        # either side, is that of one mutation. Offsets from the mean would be rounded anew whenever the mean moves.
        old = jax.tree.map(lambda leaf: leaf[order[:kept]], state.aux)
        new = jax.tree.map(lambda best, rest: jnp.concatenate([best, rest]), old, children)
        made, info = moved(split, state, mean_offset(state.position, new), new)
        return made, info._replace(finite=info.finite & finite)

    facts = {
        "dynamics": "genetic", "mutation_std": mutation_std, "population": count, "share": share,
        "tournament": tournament, "crossover": crossover, "elite": kept,
    }  # fmt: skip
    copies = functools.partial(jax.tree.map, lambda leaf: jnp.broadcast_to(leaf, (count, *jnp.shape(leaf))))
    return one_parent(loss, generation, law=law, memory=copies, evaluations=count, facts=facts, shortens=True)


def _selection(count: int, share: Any, tournament: Any) -> Callable[[jax.Array, tuple[int, ...]], jax.Array]:
    """``(key, shape) -> places`` of parents in the order of the losses, 0 the best."""
    if (share is None) == (tournament is None):
        raise ValueError(f"give exactly one of share and tournament, got {share} and {tournament}")
    if share is None:
        size = check_count("tournament", tournament, least=2)
        return lambda key, shape: jnp.min(jax.random.randint(key, (size, *shape), 0, count), axis=0)
    parents = best_of_share(count, share)
    return lambda key, shape: jax.random.randint(key, shape, 0, parents)


def _crossed(kind: str, key: jax.Array, first: Params, second: Params) -> Params:
    """One child, each parameter from the first or the second parent."""
    one, unravel = ravel_pytree(first)
    other, _ = ravel_pytree(second)
    cut = jax.random.randint(key, (), 1, max(one.size, 2))
    mask = jax.random.bernoulli(key, 0.5, one.shape) if kind == "uniform" else jnp.arange(one.size) < cut
    return unravel(jnp.where(mask, one, other))
