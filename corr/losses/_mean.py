"""From a pointwise loss to the loss of a network on data."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._told import warn
from ._classification import Pointwise, cross_entropy, focal
from ._regression import huber
from ._targets import is_known, kind

MAKERS = (cross_entropy, focal, huber)


def mean(
    pointwise: Pointwise,
    apply: Callable[..., jax.Array],
    points: jax.Array,
    targets: jax.Array,
    *,
    weights: jax.Array | None = None,
) -> Callable[..., jax.Array]:
    """The loss of a network on data, U(x) = (1/K) Σ_k w_k l(f_x(θ_k), y_k).

    The sum is over K and not over Σ w_k, so that losses of batches have the loss of all data as their mean; weights of
    mean 1, such as ``corr.data.class_weights(labels)[labels]``, keep its scale.

    Args:
        pointwise: l, ``(outputs (outputs, K), targets) -> (K,)``, such as ``squared`` or ``cross_entropy()``.
        apply: f, ``apply(params, points) -> (outputs, K)``; takes ``key=`` where the loss is given one.
        points: θ, (features, K), points last.
        targets: y, labels (K,) or values (outputs, K), points last.
        weights: w, (K,), none of them negative; None for 1.

    Returns:
        ``loss(params, key=None) -> scalar``. The key, for dropout, goes on to ``apply``.

    Raises:
        TypeError: if the functions are none, or targets are texts.
        ValueError: if points, targets and weights do not fit each other, hold NaN or infinity, or weights are negative
            or all zero; warns where all labels are one class.

    Example:
        >>> from corr.losses import cross_entropy
        >>> points, labels = jnp.array([[-1.0, 0.5, 2.0]]), jnp.array([0, 1, 1])
        >>> loss = mean(cross_entropy(), lambda p, x: p * x, points, labels, weights=jnp.array([1.5, 0.75, 0.75]))
        >>> round(float(loss(jnp.float32(1.0))), 4)
        0.3069

    Reference: Whitelam et al. (2021), eq. 1; theory/README.md, "Other mutations", for batches.
    """
    if pointwise in MAKERS:
        raise TypeError(f"{pointwise.__name__} makes a pointwise loss and is none: write {pointwise.__name__}()")
    for name, function in (("pointwise", pointwise), ("apply", apply)):
        if not callable(function):
            raise TypeError(f"{name} must be a function, got {type(function).__name__}")
    points, targets = _checked("points", points), _checked("targets", targets)
    count = points.shape[-1]
    if targets.shape[-1] != count:
        raise ValueError(
            f"points have shape {points.shape}, targets {targets.shape}, expected one length of the last axis: one"
            " target for every point, points last (x.T turns scikit-learn's rows)"
        )
    _warn_of_one_class(targets)
    if weights is not None:
        weights = _checked_weights(weights, count)

    def loss(params: Any, key: Any = None) -> jax.Array:
        outputs = apply(params, points) if key is None else apply(params, points, key=key)
        each = pointwise(outputs, targets)
        if each.shape != (count,):
            raise ValueError(
                f"the pointwise loss gave shape {each.shape}, expected ({count},), a number for every point: take its"
                " mean over the outputs, axis 0"
            )
        return jnp.mean(each if weights is None else weights.astype(each.dtype) * each)

    return loss


def _checked(name: str, array: Any) -> jax.Array:
    """As a JAX array of numbers, at least one of them."""
    if kind(array) not in "biuf":
        cures = {
            "targets": "number classes, classes, labels = numpy.unique(labels, return_inverse=True)",
            "weights": "give one for each point, those of classes are corr.data.class_weights(labels)[labels]",
        }
        raise TypeError(
            f"{name} hold {'texts' if kind(array) in 'US' else 'Python objects'}, expected numbers:"
            f" {cures.get(name, 'encode columns of texts, drop or fill in missing values')}"
        )
    if np.ma.is_masked(array):
        raise ValueError(f"{name} hold masked values, expected all of them: leave those points out or fill them in")
    if not np.ndim(array) or not np.size(array):
        raise ValueError(f"{name} must hold at least one point, on the last axis, got shape {np.shape(array)}")
    if is_known(array) and kind(array) == "f":
        bad = ~np.isfinite(np.asarray(array, np.float64)).reshape(-1, np.shape(array)[-1]).all(axis=0)
        if bad.any():
            raise ValueError(
                f"{name} hold NaN or infinity at {bad.sum()} of {bad.size} points, first at point {np.argmax(bad)}:"
                " leave these points out or fill them in"
            )
    if is_known(array) and kind(array) in "iu" and np.any(np.asarray(array) != np.asarray(array).astype(np.int32)):
        raise ValueError(f"{name} hold integers beyond 32 bits, expected labels 0, 1, ...: number the classes")
    return jnp.asarray(array)


def _checked_weights(weights: Any, count: int) -> jax.Array:
    weights = _checked("weights", weights)
    if weights.shape != (count,):
        raise ValueError(
            f"weights have shape {weights.shape}, expected ({count},), one for each point: those of classes are"
            " weights[labels]"
        )
    if is_known(weights) and not (np.all(np.asarray(weights) >= 0) and np.any(np.asarray(weights))):
        raise ValueError("weights must be 0 or more and not all 0, got others: give each point's share of the loss")
    return weights


def _warn_of_one_class(targets: jax.Array) -> None:
    if kind(targets) in "iu" and is_known(targets) and targets.shape[0] > 1 and np.ptp(np.asarray(targets)) == 0:
        warn(
            f"all {targets.shape[0]} labels are {targets[0]}: one class only, in which there is nothing to tell apart;"
            " give points of two classes or more (a small batch may hold one by chance)",
            stacklevel=3,
        )
