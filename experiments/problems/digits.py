"""Handwritten digits that scikit-learn carries: 1797 images of 8 × 8 in ten classes, and a network that tells them."""

from corr import data, networks

PIXELS, CLASSES = 64, 10


def digits(split: int) -> tuple[data.Data, data.Data]:
    """Four fifths to learn from and one fifth to test on, drawn anew for every split.

    Raises:
        ModuleNotFoundError: if scikit-learn is not installed; the message says how to.
    """
    return data.split(data.digits(), seed=split)


def network(*widths: int) -> networks.Network:
    """A tanh network from pixels to the logits of the classes, start N(0, 1/fan-in) with zero biases."""
    return networks.functional(networks.FullyConnected(widths, inputs=PIXELS, outputs=CLASSES), variance="fan_in")
