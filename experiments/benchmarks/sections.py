"""What ``corr bench`` measures: one contest per section."""

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp

import corr
from corr import data, losses, networks
from corr.ensemble import fastest_block

from ..problems.sines import shallow_sine
from .c_loop import c_loop
from .contest import Contestant, Timing, contest
from .engines import drawing, engine, evaluation
from .peers import blackjax_walk, numpy_loop, plain_vmap, points_first

SHALLOW_STD, DEEP_STD = 2.5e-5, 1e-5
C_LOOP, EXACT, VMAP = "C loop", "engine, exact change (default)", "plain vmap, points last"
PLAIN, DRAWING, EVALUATION = "engine, plain values", "drawing", "the loss alone, plain jit"
WORK = 15_000_000  # units times points times steps of a measurement, so that each takes about as long


def shallow(repeats: int) -> list[Timing]:
    """Figure 1's network, 1000 trajectories, against everything."""
    problem = shallow_sine()
    params = problem.init(corr.root_key(0))
    points, targets = data.sine(1000)
    scale: dict[str, Any] = {"mutation_std": SHALLOW_STD}
    walk = corr.mutation(problem.loss, **scale)
    plain = corr.mutation(problem.loss, **scale, exact=False)
    twin = corr.langevin(problem.loss, time_step=1e-3, moments=corr.paper_moments(step_time=1e-5))
    usual = points_first(points, targets, ())
    many, few = {"trajectories": 1000, "steps": 250}, {"trajectories": 1000, "steps": 50}
    field = [
        c_loop(C_LOOP, params, points, targets, **scale, **many),
        engine(EXACT, walk, params, **many),
        engine(PLAIN, plain, params, **many),
        engine("engine, noisy twin (gradient)", twin, params, **many),
        plain_vmap(VMAP, problem.loss, params, **scale, **few),
        plain_vmap("plain vmap, points first", usual, params, **scale, **few),
        blackjax_walk("blackjax random walk, points last", problem.loss, params, **scale, **few),
        blackjax_walk("blackjax random walk, points first", usual, params, **scale, **few),
        numpy_loop("NumPy loop, one chain", params, points, targets, **scale, steps=2000),
    ]
    return _timed(field, repeats, "shallow")


def deep(repeats: int) -> list[Timing]:
    """The paper's deep network (8 x 32, 1001 points), 100 trajectories."""
    network = networks.functional(networks.FullyConnected((32,) * 8), variance="fan_in")
    points, targets = data.symmetric_sine(1001)
    loss = losses.mean_squared_error(network.apply, points, targets)
    params = network.init(jax.random.key(0))
    usual = points_first(points, targets, sorted(params))
    exact = corr.mutation(loss, mutation_std=DEEP_STD)
    plain = corr.mutation(loss, mutation_std=DEEP_STD, exact=False)
    many, few = {"trajectories": 100, "steps": 100}, {"trajectories": 100, "steps": 20}
    field = [
        c_loop(C_LOOP, params, points, targets, mutation_std=DEEP_STD, **few),
        engine(EXACT, exact, params, **many, block_size=fastest_block(exact, params)),
        engine(PLAIN, plain, params, **many, block_size=fastest_block(plain, params)),
        drawing(DRAWING, params, mutation_std=DEEP_STD, **many),
        plain_vmap(VMAP, loss, params, mutation_std=DEEP_STD, **few),
        plain_vmap("plain vmap, points first", usual, params, mutation_std=DEEP_STD, **few),
        blackjax_walk("blackjax random walk, points last", loss, params, mutation_std=DEEP_STD, **few),
    ]
    return _timed(field, repeats, "deep")


