"""Handwritten digits that scikit-learn carries: 1797 images of 8 × 8 in ten classes, and a network that tells them."""

import jax.numpy as jnp

from corr import data, networks

PIXELS, CLASSES, RARE = 64, 10, 8


def digits(split: int) -> tuple[data.Data, data.Data]:
    """Four fifths to learn from and one fifth to test on, drawn anew for every split.

    Raises:
        ModuleNotFoundError: if scikit-learn is not installed; the message says how to.
    """
    return data.split(data.digits(), seed=split)


def eights(split: int) -> tuple[data.Data, data.Data]:
    """The same two parts with label 1 for the digit 8 and 0 for the rest, 1 to 9.3, that share in both.

    Raises:
        ModuleNotFoundError: as ``digits``.
    """
    points, labels = data.digits()
    return data.split(data.Data(points, (labels == RARE).astype(jnp.int32)), seed=split)


def network(*widths: int, outputs: int = CLASSES) -> networks.Network:
    """A tanh network from pixels to the logits of the classes, start N(0, 1/fan-in) with zero biases."""
    return networks.functional(networks.FullyConnected(widths, inputs=PIXELS, outputs=outputs), variance="fan_in")
