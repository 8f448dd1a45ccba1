"""Spiking networks: neurons by hand, slopes as autograd of the surrogate written out, gathered as masked, limits."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import networks
from corr.networks._gathered import places_of
from corr.networks._spikes import Rule, active_pairs, potentials, spiking_layers

SIZES, STEPS, POINTS = (6, 7, 5), 20, 4
DECAY = math.exp(-1 / 10)


def kernels(seed: int = 0, scale: float = 0.8) -> tuple[jax.Array, ...]:
    rng = np.random.default_rng(seed)
    pairs = zip(SIZES[1:], SIZES[:-1], strict=True)
    return tuple(jnp.asarray(rng.normal(0.1, scale, pair), jnp.result_type(float)) for pair in pairs)


def trains(seed: int = 1) -> jax.Array:
    drawn = np.random.default_rng(seed).random((STEPS, POINTS, SIZES[0])) < 0.15
    return jnp.asarray(drawn, jnp.result_type(float))


def weighed(rule: Rule, given: tuple[jax.Array, ...], inputs: jax.Array) -> jax.Array:
    """A function of the spikes of both layers, of another weight for each of them."""
    rng = np.random.default_rng(2)
    outputs = spiking_layers(rule, given, inputs)
    return sum((jnp.sum(jnp.asarray(rng.normal(size=s.shape), s.dtype) * s) for s in outputs), jnp.zeros(()))


def written_out(given: tuple[jax.Array, ...], inputs: jax.Array, *, attached: bool = False) -> jax.Array:
    """The same by autograd, a spike being a fast sigmoid plus what has no slope; slopes everywhere."""
    rng, spikes = np.random.default_rng(2), inputs
    total = jnp.zeros(())
    for kernel in given:

        def step(potential: jax.Array, now: jax.Array, kernel: jax.Array = kernel) -> tuple[jax.Array, jax.Array]:
            away = potential - 1
            soft = away / (1 + 100 * jnp.abs(away))
            spike = soft + jax.lax.stop_gradient((away > 0).astype(soft.dtype) - soft)
            reset = spike if attached else jax.lax.stop_gradient(spike)
            return DECAY * potential + now @ kernel.T - reset, spike

        spikes = jax.lax.scan(step, jnp.zeros((POINTS, len(kernel))), spikes)[1]
        total += jnp.sum(jnp.asarray(rng.normal(size=spikes.shape), spikes.dtype) * spikes)
    return total


def gradients(function: Any, *args: Any) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(jax.jit(jax.grad(function, argnums=(0, 1)))(*args))]


def apart(found: list[np.ndarray], expected: list[np.ndarray]) -> float:
    """The largest difference of two gradients, of the largest entry of each array."""
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(found, expected, strict=True))


def test_a_neuron_by_hand() -> None:
    """Decay one half, an input spike of 0.75 at every step: V = 0, 0.75, 1.125 (spikes), 0.3125, ..."""
    found = potentials(jnp.full((1, 1), 0.75), jnp.ones((6, 1, 1)), 0.5)[:, 0, 0]
    assert found.tolist() == [0, 0.75, 1.125, 0.3125, 0.90625, 1.203125]
    (spikes,) = spiking_layers(Rule(0.5), (jnp.full((1, 1), 0.75),), jnp.ones((6, 1, 1)))
    assert spikes[:, 0, 0].tolist() == [0, 0, 1, 0, 0, 1]


@pytest.mark.parametrize("buffer", [None, 1.0])
def test_window_of_infinity_is_autograd_of_the_surrogate(x64: None, buffer: float | None) -> None:
    """To float64's rounding, kernels and inputs; with the reset attached it is another gradient."""
    expected = gradients(written_out, kernels(), trains())
    assert min(np.abs(leaf).max() for leaf in expected) > 0
    rule = Rule(DECAY, math.inf, buffer)
    found = gradients(lambda *args: weighed(rule, *args), kernels(), trains())
    # Sums of at most 7 x 20 x 4 terms after recursions of 20 steps; twice so many units of rounding.
    rounding = 2 * (SIZES[1] * STEPS * POINTS + STEPS) * float(np.finfo(np.float64).eps)
    assert apart(found, expected) < rounding
    attached = gradients(lambda *args: written_out(*args, attached=True), kernels(), trains())
    assert apart(attached, expected) > 1e-3


@pytest.mark.parametrize(("buffer", "fits"), [(0.5, True), (0.02, False)])
def test_gathered_is_masked_whether_it_fits_or_not(x64: None, buffer: float, fits: bool) -> None:
    """In float64, with zeros at the same places; a buffer too small falls back and so gives the same bits."""
    window, given, inputs = 0.2, kernels(), trains()
    masked = gradients(lambda *args: weighed(Rule(DECAY, window), *args), given, inputs)
    found = gradients(lambda *args: weighed(Rule(DECAY, window, buffer), *args), given, inputs)
    assert min(np.abs(leaf).max() for leaf in masked) > 0
    rounding = 2 * (SIZES[1] * STEPS * POINTS + STEPS) * float(np.finfo(np.float64).eps)
    assert apart(found, masked) < rounding
    assert fits or apart(found, masked) == 0
    assert all(np.array_equal(a == 0, b == 0) for a, b in zip(found, masked, strict=True))
    everywhere = gradients(lambda *args: weighed(Rule(DECAY), *args), given, inputs)
    assert apart(everywhere, masked) > 1e-3