def against_trajectories(repeats: int) -> list[Timing]:
    """Figure 1's network, exact change, from 8 to 4096 trajectories."""
    problem = shallow_sine()
    walk, params = corr.mutation(problem.loss, mutation_std=SHALLOW_STD), problem.init(corr.root_key(0))
    sizes = (8, 64, 512, 4096)
    field = [engine(f"{n} trajectories", walk, params, trajectories=n, steps=max(50, 131072 // n)) for n in sizes]
    return _timed(field, repeats, "trajectories")


def against_units(repeats: int) -> list[Timing]:
    """Hidden units M (N = 3M parameters), 1000 points, beside the C loop and the drawing of the numbers alone."""
    return _timed(_shallow_family([(units, 1000) for units in (10, 30, 100, 256, 1000)], "N = {0}"), repeats, "N")


def against_points(repeats: int) -> list[Timing]:
    """Data points K, 30 hidden units."""
    return _timed(_shallow_family([(30, points) for points in (100, 300, 1000, 3000)], "K = {1}"), repeats, "K")


def large(repeats: int) -> list[Timing]:
    """Networks of up to a million parameters, each beside the drawing of its numbers alone."""
    key = jax.random.key(0)
    inputs, labels = jax.random.normal(key, (784, 5000)), jax.random.normal(key, (10, 5000))
    layers = networks.functional(networks.FullyConnected((64,), inputs=784, outputs=10), variance="fan_in")
    cases = {"784-64-10, 5000 points": (losses.mean_squared_error(layers.apply, inputs, labels), layers.init(key))}
    cases["convolutions 8 and 16, 500 points"] = _convolutional(inputs[:, :500], labels[:, :500])
    for units in (10_000, 100_000, 333_333):
        network = networks.functional(networks.Shallow(units))
        loss = losses.mean_squared_error(network.apply, *data.sine(100))
        cases[f"shallow, M = {units}, 100 points"] = (loss, network.init(key))
    field: list[Contestant | None] = []
    for name, (loss, params) in cases.items():
        size = sum(leaf.size for leaf in jax.tree.leaves(params))
        sizes = {"trajectories": 8, "steps": 4}
        walk = corr.mutation(loss, mutation_std=DEEP_STD)
        field.append(engine(f"N = {size}: {name}", walk, params, **sizes))
        field.append(drawing(f"{DRAWING}, N = {size}: {name}", params, mutation_std=DEEP_STD, **sizes))
    return _timed(field, repeats, "large")


def training(repeats: int) -> list[Timing]:
    """One trajectory of 784-64-10 on 5000 points, as ``corr.fit`` trains it, beside its loss alone."""
    key = jax.random.key(0)
    points, labels = jax.random.normal(key, (784, 5000)), jax.random.randint(key, (5000,), 0, 10)
    layers = networks.functional(networks.FullyConnected((64,), inputs=784, outputs=10), variance="glorot")
    loss, params = losses.mean(losses.cross_entropy(), layers.apply, points, labels), layers.init(key)
    sizes: dict[str, Any] = {"trajectories": 1, "steps": 20, "block_size": 1, "devices": 1}
    field = [
        evaluation(EVALUATION, loss, params, steps=20),
        engine(EXACT, corr.mutation(loss, mutation_std=DEEP_STD), params, **sizes),
        engine(PLAIN, corr.mutation(loss, mutation_std=DEEP_STD, exact=False), params, **sizes),
        drawing(DRAWING, params, mutation_std=DEEP_STD, **sizes),
    ]
    return _timed(field, repeats, "training")


def against_devices(repeats: int) -> list[Timing]:
    """Strong scaling: 256 trajectories on 1, 2, ... devices."""
    problem = shallow_sine()
    walk, params = corr.mutation(problem.loss, mutation_std=SHALLOW_STD), problem.init(corr.root_key(0))
    counts = sorted({1, *(2**k for k in range(1, 10) if 2**k <= jax.device_count()), jax.device_count()})
    field = [engine(f"{d} devices", walk, params, trajectories=256, steps=500, devices=d) for d in counts]
    return _timed(field, repeats, "devices")


SECTIONS: dict[str, Callable[[int], list[Timing]]] = {
    "shallow network, 1000 trajectories": shallow,
    "deep network, 100 trajectories": deep,
    "number of trajectories": against_trajectories,
    "number of parameters": against_units,
    "number of data points": against_points,
    "large networks": large,
    "a step of training": training,
    "devices": against_devices,
}


def _shallow_family(sizes: Iterable[tuple[int, int]], name: str) -> list[Contestant | None]:
    field: list[Contestant | None] = []
    for units, points in sizes:
        network = networks.functional(networks.Shallow(units))
        fitted = data.sine(points)
        walk = corr.mutation(losses.mean_squared_error(network.apply, *fitted), mutation_std=SHALLOW_STD)
        params, label = network.init(jax.random.key(0)), name.format(3 * units, points)
        many = {"trajectories": 64, "steps": max(20, WORK // (units * points))}
        field.append(engine(label, walk, params, **many))
        field.append(c_loop(f"{C_LOOP}, {label}", params, *fitted, mutation_std=SHALLOW_STD, **many))
        field.append(drawing(f"{DRAWING}, {label}", params, mutation_std=SHALLOW_STD, **many))
    return field


def _convolutional(inputs: jax.Array, labels: jax.Array) -> tuple[Callable[[Any], jax.Array], Any]:
    """Two convolutions of 3 x 3 with strides of 2, then one affine layer; mean squared error."""
    images = inputs.T.reshape(-1, 28, 28, 1)
    shapes = {"first": (3, 3, 1, 8), "second": (3, 3, 8, 16), "last": (7 * 7 * 16, 10), "bias": (10,)}
    keys = dict(zip(shapes, jax.random.split(jax.random.key(1), len(shapes)), strict=True))
    params = {name: jax.random.normal(keys[name], shape) / 10 for name, shape in shapes.items()}

    def loss(at: Any) -> jax.Array:
        hidden = images
        for name in ("first", "second"):
            layout = ("NHWC", "HWIO", "NHWC")
            hidden = jax.lax.conv_general_dilated(hidden, at[name], (2, 2), "SAME", dimension_numbers=layout)
            hidden = jnp.tanh(hidden)
        outputs = hidden.reshape(len(images), -1) @ at["last"] + at["bias"][None, :]
        return jnp.mean((outputs - labels.T) ** 2)

    return loss, params


def _timed(field: Iterable[Contestant | None], repeats: int, label: str) -> list[Timing]:
    """Those that this machine can run."""
    return contest([one for one in field if one is not None], repeats, label)
