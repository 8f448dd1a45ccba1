"""Paths through a network of modules: which modules they use, how they mutate, and the tournament of two."""

import jax
import jax.numpy as jnp

SPAN = 2  # a mutated gene moves by at most so many modules


def taken_once(path: jax.Array) -> jax.Array:
    """Which genes of a path name a module that no gene before them in their layer does.

    Args:
        path: integers (L, n).

    Returns:
        Truth values (L, n).

    Example:
        >>> taken_once(jnp.array([[3, 3, 1]])).tolist()
        [[True, False, True]]
    """
    before = jnp.tril(jnp.ones((path.shape[1],) * 2, bool), -1)
    return ~jnp.any((path[:, :, None] == path[:, None, :]) & before[None], axis=2)


def mutated_path(
    key: jax.Array, path: jax.Array, modules: int, *, chance: float | jax.Array | None = None
) -> jax.Array:
    """Every gene moves with chance 1/(LN), by an integer of {-2, ..., 2} with equal chances, around the ends.

    Args:
        key: a typed key.
        path: (L, N).
        modules: M.
        chance: another than 1/(LN).

    Returns:
        A path (L, N).

    Example:
        >>> mutated_path(jax.random.key(0), jnp.zeros((3, 3), jnp.int32), 10).shape
        (3, 3)

    Reference: Fernando et al., arXiv:1701.08734, section 2; going around is our reading, the paper does not say.
    """
    which, by = jax.random.split(key)
    moved = jax.random.uniform(which, path.shape) < (1 / path.size if chance is None else chance)
    return (path + jnp.where(moved, jax.random.randint(by, path.shape, -SPAN, SPAN + 1), 0)) % modules


def tournament(
    key: jax.Array, paths: jax.Array, fitness: jax.Array, rivals: jax.Array, modules: int, *,
    chance: float | jax.Array | None = None,
) -> jax.Array:  # fmt: skip
    """Of two rivals the one of lower fitness becomes a mutated copy of the other; a fair coin decides between equals.

    Args:
        key: a typed key.
        paths: of the population, (P, L, N).
        fitness: of the two, (2,); NaN loses against a number.
        rivals: their places in the population, integers (2,).
        modules: M.
        chance: as ``mutated_path``.

    Returns:
        Paths (P, L, N).

    Example:
        >>> paths = jnp.array([[[0]], [[4]]])
        >>> tournament(jax.random.key(0), paths, jnp.array([0.2, 0.9]), jnp.array([0, 1]), 5, chance=0.0).tolist()
        [[[4]], [[4]]]

    Reference: Fernando et al., arXiv:1701.08734, section 2.
    """
    coin, change = jax.random.split(key)
    one, other = jnp.where(jnp.isnan(fitness), -jnp.inf, fitness)
    first = jnp.where(one == other, jax.random.bernoulli(coin), one > other)
    winner, loser = jnp.where(first, rivals, rivals[::-1])
    return paths.at[loser].set(mutated_path(change, paths[winner], modules, chance=chance))
