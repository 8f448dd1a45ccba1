"""evosax's strategies as pure functions of a state: their checks, start, generation, position and rounding."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._precision import between, moved_by, wide
from .._types import Params
from ..difference._sums import tree_sum

FITNESS = ("best_fitness", "best_fitness_shaped", "fitness")
SOLUTIONS = ("best_solution", "best_solution_shaped")


@contextmanager
def loosely() -> Iterator[None]:
    """evosax mixes dtypes and ranks, which strict promotion refuses."""
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield


class Memory(NamedTuple):
    """What a strategy remembers: where it started, and evosax's own state."""

    start: Params
    strategy: Any


class Strategy(NamedTuple):
    """One of evosax with its settings; ``populated`` where it keeps a population, not a distribution."""

    inner: Any
    settings: Any
    populated: bool

    def begin(self, key: jax.Array, start: Params, std: float, measure: Callable[[Params], jax.Array]) -> Memory:
        """The state at the start; ``measure`` gives the fitness of the members of a first population."""
        check_made_for(self.inner, start)
        drawn, begun = jax.random.split(key)
        if self.populated:
            first = around(drawn, start, self.inner.population_size, std)
            fitness = measure(first)
            with loosely():
                return Memory(start, strong(self.inner.init(begun, first, fitness, self.settings)))
        with loosely():
            return Memory(start, strong(start_known(self.inner.init(begun, start, self.settings))))

    def generation(self, key: jax.Array, memory: Memory, measure: Callable[[Params], jax.Array]) -> Memory:
        """Ask, measure the children in the parameters' dtypes, tell."""
        asked, told = jax.random.split(key)
        with loosely():
            children, new = self.inner.ask(asked, memory.strategy, self.settings)
        children = like(memory.start, children)
        fitness = measure(children)
        with loosely():
            new, _ = self.inner.tell(told, children, fitness, new, self.settings)
        return Memory(memory.start, jax.tree.map(lambda leaf, old: leaf.astype(old.dtype), new, memory.strategy))

    def position(self, memory: Memory) -> Params:
        """The mean, or the centroid of the population."""
        with loosely():
            if self.populated:
                return centre(memory.start, like(memory.start, self.inner.get_population(memory.strategy)))
            return like(memory.start, self.inner.get_mean(memory.strategy))


def adopted(strategy: Any, settings: Any) -> Strategy:
    """A strategy with its settings; refuses what is none of evosax, or one of several distributions."""
    try:
        from evosax.algorithms.base import EvolutionaryAlgorithm
        from evosax.algorithms.population_based.base import PopulationBasedAlgorithm
    except ImportError as error:
        raise ImportError("from_evosax needs evosax: pip install 'neuroevolution-correspondence[evosax]'") from error
    if not isinstance(strategy, EvolutionaryAlgorithm):
        raise TypeError(f"strategy must be an instance of a class in evosax.algorithms, got {strategy!r}")
    if hasattr(strategy, "num_populations"):
        raise TypeError(f"{type(strategy).__name__} has several means and so no position: give a strategy of one")
    with loosely():
        settings = strategy.default_params if settings is None else settings
    return Strategy(strategy, settings, isinstance(strategy, PopulationBasedAlgorithm))


def check_made_for(strategy: Any, params: Params) -> None:
    """Refuse parameters unlike the ``solution`` a strategy was made with."""
    made, given = (
        (jax.tree.structure(tree), [(np.shape(leaf), jnp.result_type(leaf)) for leaf in jax.tree.leaves(tree)])
        for tree in (strategy.solution, params)
    )
    if made != given:
        raise ValueError(
            f"{type(strategy).__name__} was made for a solution {made}, got parameters {given}: give it solution=params"
        )


def check_forgets(memory: Any) -> None:
    """Refuse a state that holds fitness of earlier generations, beside the record of the best that decides nothing."""
    paths = (jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(memory))
    kept = [path for path in paths if "fitness" in path and path != ".best_fitness"]
    if kept:
        raise ValueError(
            f"reference 'position' is for strategies that remember no fitness, this one keeps {', '.join(kept)}:"
            " use reference='start'"
        )


def around(key: jax.Array, params: Params, count: int, std: float) -> Params:
    """``count`` members with normal displacements from the parameters, leaves (n, ...)."""
    leaves, treedef = jax.tree.flatten(params)
    keys = jax.random.split(key, len(leaves))
    kinds = [wide(jnp.result_type(leaf)) for leaf in leaves]
    draws = [
        jnp.asarray(std, kind) * jax.random.normal(one, (count, *np.shape(leaf)), kind)
        for one, leaf, kind in zip(keys, leaves, kinds, strict=True)
    ]
    return jax.vmap(lambda move: moved_by(params, move))(jax.tree.unflatten(treedef, draws))


def strong(memory: Any) -> Any:
    """The dtypes that stay: a Python number in evosax's state has a weak one, which a scan would see change."""
    return jax.tree.map(lambda leaf: jax.lax.convert_element_type(leaf, leaf.dtype), memory)


def like(params: Params, tree: Params) -> Params:
    """Leaves rounded to the dtypes of the parameters, for one point or several."""
    with loosely():
        return moved_by(jax.tree.map(jnp.zeros_like, params), tree)


def start_known(memory: Any) -> Any:
    """A distribution's state with its mean as the best so far, of fitness 0, where evosax starts with ∞ and NaN."""
    known = {name: jnp.zeros_like(getattr(memory, name)) for name in FITNESS if hasattr(memory, name)}
    best = {name: memory.mean for name in SOLUTIONS if hasattr(memory, name)}
    return memory.replace(**known, **best)


def centre(start: Params, population: Params) -> Params:
    """Centroid of members (n, ...), as the start and the mean displacement from it: copies give the start itself."""
    moves = jax.vmap(lambda member: between(start, member))(population)
    mean = jax.tree.map(lambda leaf: tree_sum(leaf.astype(wide(leaf.dtype)), (0,)) / len(leaf), moves)
    return moved_by(start, mean)
