"""Mutation on spikes: its drift on one neuron in closed form, exact changes, learning, silence that is reported."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.stats import norm

import corr
from corr import losses, networks
from corr.networks._spikes import Rule, spiking_layers

DECAY, STD, BETA, COST = 0.5, 0.05, 1.5, 2.0
KERNEL = jnp.array([[0.3, 0.4, 0.7]])
# Inputs spike one after the other: before the last step the neuron stays eight widths away from its threshold.
INPUTS = jnp.pad(jnp.eye(3)[:, None, :], ((0, 1), (0, 0), (0, 0)))
TRACE = np.array([DECAY**2, DECAY, 1.0])
LEVELS = 4.0  # standard errors


def cost_of_a_spike(kernel: jax.Array) -> jax.Array:
    """c S, of a neuron with V = w·x at the last step."""
    (spikes,) = spiking_layers(Rule(DECAY, 0.2), (kernel,), INPUTS)
    return COST * jnp.sum(spikes)


def smoothed_gradient(width: float) -> np.ndarray:
    """Of c P(w·x + width ξ > 1): c x times the normal density of this width at V - 1."""
    potential = float(np.asarray(KERNEL)[0] @ TRACE)
    return COST * TRACE * float(norm.pdf(potential - 1, scale=width))


@functools.cache
def drift(rule: str, draws: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    """Mean displacement of a step and its standard error, from independent steps."""
    walk = corr.mutation(cost_of_a_spike, mutation_std=STD, beta=BETA, rule=rule)
    state = walk.init(KERNEL)

    def moved(key: jax.Array) -> jax.Array:
        return walk.step(key, state)[0].position[0] - KERNEL[0]

    found = np.asarray(jax.jit(jax.vmap(moved))(jax.random.split(corr.root_key(7), draws)), np.float64)
    return found.mean(axis=0), found.std(axis=0, ddof=1) / math.sqrt(draws)


@pytest.mark.parametrize(
    ("rule", "factor"),
    [("barker", math.tanh(BETA * COST / 2) / 2), ("metropolis", 1 - math.exp(-BETA * COST))],
)
def test_drift_on_one_neuron_is_a_gaussian_surrogate_of_width_sigma_x(rule: str, factor: float) -> None:
    """E ε a = -σ² f/c ∇U_σ, f = tanh(βc/2)/2 or 1 - e^(-βc), in all three weights; σ, or √2 σ|x|, is refused."""
    mean, error = drift(rule)

    def off(width: float) -> float:
        return float(np.max(np.abs(mean + STD**2 * factor / COST * smoothed_gradient(width)) / error))

    right = STD * float(np.linalg.norm(TRACE))
    assert off(right) < LEVELS
    assert off(STD) > LEVELS
    assert off(math.sqrt(2) * right) > LEVELS


def test_surrogate_gradient_of_one_neuron_has_the_drifts_direction() -> None:
    """Both are x times a slope; the loss itself has none."""
    found = np.asarray(jax.grad(cost_of_a_spike)(KERNEL)[0])
    slope = 1 / (1 + 100 * abs(float(np.asarray(KERNEL)[0] @ TRACE) - 1)) ** 2
    assert np.allclose(found, COST * slope * TRACE, rtol=1e-4)
    nudged = float(cost_of_a_spike(KERNEL * 1.001)), float(cost_of_a_spike(KERNEL * 0.999))
    assert nudged == (0, 0)


@functools.cache
def problem(widths: tuple[int, ...] = (10, 8), **options: Any) -> tuple[Any, Any, Any, jax.Array]:
    """Two kinds of images, of which the upper or the lower half is bright."""
    rng = np.random.default_rng(5)
    labels = jnp.arange(24) % 2
    bright = np.arange(8)[:, None] // 4 == np.asarray(labels)
    points = jnp.asarray(np.clip(0.7 * bright + 0.3 * rng.random(bright.shape), 0, 1), jnp.float32)
    module = networks.Spiking(widths, inputs=8, outputs=2, steps=30, **options)
    network = networks.functional(module, variance=None)
    loss = losses.mean(losses.cross_entropy(), network.apply, points, labels)
    return module, loss, network.init(corr.root_key(3)), points


def learned(walk: Any, params: Any, steps: int) -> tuple[Any, Any]:
    """Positions and what was reported, of every step."""

    def step(state: Any, key: jax.Array) -> tuple[Any, Any]:
        state, info = walk.step(key, state)
        return state, (state.position, info)

    keys = jax.random.split(corr.root_key(4), steps)
    return jax.jit(lambda start: jax.lax.scan(step, walk.init(start), keys)[1])(params)


@pytest.mark.parametrize("widths", [(10,), pytest.param((10, 8), marks=pytest.mark.slow)])
def test_mutation_learns_and_its_changes_of_the_loss_are_exact(widths: tuple[int, ...]) -> None:
    """Against two evaluations, and without a warning of a primitive that has no rule; spikes change, and by many."""
    _, loss, params, _ = problem(widths)
    path, info = learned(corr.mutation(loss, mutation_std=0.05), params, 100)
    values = np.concatenate([[loss(params)], jax.jit(jax.vmap(loss))(path)])
    changes = np.where(info.accepted, info.loss_change, 0)
    assert np.count_nonzero(changes) > 5
    # Two losses of size one, each the mean of 24 points and a dozen operations.
    assert np.abs(np.diff(values) - changes).max() < 24 * float(np.finfo(np.float32).eps) * values[0]
    assert values[-1] < values[0]


def test_a_tie_is_accepted_at_zero_temperature() -> None:
    """No spike changes at so short a step, hence no loss: all is accepted."""
    _, info = learned(corr.mutation(cost_of_a_spike, mutation_std=1e-4), KERNEL, 10)
    assert bool(info.accepted.all()) and not info.loss_change.any()


@pytest.mark.parametrize(
    ("widths", "buffer"),
    [((10,), None), pytest.param((10, 8), 0.3, marks=pytest.mark.slow)],
    ids=["masked", "gathered"],
)
def test_descent_learns(widths: tuple[int, ...], buffer: float | None) -> None:
    """With the spike regularizer; the readout's slope is a true one."""
    module, loss, params, points = problem(widths, buffer=buffer)
    whole = losses.total(loss, networks.spike_penalty(module, points))
    path, _ = learned(corr.descent(whole, learning_rate=0.05), params, 100)
    assert float(whole(jax.tree.map(lambda leaf: leaf[-1], path))) < float(whole(params))


