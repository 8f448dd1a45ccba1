"""Paths that evolve while any dynamics trains their weights: PathNet's serial mode."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from .. import losses
from .._checks import check_count
from .._start import initial
from .._types import Dynamics, Params, Scalar
from ._pathnet import Modules, PathNet, PathParams, off_path, on_path
from ._paths import taken_once, tournament

NATS = losses.cross_entropy()
Make = Callable[[Callable[[Params], Scalar]], Dynamics]


class Evolved(NamedTuple):
    """What ``evolved`` gives back.

    Attributes:
        params: of all modules.
        path: the better one of the last tournament, (L, N).
        generations: tournaments until the threshold was reached, or all that were allowed.
        reached: whether it was.
        accuracy: of the better path of every tournament, (generations allowed,), NaN after the last.
    """

    params: PathParams
    path: jax.Array
    generations: jax.Array
    reached: jax.Array
    accuracy: jax.Array


class Window(NamedTuple):
    """How a path is tried: batches, points of one, accuracy that ends it, and tournaments allowed."""

    batches: int = 50
    points: int = 16
    threshold: float = 0.998
    generations: int = 500


def evolved(
    net: PathNet,
    make: Make,
    data: tuple[jax.Array, jax.Array],
    *,
    key: jax.Array,
    params: PathParams,
    paths: jax.Array,
    window: Window,
    frozen: jax.Array | None = None,
    always_on: bool = False,
    chance: float | jax.Array | None = None,
) -> Evolved:
    """Tournaments of two random paths, each trained on a window of batches, until one is accurate enough.

    The accuracy of a path is that on its window's batches, each before it is learned from. Weights stay in the
    network. Modules of the frozen path take part, and do not change.

    Args:
        net: the modules.
        make: ``loss of a batch -> Dynamics``; it remembers nothing from one step to the next, so no momentum.
        data: points (inputs, K) and labels (K,).
        key: a typed key.
        params: from ``net.init``.
        paths: of the population, integers (P, L, N), P at least 2.
        window: how a path is tried.
        frozen: path of the task before, (L, n); None for none.
        always_on: whether the frozen path is used beside every other.
        chance: of a gene's mutation; None for 1/(LN); 0 where equal paths are to stay, for a network of fixed paths.

    Returns:
        An ``Evolved``.

    Raises:
        ValueError: if there are fewer than two paths, of another shape than (L, N), or a number is out of range.

    Example:
        >>> from corr import descent
        >>> net = PathNet(inputs=2, outputs=2, layers=2, modules=4, used=2, units=5)
        >>> points = jax.random.normal(jax.random.key(1), (2, 50))
        >>> start, paths = net.init(jax.random.key(2)), net.paths(jax.random.key(3), 6)
        >>> found = evolved(net, lambda loss: descent(loss, learning_rate=0.1), (points, (points[0] > 0).astype(int)),
        ...                 key=jax.random.key(0), params=start, paths=paths, window=Window(threshold=0.9))
        >>> bool(found.reached)
        True

    Reference: Fernando et al., arXiv:1701.08734, section 2, "binary tournament".
    """
    _check(net, paths, window, frozen)
    still = jnp.zeros((net.layers, net.modules), bool)
    if frozen is not None:
        still = still.at[jnp.arange(net.layers)[:, None], frozen].set(True)
    beside = frozen if always_on and frozen is not None else jnp.zeros((net.layers, 0), jnp.int32)

    def trained(params: PathParams, tried: tuple[jax.Array, jax.Array]) -> tuple[PathParams, jax.Array]:
        key, path = tried
        return _window(net, make, data, key, params, jnp.concatenate([path, beside], axis=1), still, window)

    def go_on(carry: tuple) -> jax.Array:
        generation, reached = carry[0], carry[-1]
        return (generation < window.generations) & ~reached

    def generation(carry: tuple) -> tuple:
        n, params, paths, _, accuracy, _ = carry
        rivals_key, window_key, change_key = jax.random.split(jax.random.fold_in(key, n), 3)
        rivals = jax.random.choice(rivals_key, len(paths), (2,), replace=False)
        params, fitness = jax.lax.scan(trained, params, (jax.random.split(window_key), paths[rivals]))
        best, top = paths[rivals[jnp.argmax(fitness)]], jnp.max(fitness)
        paths = tournament(change_key, paths, fitness, rivals, net.modules, chance=chance)
        return n + 1, params, paths, best, accuracy.at[n].set(top), top >= window.threshold

    nothing = jnp.full(window.generations, jnp.nan)
    begun = (jnp.int32(0), params, paths, paths[0], nothing, jnp.array(False))
    count, params, _, best, accuracy, reached = jax.lax.while_loop(go_on, generation, begun)
    return Evolved(params, best, count, reached, accuracy)


def _window(
    net: PathNet, make: Make, data: tuple[jax.Array, jax.Array], key: jax.Array, params: PathParams, path: jax.Array,
    still: jax.Array, window: Window,
) -> tuple[PathParams, jax.Array]:  # fmt: skip
    """Parameters after a path was trained on a window, and its accuracy there."""
    points, targets = data
    taken = taken_once(path)
    learns = taken & ~jnp.take_along_axis(still, path, axis=1)

    def masked(new: PathParams, old: PathParams) -> PathParams:
        """New where a module learns: a gradient of what does not is zero, and a mutation of it is none."""
        layers = [
            Modules(*(jnp.where(which.reshape((-1,) + (1,) * (one.ndim - 1)), one, other)
                      for one, other in zip(mine, theirs, strict=True)))
            for mine, theirs, which in zip(new.layers, old.layers, learns, strict=True)
        ]  # fmt: skip
        return PathParams(layers, new.readout)

    def step(parts: PathParams, key: jax.Array) -> tuple[PathParams, jax.Array]:
        rows_key, move_key = jax.random.split(key)
        rows = jax.random.choice(rows_key, len(targets), (window.points,))
        apply = lambda new, at: net.through(masked(new, parts), taken, at)  # noqa: E731
        side = make(losses.mean(NATS, apply, points[:, rows], targets[rows]))
        right = jnp.argmax(apply(parts, points[:, rows]), axis=0) == targets[rows]
        state, _ = side.step(move_key, initial(side, parts, move_key))
        return masked(state.position, parts), jnp.mean(right, dtype=points.dtype)

    parts, right = jax.lax.scan(step, on_path(params, path), jax.random.split(key, window.batches))
    return off_path(params, parts, path, learns), jnp.mean(right)


def _check(net: PathNet, paths: jax.Array, window: Window, frozen: jax.Array | None) -> None:
    for name in ("batches", "points", "generations"):
        check_count(name, getattr(window, name))
    if not 0 < window.threshold <= 1:
        raise ValueError(f"threshold must lie in (0, 1], got {window.threshold}")
    shape = (net.layers, net.used)
    if paths.ndim != 3 or len(paths) < 2 or paths.shape[1:] != shape:
        raise ValueError(f"paths must have the shape (P, {shape[0]}, {shape[1]}), P at least 2, got {paths.shape}")
    if frozen is not None and (frozen.ndim != 2 or len(frozen) != net.layers):
        raise ValueError(f"frozen must have the shape ({net.layers}, n), got {frozen.shape}")
