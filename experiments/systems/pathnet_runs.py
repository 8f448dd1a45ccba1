"""Paths that evolve on one pair of classes and then on another, with what they are compared with."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray

import corr
from corr import data, wiring
from corr.wiring import Evolved, PathNet, PathParams, Window

NOISY = 0.5  # share of pixels that are replaced, half of them black
RATE, SIGMA = 0.05, 0.005  # learning rate of SGD, as the ports have it; σ of mutation
WAYS: dict[str, Callable] = {
    "SGD": lambda loss: corr.descent(loss, learning_rate=RATE),
    "mutation": lambda loss: corr.mutation(loss, mutation_std=SIGMA),
    "its descent": lambda loss: corr.descent(loss, learning_rate=SIGMA / np.sqrt(2 * np.pi), normalized=True),
}
FIRST, TRANSFER, ALWAYS = "first task", "PathNet", "PathNet, path always on"
RANDOM, SCRATCH = "random path always on", "from scratch"
TUNED, FIXED, BIGGER = "fine-tuning of one path", "one path from scratch", "all modules from scratch"
AFTER = (TRANSFER, ALWAYS, RANDOM, SCRATCH, TUNED, FIXED, BIGGER)


class Setting(NamedTuple):
    """Images and how many points each is pooled to, images of a class, units of a module, paths, and the window."""

    source: str
    pool: int
    images: int
    units: int
    population: int
    window: Window


@cache
def _images(source: str, pool: int) -> tuple[np.ndarray, np.ndarray]:
    points, targets = (np.asarray(part) for part in {"digits": data.digits, "MNIST-5k": data.mnist_5k}[source]())
    side = int(np.sqrt(len(points)))
    cells = points.reshape(side // pool, pool, side // pool, pool, -1).mean(axis=(1, 3))
    return cells.reshape(-1, points.shape[1]), targets


def pair(setting: Setting, classes: np.ndarray, random: np.random.Generator) -> tuple[jax.Array, jax.Array]:
    """Noisy images of two classes, as many of each, and which of the two."""
    points, targets = _images(setting.source, setting.pool)
    rows = np.concatenate([random.permutation(np.flatnonzero(targets == one))[: setting.images] for one in classes])
    clear = points[:, rows]
    noisy = np.where(random.uniform(size=clear.shape) < NOISY, random.integers(0, 2, clear.shape), clear)
    return jnp.asarray(noisy, jnp.float32), jnp.asarray(targets[rows] == classes[1], jnp.int32)


class Programs(NamedTuple):
    """Compiled once: without a frozen path, with one, with one that is always on, and all modules from scratch."""

    net: PathNet
    free: Callable[..., Evolved]
    frozen: Callable[..., Evolved]
    always: Callable[..., Evolved]
    bigger: Callable[..., Evolved]

    @property
    def chance(self) -> float:
        """Of a gene's mutation, as published."""
        return 1 / (self.net.layers * self.net.used)


def programs(setting: Setting, way: str) -> Programs:
    """Of one way to train weights."""
    inputs = len(_images(setting.source, setting.pool)[0])
    net = PathNet(inputs=inputs, outputs=2, units=setting.units)
    wide = PathNet(inputs=inputs, outputs=2, units=setting.units, used=net.modules)
    make, window = WAYS[way], setting.window

    @jax.jit
    def free(key: jax.Array, task: tuple, params: PathParams, paths: jax.Array, chance: float) -> Evolved:
        return wiring.evolved(net, make, task, key=key, params=params, paths=paths, window=window, chance=chance)

    def with_frozen(always_on: bool) -> Callable[..., Evolved]:
        return jax.jit(lambda key, task, params, paths, path: wiring.evolved(
            net, make, task, key=key, params=params, paths=paths, window=window, frozen=path, always_on=always_on,
        ))  # fmt: skip

    @jax.jit
    def bigger(key: jax.Array, task: tuple, params: PathParams) -> Evolved:
        every = jnp.broadcast_to(jnp.arange(net.modules, dtype=jnp.int32), (2, net.layers, net.modules))
        return wiring.evolved(wide, make, task, key=key, params=params, paths=every, window=window, chance=0.0)

    return Programs(net, free, with_frozen(always_on=False), with_frozen(always_on=True), bigger)


