"""Genetic algorithm whose individuals are lists of seeds: weights are rebuilt, one individual at a time, not stored."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import check_count
from .._keys import IMPLEMENTATION
from .._precision import between, moved_by, settled, widened
from .._types import Dynamics, Info, Objective, Params, Scalar, State
from ..difference._sums import streamed_tree_sum
from ..proposals import Proposal, normal
from ._children import moved, one_parent
from ._individuals import best_of_share, check_elite, last_if_not_finite, mean_of_total

UNMUTATED = np.uint32(2**32 - 1)


class Genomes(NamedTuple):
    """A population as lists of seeds.

    Attributes:
        start: parameters that all began from.
        keys: of the mutations of each generation, words (G, 2).
        seeds: which of a generation's mutations an individual has, or ``UNMUTATED``, (n, G).
        generation: how many there were; later columns are empty.
    """

    start: Params
    keys: jax.Array
    seeds: jax.Array
    generation: jax.Array


def genetic_from_seeds(
    loss: Callable[[Params], Scalar],
    *,
    mutation_std: Any,
    population: int,
    share: float,
    generations: int,
    elite: int = 0,
) -> Dynamics:
    """``genetic`` with truncation and no crossover that keeps seeds, x_i = x_0 + Σ_g ε(seed_ig), in place of weights.

    Populations and positions are those of ``genetic`` under the same key. It keeps 4 n G + 8 G bytes and the start, in
    place of 4 n N, and works on log₂ n and a few more vectors of N. Generation g draws n (2g + 1) mutations, for losses
    and for the mean: n G² in all where ``genetic`` draws n G.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        mutation_std: σ, as in ``mutation``, in the units of the parameters.
        population: n, at least 2.
        share: p in (0, 1): parents are drawn evenly from the best p n, rounded to a whole number.
        generations: G, for how many there is room. ``corr.run`` refuses more steps; a further step makes the position
            NaN and is not ``finite``.
        elite: so many of the best go on unmutated, in [0, n).

    Returns:
        A ``Dynamics`` whose ``State.aux`` is the start and the seeds, (n, G). A step costs n ``evaluations`` and is
        ``finite`` where all n losses are.

    Raises:
        ValueError: if a number is out of range or p n rounds to none or all.
        TypeError: if n, G or the elite is no integer or p no number.

    Example:
        >>> scheme = genetic_from_seeds(
        ...     lambda x: jnp.sum(x**2), mutation_std=0.1, population=8, share=0.5, generations=20)
        >>> state, info = scheme.step(jax.random.key(0), scheme.init(jnp.ones(1000)))
        >>> state.position.shape, state.aux.seeds.shape, scheme.evaluations
        ((1000,), (8, 20), 8)

    Reference: theory/README.md, "Populations"; Such et al., arXiv:1712.06567 (2017), section 3.1.
    """
    count = check_count("population", population, least=2)
    parents, kept = best_of_share(count, share), check_elite(elite, count)
    room, law, born = check_count("generations", generations), normal(mutation_std), count - kept

    def generation(split: Objective, key: jax.Array, state: State) -> tuple[State, Info]:
        parents_key, _, mutation_key = jax.random.split(key, 3)
        old = state.aux
        offset = functools.partial(_offset, law, state.position)
        one_by_one = jax.lax.map(lambda seeds: split.change(state.tape, offset(old, seeds))[0], old.seeds)
        found, finite = last_if_not_finite(one_by_one)
        order = jnp.argsort(found, stable=True)
        first, _ = order[jax.random.randint(parents_key, (2, born), 0, parents)]  # as ``genetic`` draws two parents
        seeds = jnp.concatenate([jnp.full(kept, UNMUTATED, jnp.uint32), jnp.arange(born, dtype=jnp.uint32)])
        inherited = old.seeds[jnp.concatenate([order[:kept], first])].at[:, old.generation].set(seeds)
        keys = old.keys.at[old.generation].set(jax.random.key_data(mutation_key))
        new = Genomes(old.start, keys, inherited, old.generation + 1)
        total = streamed_tree_sum(lambda i: widened(offset(new, new.seeds[i])), count)
        lost = functools.partial(jax.tree.map, lambda leaf: jnp.where(old.generation < room, leaf, jnp.nan))
        made, info = moved(split, state, lost(mean_of_total(total, count)), new)
        position, value = lost((made.position, made.loss))
        return made._replace(position=position, loss=value), info._replace(finite=info.finite & finite)

    def empty(params: Params) -> Genomes:
        keys, seeds = jnp.zeros((room, 2), jnp.uint32), jnp.zeros((count, room), jnp.uint32)
        return Genomes(jax.tree.map(jnp.asarray, params), keys, seeds, jnp.int32(0))

    facts: dict[str, Any] = {"dynamics": "genetic_from_seeds", "mutation_std": mutation_std, "population": count}
    facts |= {"share": share, "elite": kept, "most_steps": room}
    return one_parent(loss, generation, law=law, memory=empty, evaluations=count, facts=facts, shortens=True)


def _offset(law: Proposal, position: Params, genomes: Genomes, seeds: jax.Array) -> Params:
    """Weights of one individual less the position: its mutations are added to the start, each sum rounded, in order."""

    def mutated(number: jax.Array, weights: Params) -> Params:
        key = jax.random.wrap_key_data(genomes.keys[number], impl=IMPLEMENTATION)
        child = moved_by(weights, settled(law.draw(jax.random.fold_in(key, seeds[number]), weights)))
        same = seeds[number] == UNMUTATED
        return jax.tree.map(lambda old, new: jnp.where(same, old, new), weights, child)

    return between(position, jax.lax.fori_loop(0, genomes.generation, mutated, genomes.start))