@pytest.mark.slow
def test_buffer_is_right_for_many_trajectories_at_once(x64: None) -> None:
    """Of which one overflows and one does not."""
    several = jax.tree.map(lambda *parts: jnp.stack(parts), kernels(), kernels(4, 0.02))
    counts = [int(jnp.sum(active_pairs(potentials(kernel, trains(), DECAY), 0.2))) for kernel in several[0]]
    assert counts[0] != counts[1]
    between = sum(counts) / 2 / (SIZES[1] * STEPS * POINTS)

    def found(buffer: float | None) -> list[np.ndarray]:
        rule = Rule(DECAY, 0.2, buffer)
        slope = jax.grad(lambda given: weighed(rule, given, trains()))
        return [np.asarray(leaf) for leaf in jax.jit(jax.vmap(slope))(several)]

    assert apart(found(between), found(None)) < 1e-12


@pytest.mark.parametrize("count", [7, 1000])
def test_places_are_those_of_nonzero(count: int) -> None:
    """Buffers that are too small hold the first ones."""
    search = jax.jit(places_of, static_argnums=1)
    for share in (0.0, 0.01, 0.3, 1.0):
        active = np.random.default_rng(0).random(count) < share
        for size in (5, count):
            places, used = search(jnp.asarray(active), size)
            assert np.array_equal(np.asarray(places)[np.asarray(used)], np.flatnonzero(active)[:size])


def test_latency_code() -> None:
    """t = 20 ln(x/(x - 0.2)): 4.46 at x = 1 and 10.2 at x = 0.5; 0.2 is silent, and what comes after the last step."""
    code = networks.latency_code(jnp.array([[1.0, 0.5], [0.2, 0.21]]), steps=11)
    assert code.shape == (2, 11, 2)
    assert np.argwhere(np.asarray(code)).tolist() == [[0, 4, 0], [0, 10, 1]]


def test_readout_over_time() -> None:
    """y[t+1] = b y[t] + (1 - b) C S[t] by a loop, its maximum and its sum."""
    module = networks.Spiking((1,), outputs=2, steps=5, readout=3.0)
    given, kernel = jnp.asarray([0.0, 1.0, 0.0, 1.0, 1.0]).reshape(5, 1, 1), jnp.array([[1.0], [-2.0]])
    decay, level, seen = math.exp(-1 / 3), np.zeros(2), []
    for spike in np.asarray(given)[:, 0, 0]:
        level = decay * level + (1 - decay) * np.asarray(kernel)[:, 0] * spike
        seen.append(level)
    assert np.allclose(module.read(kernel, given)[:, 0], np.max(seen, axis=0), rtol=1e-6)
    assert np.allclose(module.clone(over_time="sum").read(kernel, given)[:, 0], np.sum(seen, axis=0), rtol=1e-6)


BAD = {
    "window, B_th": {"window": 0.0},
    "window, B_th, must": {"window": -1.0},
    "membrane must be positive": {"membrane": -10.0},
    "readout must be positive": {"readout": 0.0},
    "buffer, the share": {"buffer": 1.5},
    "one hidden layer": {"widths": ()},
    "widths[1] must be at least 1": {"widths": (3, 0)},
    "over_time must be one of max, sum": {"over_time": "mean"},
    "steps must be at least 1": {"steps": 0},
}


@pytest.mark.parametrize("said", BAD)
def test_bad_networks_are_named(said: str) -> None:
    with pytest.raises(ValueError) as raised:
        networks.Spiking(**BAD[said])
    assert said in str(raised.value)


def test_bad_points_are_named() -> None:
    network = networks.functional(networks.Spiking((3,), inputs=2, steps=9), variance=None)
    params = network.init(corr.root_key(0))
    for bad in (jnp.zeros((3, 4)), jnp.zeros(2), jnp.zeros((9, 2, 4))):
        with pytest.raises(ValueError, match=r"images of shape \(2, K\) or spike trains of shape \(2, T, K\)"):
            network.apply(params, bad)
    for options, said in (({"threshold": 1.0}, "threshold"), ({"time_constant": -1.0}, "time_constant")):
        with pytest.raises(ValueError, match=said):
            networks.latency_code(jnp.zeros((2, 4)), steps=9, **options)
    with pytest.raises(ValueError, match=r"pixels in \[0, 1\]"):
        networks.latency_code(jnp.full((2, 4), 255.0), steps=9)
    with pytest.raises(ValueError, match=r"\(features, K\)"):
        networks.latency_code(jnp.zeros(4), steps=9)