def test_a_network_without_active_neurons_is_reported_and_has_no_gradient() -> None:
    """From small kernels, under inputs that spike; that of the network's own start has both."""
    module, loss, params, points = problem((10,))
    slope = jax.jit(jax.grad(loss))
    small = jax.tree.map(lambda leaf: leaf / 1000, params)
    with pytest.warns(UserWarning, match=r"layer 0 comes within .* kernel_0 to kernel_0 .* the readout has none"):
        found = networks.check_active(module, small, points)
    assert not found.active.any() and not found.spikes.any() and found.at_active == 0
    assert all(bool(jnp.all(leaf == 0)) for leaf in jax.tree.leaves(slope(small)))
    found = networks.check_active(module, params, points)
    assert found.active.all() and found.spikes.all()
    assert all(bool(jnp.any(leaf != 0)) for leaf in jax.tree.leaves(slope(params)))


def test_activity_counts_operations_and_overflow() -> None:
    """Against counts of the trains themselves; with an infinite window both counts are one."""
    module, _, params, points = problem()
    found = networks.spike_activity(module, params, points)
    pairs = [round(share * units * 30 * 24) for share, units in zip(found.active, (10, 8), strict=True)]
    assert found.everywhere == 30 * 24 * (10 * 8 + 2 * 8 * 10)
    assert found.at_active == pairs[0] * 8 + pairs[1] * 10 + pairs[0] * 8
    everywhere = networks.spike_activity(module.clone(window=math.inf), params, points)
    assert everywhere.at_active == everywhere.everywhere and (everywhere.active == 1).all()
    least = float(found.active.min())
    assert networks.spike_activity(module.clone(buffer=0.9 * least), params, points).overflows.all()
    assert not networks.spike_activity(module.clone(buffer=1.0), params, points).overflows.any()


def test_spike_penalty_is_that_of_the_counts() -> None:
    """0.06 for each spike above the limit, 100 (1e-3)² for the share of neurons that are silent."""
    module, _, params, points = problem()
    spikes = networks.spike_activity(module, params, points).spikes
    found = float(networks.spike_penalty(module, points, most=0.1, silent=0.0)(params))
    assert math.isclose(found, 0.06 * float(np.maximum(spikes - 0.1, 0).sum()), rel_tol=1e-5)
    silent = jax.tree.map(jnp.zeros_like, params)
    assert math.isclose(float(networks.spike_penalty(module, points)(silent)), 2 * 100 * 1e-6, rel_tol=1e-5)
    with pytest.raises(ValueError, match="above of a penalty on spikes"):
        networks.spike_penalty(module, points, above=-1.0)
