"""MNIST-5k learned by sparse networks whose links are replaced every epoch: where links are, losses, accuracy."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import xarray

import corr
from corr import data, losses, networks, wiring

SIDE, CENTRE = 28, 14
BATCH, LEARNING_RATE, MOMENTUM, SHARE = 128, 0.05, 0.9, 0.3
FRESH = math.sqrt(2 / SIDE**2)  # Klear's new weights, by the dense fan-in
MEAN, DEVIATION = 0.1307, 0.3081  # by which anhinga's images are standardized, all pixels by the same
INPUTS = {"[0, 1]": (0.0, 1.0), "standardized": (MEAN, DEVIATION)}
SET, FIXED, DENSE, STEEPEST, CONTROL = (
    "SET", "fixed random links", "dense", "grown by gradient", "pruned at random",
)  # fmt: skip
NATS = losses.cross_entropy()


class Network(NamedTuple):
    """Hidden units, links per unit of either side of all but the last matrix, epochs, and seeds."""

    widths: tuple[int, ...]
    epsilon: float
    epochs: int
    seeds: int


class Seen(NamedTuple):
    """At the end of an epoch, before links are replaced."""

    training_loss: jax.Array
    test_loss: jax.Array
    accuracy: jax.Array
    contrast: jax.Array
    fresh_contrast: jax.Array


@cache
def halves(seeds: int) -> tuple[jax.Array, ...]:
    """Images and labels to learn from and to test on, a split of its own for every seed."""
    parts = [data.split(data.mnist_5k(), test_share=0.2, seed=seed) for seed in range(seeds)]
    return tuple(jnp.stack([part[half][what] for part in parts]) for half in range(2) for what in range(2))


def per_pixel(links: jax.Array) -> jax.Array:
    """Links of each pixel of the first matrix (units, pixels), as an image."""
    return jnp.sum(links, axis=0).reshape(SIDE, SIDE).astype(jnp.float32)


def contrast(image: jax.Array) -> jax.Array:
    """Links per pixel in the central square less those around it, over the mean of all."""
    low, high = (SIDE - CENTRE) // 2, (SIDE + CENTRE) // 2
    inside, total = jnp.sum(image[low:high, low:high]), jnp.sum(image)
    share = CENTRE**2 / SIDE**2
    mean = jnp.where(total > 0, total / SIDE**2, 1)
    return (inside / CENTRE**2 - (total - inside) / (SIDE**2 * (1 - share))) / mean


def _dynamics(way: str, net: Any, network: Network, half: Any, rate: jax.Array) -> tuple[corr.Dynamics, int]:
    points, labels = half
    steps = len(labels) // BATCH
    decay = optax.add_decayed_weights(-rate)  # decoupled: after the learning rate
    down = optax.chain(optax.sgd(LEARNING_RATE, momentum=MOMENTUM), decay)
    whole = losses.mean(NATS, net.apply, points, labels)

    def make(linked: Callable[[Any], Any]) -> corr.Dynamics:
        def on(rows: jax.Array) -> corr.Dynamics:
            some = losses.mean(NATS, net.apply, points[:, rows], labels[rows])
            return corr.from_optax(lambda params: some(linked(params)), down)

        return corr.minibatch(
            on, batch=lambda key: jax.random.choice(key, len(labels), (BATCH,)), loss=lambda x: whole(linked(x))
        )

    if way == DENSE:
        return make(lambda params: params), steps
    epsilon = {f"dense_{n}/kernel": network.epsilon for n in range(len(network.widths))}
    side = wiring.sparse(
        make, epsilon=epsilon, share=SHARE, every=None if way == FIXED else steps, fresh=FRESH,
        prune="random" if way == CONTROL else "size", grow="gradient" if way == STEEPEST else "random",
    )  # fmt: skip
    return side, steps


@cache  # one program for all penalties and inputs: compiling takes as long as ten epochs
def _runs(way: str, network: Network) -> Callable[..., Any]:
    """``(keys, parts, shrinkage, shift) -> (what every epoch shows, last survivors, last fresh)``, seed by seed."""

    def run(one: Any, shrink: jax.Array, shift: jax.Array) -> Any:
        key, (images, labels, others, truth) = one
        net = networks.functional(
            networks.FullyConnected(network.widths, inputs=SIDE**2, outputs=10, activation="relu"), variance="glorot"
        )
        points, tested = ((one - shift[0]) / shift[1] for one in (images, others))
        steps = len(labels) // BATCH
        side, steps = _dynamics(way, net, network, (points, labels), 1 - (1 - shrink) ** (1 / steps))
        fitted, test = losses.mean(NATS, net.apply, points, labels), losses.mean(NATS, net.apply, tested, truth)
        right = losses.accuracy(net.apply, tested, truth)
        start, begin, go = jax.random.split(key, 3)

        def stepped(state: corr.State, key: jax.Array) -> corr.State:
            return side.step(key, state)[0]._replace(loss=state.loss)  # a loss that nobody reads costs a third

        def look(state: corr.State, kept: jax.Array) -> tuple[Seen, jax.Array, jax.Array]:
            weights = state.position["dense_0"]["kernel"]
            links = weights != 0 if way == DENSE else state.aux.links["dense_0"]["kernel"]
            # Of the control another draw than the step's own, as good for where links are.
            by = jax.random.uniform(key, weights.shape, minval=1e-6) if way == CONTROL else jnp.abs(weights)
            now = wiring.pruned(jnp.where(weights < 0, -by, by), links, SHARE)
            shown, fresh = per_pixel(now), per_pixel(links & ~kept)
            values = (fitted(state.position), test(state.position), right(state.position))
            return Seen(*values, contrast(shown), contrast(fresh)), now, fresh

        def epoch(carry: Any, key: jax.Array) -> tuple[Any, tuple[Seen, jax.Array]]:
            keys = jax.random.split(key, steps)
            state, kept = carry
            state, _ = jax.lax.scan(lambda one, step: (stepped(one, step), None), state, keys[:-1])
            seen, now, fresh = look(state, kept)
            state = stepped(state, keys[-1])  # at whose end links are replaced
            return (state, now), (seen, fresh)

        state = side.init(net.init(start), begin)
        nothing = jnp.zeros(state.position["dense_0"]["kernel"].shape, bool)
        (_, kept), (seen, fresh) = jax.lax.scan(epoch, (state, nothing), jax.random.split(go, network.epochs))
        return seen, per_pixel(kept), fresh[-1]

    # One after another: side by side both branches of a replacement would be computed in every step.
    return jax.jit(lambda keys, parts, *numbers: jax.lax.map(lambda one: run(one, *numbers), (keys, parts)))


def cell(key: jax.Array, way: str, inputs: str, shrink: float, network: Network) -> xarray.Dataset:
    """Every seed's run: losses, accuracy and contrasts by (seed, epoch), last survivors and fresh links of pixels."""
    keys, numbers = jax.random.split(key, network.seeds), (jnp.float32(shrink), jnp.array(INPUTS[inputs], jnp.float32))
    seen, kept, fresh = _runs(way, network)(keys, halves(network.seeds), *numbers)
    columns: dict[str, Any] = {name: (("seed", "epoch"), np.asarray(one)) for name, one in seen._asdict().items()}
    columns |= {name: (("seed", "row", "column"), np.asarray(one)) for name, one in (("kept", kept), ("fresh", fresh))}
    coords = {"epoch": np.arange(1, network.epochs + 1)}
    return xarray.Dataset(columns, coords, {"way": way, "inputs": inputs, "shrink": shrink})
