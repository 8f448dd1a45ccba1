"""What people use today: a plain vmap of all chains, blackjax, a NumPy loop."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from .contest import Contestant


def points_first(points: Any, targets: Any, layers: Sequence[str]) -> Callable[[Any], jax.Array]:
    """The same losses as people write them, data points on the first axis; no ``layers`` means the shallow network."""
    inputs, wanted = jnp.asarray(points).T, jnp.asarray(targets).T

    def shallow(params: Any) -> jax.Array:
        outputs = jnp.tanh(inputs * params["b"][None, :] + params["c"][None, :]) @ params["a"]
        return jnp.mean((outputs - wanted[:, 0]) ** 2)

    def deep(params: Any) -> jax.Array:
        hidden = inputs
        for name in layers:
            hidden = hidden @ params[name]["kernel"].T + params[name]["bias"][None, :]
            hidden = hidden if name == layers[-1] else jnp.tanh(hidden)
        return jnp.mean((hidden - wanted) ** 2)

    return deep if layers else shallow


def plain_vmap(
    name: str, loss: Callable[[Any], jax.Array], params: Any, *, mutation_std: float, trajectories: int, steps: int
) -> Contestant:
    """Metropolis at zero temperature by subtraction of losses, every chain in one vmap, steps by scan."""

    def step(carry: tuple[Any, jax.Array], key: jax.Array) -> tuple[tuple[Any, jax.Array], jax.Array]:
        position, value = carry
        flat, unravel = ravel_pytree(position)
        proposal = unravel(flat + mutation_std * jax.random.normal(key, flat.shape, flat.dtype))
        new = loss(proposal)
        accepted = new <= value
        keep = jax.tree.map(lambda a, b: jnp.where(accepted, a, b), (proposal, new), (position, value))
        return keep, accepted

    @jax.jit
    def advance(carry: Any, key: jax.Array) -> Any:
        def all_chains(carry: Any, key: jax.Array) -> Any:
            return jax.vmap(step)(carry, jax.random.split(key, trajectories))

        return jax.lax.scan(all_chains, carry, jax.random.split(key, steps))

    position = _repeated(params, trajectories)
    return _scanning(name, advance, (position, jax.vmap(loss)(position)), trajectories, steps)


def blackjax_walk(
    name: str, loss: Callable[[Any], jax.Array], params: Any, *, mutation_std: float, trajectories: int, steps: int
) -> Contestant:
    """blackjax's random walk on exp(-βU), every chain in one vmap; β is large, since at ∞ it accepts nothing."""
    import blackjax

    flat, unravel = ravel_pytree(params)
    walk: Any = blackjax.normal_random_walk(lambda x: -1e12 * loss(unravel(x)), jnp.full(flat.shape, mutation_std))

    @jax.jit
    def advance(states: Any, key: jax.Array) -> Any:
        def all_chains(states: Any, key: jax.Array) -> Any:
            states, info = jax.vmap(walk.step)(jax.random.split(key, trajectories), states)
            return states, info.is_accepted

        return jax.lax.scan(all_chains, states, jax.random.split(key, steps))

    states = jax.vmap(walk.init)(_repeated(flat, trajectories))
    return _scanning(name, advance, states, trajectories, steps)


def numpy_loop(name: str, params: Any, points: Any, targets: Any, *, mutation_std: float, steps: int) -> Contestant:
    """One chain of the shallow network in NumPy."""
    x, y = np.asarray(points)[0], np.asarray(targets)[0]
    random = np.random.default_rng(0)
    state = {"flat": np.concatenate([np.asarray(params[name]) for name in "abc"])}

    def loss(flat: np.ndarray) -> float:
        a, b, c = np.split(flat, 3)
        return float(np.mean((a @ np.tanh(np.outer(b, x) + c[:, None]) - y) ** 2))

    def go() -> None:
        flat = state["flat"]
        value = loss(flat)
        for _ in range(steps):
            trial = flat + np.float32(mutation_std) * random.standard_normal(flat.shape, np.float32)
            new = loss(trial)
            if new <= value:
                flat, value = trial, new
        state["flat"] = flat

    return Contestant(name, 1, steps, go)


def _repeated(params: Any, trajectories: int) -> Any:
    return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (trajectories, *leaf.shape)), params)


def _scanning(name: str, advance: Any, carry: Any, trajectories: int, steps: int) -> Contestant:
    now = {"carry": carry, "key": jax.random.key(0)}

    def go() -> None:
        now["key"], key = jax.random.split(now["key"])
        now["carry"], _ = jax.block_until_ready(advance(now["carry"], key))

    return Contestant(name, trajectories, steps, go)
