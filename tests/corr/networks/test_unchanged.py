"""Programs and starts that saved runs are told by: written out, and equal to the last digit of the program."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corr import networks
from corr._digest import program_digest


def over_points(bias: jax.Array, points: jax.Array) -> jax.Array:
    return bias[:, None] @ jnp.ones((1, points.shape[-1]), jnp.float32)


def affine(params: Any, hidden: jax.Array) -> jax.Array:
    return params["kernel"] @ hidden + over_points(params["bias"], hidden)


def fully_connected(params: Any, points: jax.Array) -> jax.Array:
    hidden = points
    for number in range(2):
        hidden = jnp.tanh(affine(params[f"dense_{number}"], hidden))
    return affine(params["dense_2"], hidden)


def residual(params: Any, points: jax.Array) -> jax.Array:
    hidden = affine(params["first"], points)
    for number in range(2):
        bent = jax.nn.relu(affine(params[f"inner_{number}"], hidden))
        hidden = hidden + affine(params[f"outer_{number}"], bent)
    return affine(params["last"], hidden)


def recurrent(params: Any, points: jax.Array) -> jax.Array:
    drive = affine(params["first"], points)

    def step(hidden: jax.Array, drive: jax.Array) -> tuple[jax.Array, jax.Array]:
        hidden = jnp.tanh(params["recurrent"] @ hidden + drive)
        return hidden, hidden

    return affine(params["last"], jax.lax.scan(step, jnp.zeros_like(drive[:, 0]), drive.T)[1].T)


def shallow(params: Any, points: jax.Array) -> jax.Array:
    hidden = params["b"][:, None] @ points + over_points(params["c"], points)
    return params["a"][None, :] @ jnp.tanh(hidden)


WRITTEN: dict[str, tuple[Any, Any, dict[str, tuple[int, ...]]]] = {
    "shallow": (networks.Shallow(4), shallow, {"a": (4,), "b": (4,), "c": (4,)}),
    "fully connected": (
        networks.FullyConnected((4, 3)),
        fully_connected,
        {
            "dense_0/bias": (4,), "dense_0/kernel": (4, 1), "dense_1/bias": (3,), "dense_1/kernel": (3, 4),
            "dense_2/bias": (1,), "dense_2/kernel": (1, 3),
        },
    ),
    "residual": (
        networks.Residual(2, 3),
        residual,
        {
            "first/bias": (3,), "first/kernel": (3, 1),
            **{f"{layer}_{k}/{part}": (3, 3)[: 1 + (part == "kernel")]
               for layer in ("inner", "outer") for k in range(2) for part in ("bias", "kernel")},
            "last/bias": (1,), "last/kernel": (1, 3),
        },
    ),
    "recurrent": (
        networks.Recurrent(3),
        recurrent,
        {
            "first/bias": (3,), "first/kernel": (3, 1), "last/bias": (1,), "last/kernel": (1, 3),
            "recurrent": (3, 3),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_program_parameters_and_start_are_as_written(name: str) -> None:
    module, formula, shapes = WRITTEN[name]
    network = networks.functional(module)
    key, points = jax.random.key(3), jnp.ones((1, 5))
    params = network.init(key)
    found = {jax.tree_util.keystr(path, simple=True, separator="/"): leaf
             for path, leaf in jax.tree_util.tree_leaves_with_path(params)}  # fmt: skip
    assert {path: leaf.shape for path, leaf in found.items()} == shapes
    assert program_digest(network.apply, params, points) == program_digest(formula, params, points)
    for own, (path, leaf) in zip(jax.random.split(key, len(found)), found.items(), strict=True):
        draw = jax.random.normal(own, leaf.shape, jnp.float32)
        np.testing.assert_array_equal(leaf, jnp.sqrt(jnp.float32(1e-4)) * draw)
        if leaf.ndim == 2:
            fan_in = networks.initialize(module, key, variance="fan_in")
            flat = dict(zip(found, jax.tree.leaves(fan_in), strict=True))
            np.testing.assert_array_equal(flat[path], draw / np.sqrt(leaf.shape[-1]).astype(np.float32))


def test_a_changed_program_is_seen() -> None:
    """The twin: the same numbers in another order of operations."""
    module, _, _ = WRITTEN["shallow"]
    network, points = networks.functional(module), jnp.ones((1, 5))
    params = jax.eval_shape(network.init, jax.random.key(0))

    def other(params: Any, points: jax.Array) -> jax.Array:
        return params["a"][None, :] @ jnp.tanh(params["b"][:, None] @ points + params["c"][:, None])

    assert program_digest(network.apply, params, points) != program_digest(other, params, points)
