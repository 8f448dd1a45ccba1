"""What the neurons of a spiking network do: spikes, active pairs, operations of a backward pass, and their penalty."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import real_number
from .._told import warn
from ._gathered import size_of
from ._spikes import active_pairs, potentials, spikes_at
from ._spiking import Spiking, trains_of


class Activity(NamedTuple):
    """Of every hidden layer, first to last.

    Attributes:
        active: share of the pairs of neuron and time, over all points, with |V - 1| < B_th, shape (layers,).
        spikes: spikes per neuron and point, shape (layers,).
        overflows: whether the active pairs are more than the buffer holds, so that all are formed; shape (layers,).
        everywhere: multiplications of the two products of a backward pass, dL/dW and dL/dS, formed everywhere.
        at_active: the same formed at active pairs only, whatever the buffer.
    """

    active: np.ndarray
    spikes: np.ndarray
    overflows: np.ndarray
    everywhere: int
    at_active: int


def spike_activity(module: Spiking, params: Any, points: jax.Array) -> Activity:
    """Active share Σ 1[|V - 1| < B_th] / (neurons T K), spikes, and multiplications of a backward pass.

    Those are, of a layer, out x in x T x K for dL/dW, and as many for dL/dS of the hidden layer below; at active pairs
    in for each active pair of the layer, and out for each of the layer below. The recursions over time and the readout,
    linear in the number of neurons, are not counted.

    Args:
        module: a ``Spiking`` network.
        params: its parameters.
        points: images (inputs, K) or spike trains (inputs, T, K).

    Returns:
        An ``Activity`` of NumPy arrays, shape (layers,).

    Raises:
        ValueError: if points have another shape.

    Example:
        >>> module = Spiking((3,), inputs=2, outputs=2, steps=20)
        >>> params = {"kernel_0": jnp.ones((3, 2)), "kernel_1": jnp.ones((2, 3))}
        >>> found = spike_activity(module, params, jnp.ones((2, 5)))
        >>> found.spikes.tolist(), found.everywhere, found.at_active
        ([1.0], 600, 30)

    Reference: Perez-Nieves and Goodman (2021), Sparse spiking gradient descent, arXiv:2105.08810.
    """
    rule, trains = module.rule, module.coded(points)
    active, spikes, overflows = [], [], []
    everywhere = at_active = pairs_below = 0
    for number, units in enumerate(module.widths):
        kernel = params[f"kernel_{number}"]
        found = potentials(kernel, trains, rule.decay)
        inputs, pairs = trains.shape[-1], int(np.sum(np.asarray(active_pairs(found, rule.window))))
        everywhere += units * trains.size * (2 if number else 1)
        at_active += pairs * inputs + pairs_below * units
        trains, pairs_below = spikes_at(found), pairs
        active.append(pairs / found.size)
        spikes.append(float(jnp.sum(trains)) / (units * found.shape[1]))
        overflows.append(pairs > size_of(rule.buffer, found.size))
    return Activity(np.array(active), np.array(spikes), np.array(overflows), everywhere, at_active)


def check_active(module: Spiking, params: Any, points: jax.Array) -> Activity:
    """Warns of layers without an active pair: dL/dW is exactly zero there and below, and training cannot restart.

    Args:
        module: a ``Spiking`` network.
        params: its parameters.
        points: images (inputs, K) or spike trains (inputs, T, K).

    Returns:
        The ``Activity``, so that it can be recorded.

    Raises:
        ValueError: if points have another shape.

    Example:
        >>> module = Spiking((3,), inputs=2, outputs=2, steps=20)
        >>> params = {"kernel_0": jnp.ones((3, 2)), "kernel_1": jnp.ones((2, 3))}
        >>> bool(check_active(module, params, jnp.ones((2, 5))).active[0] > 0)
        True

    Reference: Perez-Nieves and Goodman (2021), whose stored runs end so at three settings.
    """
    found = spike_activity(module, params, points)
    without = [number for number, share in enumerate(found.active) if not share]
    if without:
        last = without[-1]
        silent = "" if found.spikes[-1] else "; no neuron of the last layer spikes, so that the readout has none either"
        warn(
            f"no neuron of hidden layer{'s' if without[1:] else ''} {', '.join(map(str, without))} comes within "
            f"B_th = {module.window} of its threshold: the gradient of kernel_0 to kernel_{last} is exactly zero"
            f"{silent}. Descent cannot leave this: start from larger kernels or take a wider window; mutation can"
        )
    return found


def spike_penalty(
    module: Spiking, points: jax.Array, *, most: float = 1.0, above: float = 0.06, silent: float = 100.0
) -> Callable[[Any], jax.Array]:
    """Penalty Σ_layers λ_u max(0, n - n_u) + λ_s mean_j max(0, 1e-3 - n_j)² of n_j spikes per point, n their mean.

    Args:
        module: a ``Spiking`` network.
        points: images (inputs, K) or spike trains (inputs, T, K).
        most: n_u >= 0, spikes per neuron and point.
        above: λ_u >= 0, loss per spike.
        silent: λ_s >= 0, loss per squared spike.

    Returns:
        ``penalty(params) -> scalar``, for ``corr.losses.total``. It too has surrogate slopes: of a neuron outside the
        window none.

    Raises:
        ValueError: if a number is negative.

    Example:
        >>> module = Spiking((3,), inputs=2, outputs=2, steps=20)
        >>> params = {"kernel_0": jnp.zeros((3, 2)), "kernel_1": jnp.ones((2, 3))}
        >>> round(float(spike_penalty(module, jnp.ones((2, 5)))(params)), 6)
        0.0001

    Reference: Perez-Nieves and Goodman (2021), code: 0.06, 100, and n_u of 1 for images and 10 for speech.
    """
    limits = {"most": most, "above": above, "silent": silent}
    for name, value in limits.items():
        if not real_number(name, value) >= 0:
            raise ValueError(f"{name} of a penalty on spikes must be 0 or more, got {value}")

    def of(trains: jax.Array) -> jax.Array:
        counts = jnp.mean(jnp.sum(trains, axis=0), axis=0)
        too_few = jnp.mean(jnp.square(jnp.maximum(1e-3 - counts, 0)))
        return above * jnp.maximum(jnp.mean(counts) - most, 0) + silent * too_few

    def penalty(params: Any) -> jax.Array:
        parts = [of(trains) for trains in trains_of(module, params, points)]
        return sum(parts[1:], parts[0])

    return penalty
