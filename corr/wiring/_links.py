"""Links of one matrix of weights, as truth values of its shape: drawn at random, pruned by size, grown again."""

from fractions import Fraction

import jax
import jax.numpy as jnp

from .._checks import check_positive, real_number

DIGITS = 10_000  # largest denominator of a share


def erdos_renyi(key: jax.Array, shape: tuple[int, int], epsilon: float) -> jax.Array:
    """Links drawn evenly among all places, round(ε (n_out + n_in)) of them exactly.

    Args:
        key: a typed key.
        shape: (n_out, n_in) of the matrix.
        epsilon: ε, positive: about so many links for each unit of either side.

    Returns:
        Truth values (n_out, n_in).

    Raises:
        ValueError: if ε is not positive, or asks for no link or more than there are places.

    Example:
        >>> links = erdos_renyi(jax.random.key(0), (20, 30), 2.0)
        >>> int(links.sum())
        100

    Reference: Mocanu et al., Nature Communications 9, 2383 (2018), eq. 1, with the number of links fixed in place of
    its mean.
    """
    count, places = round(check_positive("epsilon", epsilon) * sum(shape)), shape[0] * shape[1]
    if not 0 < count <= places:
        raise ValueError(
            f"epsilon = {epsilon:g} asks for {count} links of a matrix {shape[0]} x {shape[1]}, expected 1 to {places}:"
            f" give at most {places / sum(shape):.3g}"
        )
    return _rank(jax.random.uniform(key, shape)) < count


def pruned(weights: jax.Array, links: jax.Array, share: float) -> jax.Array:
    """Links without a share ζ of the positive weights nearest to zero and of the negative ones, ⌊ζn⌋ of either sign.

    A weight of exactly zero counts as positive, and is the first to go.

    Args:
        weights: w, any shape.
        links: truth values of that shape.
        share: ζ in (0, 1), taken as the nearest fraction of a denominator up to 10000.

    Returns:
        Truth values of that shape.

    Raises:
        ValueError: if ζ is out of range.

    Example:
        >>> weights = jnp.array([[0.1, -0.2, 3.0, -4.0, 0.0]])
        >>> pruned(weights, weights != 0, 0.5).tolist()
        [[False, False, True, True, False]]

    Reference: Mocanu et al. (2018), Methods.
    """
    part, kept = Fraction(checked_share(share)).limit_denominator(DIGITS), links
    for mine in (links & (weights >= 0), links & (weights < 0)):
        whole, rest = jnp.divmod(jnp.sum(mine, dtype=jnp.int32), part.denominator)
        lost = whole * part.numerator + rest * part.numerator // part.denominator  # floats would round 0.13 · 900 down
        kept &= ~(mine & (_rank(jnp.where(mine, jnp.abs(weights), jnp.inf)) < lost))
    return kept


def grown(key: jax.Array, links: jax.Array, count: jax.Array | int, slopes: jax.Array | None = None) -> jax.Array:
    """Links with so many more, drawn evenly among the places that have none, or those of largest gradient |g|.

    Args:
        key: a typed key.
        links: truth values, any shape.
        count: how many, at most as many as there are free places.
        slopes: g of that shape, the gradient at every place; None to draw evenly.

    Returns:
        Truth values of that shape.

    Example:
        >>> int(grown(jax.random.key(0), jnp.zeros((4, 4), bool), 3).sum())
        3
        >>> grown(jax.random.key(0), jnp.array([True, False, False]), 1, jnp.array([9.0, 0.1, -0.2])).tolist()
        [True, False, True]

    Reference: Mocanu et al. (2018), Methods; by gradient: Evci et al., Rigging the lottery, ICML (2020).
    """
    order = jax.random.uniform(key, links.shape) if slopes is None else -jnp.abs(slopes)
    return links | (_rank(jnp.where(links, jnp.inf, order)) < count)


def _rank(values: jax.Array) -> jax.Array:
    """0 for the smallest, 1 for the next, ...; equal ones in their order."""
    order = jnp.argsort(values.ravel())
    places = jnp.arange(values.size, dtype=jnp.int32)
    return jnp.zeros(values.size, jnp.int32).at[order].set(places).reshape(values.shape)


def checked_share(share: float) -> float:
    """ζ; raises ``ValueError`` where it is not in (0, 1)."""
    value = real_number("share", share)
    if not 0 < value < 1:
        raise ValueError(f"share (zeta) must lie in (0, 1), got {share}")
    return value
