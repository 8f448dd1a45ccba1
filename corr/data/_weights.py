"""Weights of the classes that make up for their unequal size."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._check import check_labels


def class_weights(labels: Any) -> jax.Array:
    """Weight of a point of each class that gives all classes the same total, w_c = K/(C K_c), mean 1 over the points.

    Args:
        labels: of the training part, integers from 0 on, shape (K,).

    Returns:
        w, shape (C,); those of the points are ``class_weights(labels)[labels]``.

    Raises:
        ValueError: if labels are none, of one class only, or leave one out.

    Example:
        >>> class_weights([0, 0, 1]).tolist()
        [0.75, 1.5]

    Reference: scikit-learn, ``compute_class_weight("balanced")``; theory/README.md, "Noisy evaluations".
    """
    counts = np.bincount(check_labels(labels, all_there=True))
    return jnp.asarray(counts.sum() / (len(counts) * counts), jnp.result_type(float))
