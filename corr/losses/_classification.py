"""Classification losses of each point, from the outputs (logits) of all classes and the label.

All but the 0-1 error are functions of how far the other classes lead over the label's. Written so, and not as the
label's logit taken from a sum that holds it, the change of the loss of a point that is told well keeps its digits.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from .._checks import check_positive, real_number
from ._targets import classes, right

Pointwise = Callable[[jax.Array, jax.Array], jax.Array]


def cross_entropy(label_smoothing: float = 0.0) -> Pointwise:
    """Cross-entropy -Σ_j q_j log p_j, p the softmax of the outputs, q the label smoothed by ε: (1 - ε) δ_jy + ε/C.

    Args:
        label_smoothing: ε in [0, 1), the share that is spread over all C classes.

    Returns:
        ``(outputs (C, K), labels (K,)) -> (K,)``, in nats. One output z, (1, K), stands for the logits (0, z) of two
        classes, with labels 0 and 1, or -1 and 1.

    Raises:
        ValueError: if ε is not in [0, 1); when called, if labels and outputs do not fit or a label has no output.
        TypeError: when called, if the labels are no integers.

    Example:
        >>> loss = cross_entropy()
        >>> [round(float(v), 4) for v in loss(jnp.array([[2.0, 0.0], [0.0, 0.0]]), jnp.array([0, 1]))]
        [0.1269, 0.6931]

    Reference: ``optax.softmax_cross_entropy_with_integer_labels`` in value; Szegedy et al. (2016) for ε.
    """
    share = real_number("label_smoothing", label_smoothing)
    if not 0 <= share < 1:
        raise ValueError(f"label_smoothing must lie in [0, 1), got {label_smoothing}")

    def pointwise(outputs: jax.Array, labels: jax.Array) -> jax.Array:
        own, others = _own_and_others(outputs, labels)
        loss = jax.nn.softplus(jax.nn.logsumexp(others, axis=0) - own)
        return loss + share / (1 + len(others)) * jnp.sum(own[None] - others, axis=0) if share else loss

    return pointwise


def hinge(outputs: jax.Array, labels: jax.Array) -> jax.Array:
    """Hinge loss max(0, 1 + max_{j≠y} f_j - f_y); max(0, 1 - y z) of one output z with labels -1 and 1.

    Args:
        outputs: f, (C, K), or z, (1, K).
        labels: y, (K,), integers in 0 ... C - 1; for one output 0 and 1, or -1 and 1.

    Returns:
        (K,), in units of the outputs.

    Raises:
        ValueError: if labels and outputs do not fit or a label has no output.
        TypeError: if the labels are no integers.

    Example:
        >>> hinge(jnp.array([[2.0, -0.5]]), jnp.array([1, 1])).tolist()
        [0.0, 1.5]

    Reference: Crammer and Singer (2001); ``optax.losses.multiclass_hinge_loss`` in value.
    """
    own, others = _own_and_others(outputs, labels)
    return jnp.maximum(0, 1 + (jnp.max(others, axis=0) - own))


def focal(gamma: float = 2.0) -> Pointwise:
    """Focal loss -(1 - p_y)^γ log p_y, p the softmax of the outputs: points that are told well count less.

    Args:
        gamma: γ > 0.

    Returns:
        ``(outputs (C, K), labels (K,)) -> (K,)``, in nats; one output as in ``cross_entropy``.

    Raises:
        ValueError: if γ is not positive and finite; when called, as ``cross_entropy``.
        TypeError: when called, if the labels are no integers.

    Example:
        >>> [round(float(v), 4) for v in focal(2.0)(jnp.array([[0.0, 5.0]]), jnp.array([1, 1]))]
        [0.1733, 0.0]

    Reference: Lin et al. (2017), eq. 4; ``optax.sigmoid_focal_loss`` in value for two classes.
    """
    power = check_positive("gamma", gamma)

    def pointwise(outputs: jax.Array, labels: jax.Array) -> jax.Array:
        own, others = _own_and_others(outputs, labels)
        against = jax.nn.logsumexp(others, axis=0) - own
        return jnp.exp(power * jax.nn.log_sigmoid(against)) * jax.nn.softplus(against)

    return pointwise


def zero_one(outputs: jax.Array, labels: jax.Array) -> jax.Array:
    """0-1 error: 1 where the largest output is not the label's, else 0; of equal outputs the first counts.

    Its gradient is zero, so descent cannot train on it. Mutation does: it descends the error smoothed over its own
    steps, exactly so under Barker's rule at small β, ``corr.mutation(loss, ..., rule="barker")``.

    Args:
        outputs: f, (C, K), or z, (1, K), whose class is 1 where z > 0.
        labels: y, (K,), integers in 0 ... C - 1; for one output 0 and 1, or -1 and 1.

    Returns:
        (K,), 0 or 1 in the dtype of the outputs; 1 where the label's output is NaN.

    Raises:
        ValueError: if labels and outputs do not fit or a label has no output.
        TypeError: if the labels are no integers.

    Example:
        >>> zero_one(jnp.array([[2.0, 0.0], [1.0, 0.5]]), jnp.array([0, 0])).tolist()
        [0.0, 1.0]

    Reference: ``sklearn.metrics.zero_one_loss``; theory/README.md, "Weight perturbation".
    """
    return 1 - right(outputs, labels)


def _own_and_others(outputs: jax.Array, labels: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The outputs of each point's class, (K,), and of all others, (C - 1, K)."""
    outputs, labels = classes(outputs, labels)
    steps = jnp.arange(1, len(outputs), dtype=labels.dtype)[:, None]
    others = jnp.take_along_axis(outputs, (labels[None] + steps) % len(outputs), axis=0)
    return jnp.take_along_axis(outputs, labels[None], axis=0)[0], others