def transfer(key: jax.Array, setting: Setting, repeats: int) -> xarray.Dataset:
    """Generations of every way to learn the second pair, (way, repeat), the first beside them; SGD on batches."""
    made = programs(setting, "SGD")
    rows = [_transferred(made, setting, jax.random.fold_in(key, n)) for n in range(repeats)]
    names = [FIRST, *AFTER]
    columns = {
        "generations": (("way", "repeat"), [[row[name].generations.item() for row in rows] for name in names]),
        "reached": (("way", "repeat"), [[row[name].reached.item() for row in rows] for name in names]),
        "shared": ("repeat", [_shared(row[FIRST].path, row[TRANSFER].path) for row in rows]),
    }
    return xarray.Dataset(columns, {"way": names}, {"allowed": setting.window.generations})


def _transferred(made: Programs, setting: Setting, key: jax.Array) -> dict[str, Evolved]:
    keys = iter(jax.random.split(key, 20))
    random = np.random.default_rng(np.asarray(jax.random.key_data(next(keys))))
    classes = random.permutation(10)
    first, second = pair(setting, classes[:2], random), pair(setting, classes[2:4], random)
    net, go = made.net, next(keys)  # the second task draws equal batches whatever it begins with
    paths = lambda: net.paths(next(keys), setting.population)  # noqa: E731
    found = {FIRST: made.free(next(keys), first, net.init(next(keys)), paths(), made.chance)}
    best, learned = found[FIRST].path, found[FIRST].params
    other = net.paths(next(keys), 1)[0]
    kept, lucky = net.renewed(next(keys), learned, best), net.renewed(next(keys), learned, other)
    found[TRANSFER] = made.frozen(go, second, kept, paths(), best)
    found[ALWAYS] = made.always(go, second, kept, paths(), best)
    found[RANDOM] = made.always(go, second, lucky, paths(), other)
    found[SCRATCH] = made.free(go, second, net.init(next(keys)), paths(), made.chance)
    one = jnp.broadcast_to(other, (setting.population, *other.shape))
    before = made.free(next(keys), first, net.init(next(keys)), one, 0.0)
    anew = before.params._replace(readout=net.init(next(keys)).readout)
    found[TUNED] = made.free(go, second, anew, one, 0.0)
    found[FIXED] = made.free(go, second, net.init(next(keys)), one, 0.0)
    found[BIGGER] = made.bigger(go, second, _scaled(net, net.init(next(keys))))
    return found


def _scaled(net: PathNet, params: PathParams) -> PathParams:
    """Kernels so small that sums over all modules are as large as those over a path's."""
    share = (net.used / net.modules) ** 0.5
    return params._replace(layers=[layer._replace(kernel=share * layer.kernel) for layer in params.layers])


def _shared(one: jax.Array, other: jax.Array) -> int:
    """Modules that two paths have in common."""
    return sum(len({*mine} & {*theirs}) for mine, theirs in zip(one.tolist(), other.tolist(), strict=True))


def weights(key: jax.Array, setting: Setting, repeats: int) -> xarray.Dataset:
    """Generations of the first task on all images by mutation and by its descent, (way, repeat), from equal starts."""
    generations, reached = {}, {}
    for way in ("mutation", "its descent"):
        made = programs(setting, way)
        found = []
        for n in range(repeats):
            one = jax.random.fold_in(key, n)
            random = np.random.default_rng(np.asarray(jax.random.key_data(one)))
            task = pair(setting, random.permutation(10)[:2], random)
            start, drawn, move = jax.random.split(one, 3)
            paths = made.net.paths(drawn, setting.population)
            found.append(made.free(move, task, made.net.init(start), paths, made.chance))
        generations[way] = [one.generations.item() for one in found]
        reached[way] = [one.reached.item() for one in found]
    columns = {name: (("way", "repeat"), [*each.values()])
               for name, each in (("generations", generations), ("reached", reached))}  # fmt: skip
    return xarray.Dataset(columns, {"way": [*generations]}, {"allowed": setting.window.generations})
