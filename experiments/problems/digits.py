"""Handwritten digits that scikit-learn carries: 1797 images of 8 × 8 in ten classes, and a network that tells them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from corr import data, networks

PIXELS, CLASSES = 64, 10
TEST_SHARE = 0.2


class Images(NamedTuple):
    """Images with values in [0, 1], (64, n), and their classes, (n,)."""

    pixels: jax.Array
    labels: jax.Array


def digits(split: int) -> tuple[Images, Images]:
    """Four fifths to learn from and one fifth to test on, drawn anew for every split.

    Raises:
        ModuleNotFoundError: if scikit-learn is not installed; the message says how to.
    """
    pixels, labels = data.digits()
    order = np.random.default_rng(split).permutation(len(labels))
    at = round(TEST_SHARE * len(order))
    learn, test = (Images(pixels[:, rows].astype(jnp.float32), labels[rows]) for rows in (order[at:], order[:at]))
    return learn, test


def network(*widths: int) -> networks.Network:
    """A tanh network from pixels to the logits of the classes, start N(0, 1/fan-in) with zero biases."""
    return networks.functional(networks.FullyConnected(widths, inputs=PIXELS, outputs=CLASSES), variance="fan_in")


def cross_entropy(apply: Callable[[Any, jax.Array], jax.Array], images: Images) -> Callable[[Any], jax.Array]:
    """Mean cross-entropy in nats of all images, a function of the parameters."""
    return lambda params: optax.softmax_cross_entropy_with_integer_labels(
        apply(params, images.pixels).T, images.labels
    ).mean()


def accuracy(apply: Callable[[Any, jax.Array], jax.Array], images: Images) -> Callable[[Any], jax.Array]:
    """Share of images whose largest logit is their class's, a function of the parameters."""
    return lambda params: jnp.mean(jnp.argmax(apply(params, images.pixels), axis=0) == images.labels)
