"""What is looked at beside the loss, for ``observe=``: shares of points that a network tells right."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ._classification import zero_one
from ._targets import classes


def accuracy(
    apply: Callable[[Any, jax.Array], jax.Array], points: jax.Array, labels: jax.Array
) -> Callable[[Any], jax.Array]:
    """Share of points whose largest output is their label's, 1 - (1/K) Σ_k ``zero_one``.

    Args:
        apply: ``apply(params, points) -> (classes, K)``, or (1, K) for two classes.
        points: (features, K).
        labels: (K,), integers.

    Returns:
        ``params -> scalar`` in [0, 1], for ``observe=lambda params: {"accuracy": accuracy_of(params)}``.

    Raises:
        ValueError: when called, if labels and outputs do not fit or a label has no output.
        TypeError: when called, if the labels are no integers.

    Example:
        >>> right = accuracy(lambda p, x: p * x, jnp.array([[-1.0, 1.0, 2.0, 3.0]]), jnp.array([0, 1, 1, 0]))
        >>> float(right(jnp.float32(1.0)))
        0.75

    Reference: ``sklearn.metrics.accuracy_score``.
    """
    return lambda params: 1 - jnp.mean(zero_one(apply(params, points), labels))


def balanced_accuracy(
    apply: Callable[[Any, jax.Array], jax.Array], points: jax.Array, labels: jax.Array
) -> Callable[[Any], jax.Array]:
    """Mean over the classes that have points of the share of these told right.

    Args:
        apply: ``apply(params, points) -> (classes, K)``, or (1, K) for two classes.
        points: (features, K).
        labels: (K,), integers.

    Returns:
        ``params -> scalar`` in [0, 1].

    Raises:
        ValueError: when called, if labels and outputs do not fit or a label has no output.
        TypeError: when called, if the labels are no integers.

    Example:
        >>> right = balanced_accuracy(lambda p, x: p * x, jnp.array([[-1.0, 1.0, 2.0, 3.0]]), jnp.array([0, 1, 1, 0]))
        >>> float(right(jnp.float32(1.0)))
        0.75

    Reference: ``sklearn.metrics.balanced_accuracy_score``.
    """

    def share(params: Any) -> jax.Array:
        outputs = apply(params, points)
        right = 1 - zero_one(outputs, labels)
        rows, numbers = classes(outputs, labels)
        members = jax.nn.one_hot(numbers, len(rows), dtype=right.dtype)
        counts = jnp.sum(members, axis=0)
        return jnp.sum(right @ members / jnp.maximum(counts, 1)) / jnp.sum(counts > 0).astype(right.dtype)

    return share
