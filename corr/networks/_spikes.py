"""Layers of leaky integrate-and-fire neurons, spikes forward and surrogate slopes backward.

Trains have shape (T, K, units) here: scans run along the first axis, and what a gathered pair needs lies side by side.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ._gathered import gathered_below, gathered_kernel, size_of

STEEPNESS = 100.0
Arrays = tuple[jax.Array, ...]


class Rule(NamedTuple):
    """What the neurons of a network share: decay a of a step, B_th, and the buffer's share of all pairs or None."""

    decay: float
    window: float = math.inf
    buffer: float | None = None


def active_pairs(potential: jax.Array, window: float) -> jax.Array:
    """Where |V - 1| < B_th, the (neuron, time) pairs that have a slope."""
    return jnp.abs(potential - 1) < window


def surrogate(potential: jax.Array, window: float) -> jax.Array:
    """The slope of a spike, 1/(100 |V - 1| + 1)² at active pairs and zero elsewhere."""
    slope = 1 / jnp.square(STEEPNESS * jnp.abs(potential - 1) + 1)
    return jnp.where(active_pairs(potential, window), slope, 0)


def through(kernel: jax.Array, trains: jax.Array) -> jax.Array:
    """Σ_i W_ji S_i of trains (T, K, in), at every time."""
    return trains @ kernel.T


def potentials(kernel: jax.Array, trains: jax.Array, decay: float) -> jax.Array:
    """V[t+1] = a V[t] + W S_in[t] - S[t] from V[0] = 0, with S = 1 where V > 1, for trains of shape (T, K, in)."""

    def step(potential: jax.Array, drive: jax.Array) -> tuple[jax.Array, jax.Array]:
        return decay * potential + drive - spikes_at(potential), potential

    drive = through(kernel, trains)
    return jax.lax.scan(step, jnp.zeros_like(drive[0]), drive)[1]


def spikes_at(potential: jax.Array) -> jax.Array:
    """1 where V > 1, else 0."""
    return (potential > 1).astype(potential.dtype)


def leaky(trains: jax.Array, decay: float, *, reverse: bool = False) -> jax.Array:
    """x[t+1] = a x[t] + S[t] from x[0] = 0, for t < T; in reverse D[t-1] = a D[t] + S[t] from D[T-1] = 0."""

    def step(trace: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
        return decay * trace + now, trace

    return jax.lax.scan(step, jnp.zeros_like(trains[0]), trains, reverse=reverse)[1]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def spiking_layers(rule: Rule, kernels: Arrays, trains: jax.Array) -> Arrays:
    """Spike trains of every layer, (T, K, units), given those of the inputs; backward by surrogate slopes.

    The reset is not differentiated. With B_th infinite the backward pass is that of autograd through slopes g(V).
    """
    return _forward(rule, kernels, trains)[0]


def _forward(rule: Rule, kernels: Arrays, trains: jax.Array) -> tuple[Arrays, Any]:
    found, given = [], [trains]
    for kernel in kernels:
        found.append(potentials(kernel, given[-1], rule.decay))
        given.append(spikes_at(found[-1]))
    return tuple(given[1:]), (kernels, tuple(given[:-1]), tuple(found))


def _backward(rule: Rule, kept: Any, slopes: Sequence[jax.Array]) -> tuple[Arrays, jax.Array]:
    kernels, given, found = kept
    gradients: list[jax.Array] = []
    below = jnp.zeros_like(slopes[-1])
    for number in reversed(range(len(kernels))):
        kernel, trains = kernels[number], given[number]
        felt = surrogate(found[number], rule.window) * (slopes[number] + below)
        later = leaky(felt, rule.decay, reverse=True)
        gradients.insert(0, _kernel(rule, found[number], felt, later, trains))
        # Inputs have no potential and no window: their slopes are formed everywhere, and XLA drops them if unused.
        below = _below(rule, kernel, later, found[number - 1]) if number else through(kernel.T, later)
    return tuple(gradients), below


def _kernel(rule: Rule, potential: jax.Array, felt: jax.Array, later: jax.Array, trains: jax.Array) -> jax.Array:
    """dL/dW, from all pairs, or from the active ones where they fit into the buffer."""

    def masked() -> jax.Array:
        return jnp.tensordot(later, trains, axes=((0, 1), (0, 1)))

    if rule.buffer is None:
        return masked()
    active, size = active_pairs(potential, rule.window), size_of(rule.buffer, potential.size)

    def gathered() -> jax.Array:
        return gathered_kernel(active, felt, leaky(trains, rule.decay), size)

    return jax.lax.cond(jnp.sum(active) <= size, gathered, masked)


def _below(rule: Rule, kernel: jax.Array, later: jax.Array, potential: jax.Array) -> jax.Array:
    """dL/dS of the layer below at its active pairs, zero at the others."""
    active, size = active_pairs(potential, rule.window), size_of(rule.buffer, potential.size)

    def masked() -> jax.Array:
        return jnp.where(active, through(kernel.T, later), 0)

    if rule.buffer is None:
        return masked()
    return jax.lax.cond(jnp.sum(active) <= size, lambda: gathered_below(active, kernel, later, size), masked)


spiking_layers.defvjp(_forward, _backward)
