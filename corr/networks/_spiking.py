"""A network of spiking neurons."""

import math
from collections.abc import Sequence
from typing import Any, cast

import flax.linen as nn
import jax
import jax.numpy as jnp

from .._checks import check_count, check_positive, real_number
from ._latency import latency_code
from ._spikes import Arrays, Rule, leaky, spiking_layers, through

OVER_TIME = {"max": jnp.max, "sum": jnp.sum}


class Spiking(nn.Module):
    """Layers of leaky integrate-and-fire neurons, V[t+1] = a V[t] + W S_in[t] - S[t] with S = 1[V > 1], a = e^(-1/τ).

    The readout y[t+1] = b y[t] + (1 - b) C S[t] gives the outputs, its largest value or its sum over y[1], …, y[T].
    Backward the slope of a spike is 1/(100 |V - 1| + 1)² where |V - 1| < B_th, the active pairs of neuron and time, and
    zero elsewhere; the reset has none. The loss itself is piecewise constant in W: mutation decides on its change.

    Args:
        widths: numbers of neurons of the hidden layers, one at least.
        inputs: number of input features.
        outputs: number of outputs.
        steps: T, number of time steps that images are coded into by ``latency_code``.
        membrane: τ of the neurons, in steps.
        readout: τ of the readout, b = e^(-1/τ), in steps.
        window: B_th > 0, in units of the threshold; ``math.inf`` for slopes everywhere.
        buffer: None forms the backward pass everywhere and masks it; a number in (0, 1] gathers the active pairs of a
            layer, if they are at most this share of its pairs, and masks where they are more. The gradient is the same
            but for the order in which it is summed.
        over_time: ``"max"`` or ``"sum"``.

    Called with pixels in [0, 1] of shape (inputs, K) or spike trains of 0 and 1 of shape (inputs, T, K), it returns
    outputs of shape (outputs, K). Kernels have shape (out, in); there are no biases. Its own start, variance=None of
    ``functional``, is N(0, (20 (1 - a))²/fan-in); from much smaller kernels no neuron spikes, see ``check_active``.

    Raises:
        ValueError: if a number is out of range, ``over_time`` is another or points have another shape.

    Example:
        >>> import corr
        >>> from corr.networks import functional
        >>> network = functional(Spiking((20,), inputs=4, outputs=2, steps=30), variance=None)
        >>> params = network.init(jax.random.key(0))
        >>> network.apply(params, jnp.linspace(0.0, 1.0, 12).reshape(4, 3)).shape
        (2, 3)

    Reference: Perez-Nieves and Goodman (2021), Sparse spiking gradient descent, arXiv:2105.08810.
    """

    widths: Sequence[int] = (100, 100)
    inputs: int = 1
    outputs: int = 1
    steps: int = 100
    membrane: float = 10.0
    readout: float = 10.0
    window: float = 0.2
    buffer: float | None = None
    over_time: str = "max"

    def __post_init__(self) -> None:
        if not len(self.widths):
            raise ValueError("widths must hold one hidden layer at least, got none")
        for number, width in enumerate(self.widths):
            check_count(f"widths[{number}]", width)
        for name in ("inputs", "outputs", "steps"):
            check_count(name, getattr(self, name))
        check_positive("membrane", self.membrane)
        check_positive("readout", self.readout)
        if not real_number("window", self.window) > 0:
            raise ValueError(f"window, B_th, must be positive (math.inf: slopes everywhere), got {self.window}")
        if self.buffer is not None and not 0 < real_number("buffer", self.buffer) <= 1:
            raise ValueError(f"buffer, the share of pairs it holds, must lie in (0, 1] or be None, got {self.buffer}")
        if self.over_time not in OVER_TIME:
            raise ValueError(f"over_time must be one of {', '.join(OVER_TIME)}, got {self.over_time!r}")
        super().__post_init__()

    @property
    def rule(self) -> Rule:
        """Decay, window and buffer."""
        return Rule(math.exp(-1 / self.membrane), self.window, self.buffer)

    @nn.compact
    def __call__(self, points: jax.Array) -> jax.Array:
        start = nn.initializers.normal(20 * (1 - self.rule.decay))
        sizes = [self.inputs, *self.widths, self.outputs]

        def kernel(key: jax.Array, shape: tuple[int, int]) -> jax.Array:
            return jnp.asarray(start(key, shape)) / math.sqrt(shape[1])

        shapes = zip(sizes[1:], sizes[:-1], strict=True)
        kernels = [self.param(f"kernel_{number}", kernel, shape) for number, shape in enumerate(shapes)]
        spikes = cast(Arrays, spiking_layers(self.rule, tuple(kernels[:-1]), self.coded(points)))
        return self.read(kernels[-1], spikes[-1])

    def coded(self, points: jax.Array) -> jax.Array:
        """Spike trains (T, K, inputs): those that are given, images by ``latency_code``."""
        if points.ndim not in (2, 3) or points.shape[0] != self.inputs:
            raise ValueError(
                f"this network takes images of shape ({self.inputs}, K) or spike trains of shape ({self.inputs}, T, K),"
                f" got {points.shape}"
            )
        trains = points if points.ndim == 3 else latency_code(points, steps=self.steps)
        return jnp.moveaxis(trains, 0, 2)

    def read(self, kernel: jax.Array, trains: jax.Array) -> jax.Array:
        """Outputs (outputs, K) of the leaky readout of trains (T, K, units)."""
        decay = math.exp(-1 / self.readout)
        drive = (1 - decay) * through(kernel, trains)
        return OVER_TIME[self.over_time](decay * leaky(drive, decay) + drive, axis=0).T


def trains_of(module: Spiking, params: Any, points: jax.Array) -> tuple[jax.Array, ...]:
    """Spike trains of the hidden layers, (T, K, units)."""
    kernels = tuple(params[f"kernel_{number}"] for number in range(len(module.widths)))
    return spiking_layers(module.rule, kernels, module.coded(points))
