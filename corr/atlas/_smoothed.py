"""The gradient of the smoothed loss by sampling."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import check_positive
from .._keys import Stream, trajectory_key

FIRST_DRAWS, MOST_DRAWS = 1 << 10, 1 << 18


def smoothed_gradient(
    loss: Callable[[jax.Array], jax.Array], position: jax.Array, *, std: float, key: jax.Array, error: float = 0.005
) -> np.ndarray:
    """∇U_σ = E ∇U(x + σξ), ξ standard normal, by antithetic draws until they tell it well enough.

    Args:
        loss: U, a JAX function of a vector, whose gradient exists almost everywhere and is no distribution: of a loss
            of steps it is zero.
        position: x, (N,), parameter units.
        std: σ, parameter units, positive.
        key: of the draws.
        error: standard error of the mean that is asked for, as a share of its length, positive.

    Returns:
        Loss per parameter unit, (N,), float64.

    Raises:
        ValueError: if σ or the error is not positive, or if 262144 draws do not suffice.

    Example:
        >>> found = smoothed_gradient(lambda x: jnp.sum(x**4) / 4, jnp.ones(1), std=0.5, key=jax.random.key(0))
        >>> abs(float(found[0]) - 1.75) < 0.05  # x³ + 3σ²x
        True

    Reference: theory/README.md, "Weight perturbation"; Nesterov and Spokoiny (2017).
    """
    width, wanted = check_positive("std", std), check_positive("error", error)
    at = jnp.asarray(position)

    @jax.jit
    def pairs(keys: jax.Array) -> jax.Array:
        def one(key: jax.Array) -> jax.Array:
            move = width * jax.random.normal(key, at.shape, at.dtype)
            return (jax.grad(loss)(at + move) + jax.grad(loss)(at - move)) / 2

        with jax.default_matmul_precision("highest"):
            return jax.lax.map(one, keys, batch_size=64)

    values = np.zeros((0, at.size))
    count = FIRST_DRAWS
    while True:
        keys = jax.random.split(trajectory_key(key, Stream.RUN, len(values)), count)
        values = np.concatenate([values, np.asarray(pairs(keys), np.float64)])
        mean = values.mean(axis=0)
        size = float(np.linalg.norm(mean))
        wrong = float(np.sqrt(values.var(axis=0, ddof=1).sum() / len(values)))
        if wrong < wanted * size:
            return mean
        if len(values) >= MOST_DRAWS:
            told = f"is known to {100 * wrong / size:.2g} %" if size > 0 else "is zero"
            raise ValueError(
                f"the gradient smoothed over {width:g} {told} after {len(values)} draws, expected {100 * wanted:.2g} %:"
                " give a smaller σ or a larger error; a loss of steps needs a smooth one in its place"
            )
        count = len(values)
