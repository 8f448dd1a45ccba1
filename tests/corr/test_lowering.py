"""The engine of every dynamics is lowered for accelerators that are not here, its products pinned to float32."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
import pytest
from jax import export

import corr
from corr import data, losses, networks
from corr._start import initial_shape
from corr.ensemble._engine import build_engine

NETWORK = networks.functional(networks.FullyConnected((8, 8)), variance="fan_in")
LOSS = losses.mean_squared_error(NETWORK.apply, *data.symmetric_sine(50))
PARAMS = NETWORK.init(jax.random.key(0))
BLOCK, TRAJECTORIES = 4, 8
POINTS = jnp.linspace(-1, 1, 12)


def on_rows(rows: jax.Array) -> corr.Dynamics:
    points, targets = data.symmetric_sine(50)
    some = losses.mean_squared_error(NETWORK.apply, points[:, rows], targets[:, rows])
    return corr.mutation(some, mutation_std=1e-3)


SIDES = {
    "mutation": lambda: corr.mutation(LOSS, mutation_std=1e-3),
    "mutation, finite β": lambda: corr.mutation(LOSS, mutation_std=1e-3, beta=100.0),
    "noisy twin": lambda: corr.langevin(LOSS, time_step=1e-3, moments=corr.paper_moments(step_time=1e-5)),
    "descent": lambda: corr.descent(LOSS, learning_rate=0.1, normalized=True),
    "Adam": lambda: corr.from_optax(LOSS, optax.adam(1e-3)),
    "minibatches": lambda: corr.minibatch(on_rows, batch=lambda key: jax.random.choice(key, 50, (8,)), loss=LOSS),
}


def lowered(side: corr.Dynamics, platform: str, params: Any = PARAMS) -> str:
    """The whole program of a device, as it is handed to the compiler of this platform."""
    engine = build_engine(side, side.shortcut(params), BLOCK, 10)
    state = initial_shape(side, params)._replace(tape=())
    states = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((TRAJECTORIES, *leaf.shape), leaf.dtype), state)
    words = [jax.ShapeDtypeStruct(shape, jnp.uint32) for shape in ((TRAJECTORIES,), (2,), ())]
    key = jax.eval_shape(lambda: corr.root_key(0))
    return export.export(engine.advance, platforms=[platform])(states, words[0], key, *words[1:]).mlir_module()


def products(program: str) -> list[str]:
    return [line for line in program.splitlines() if "stablehlo.dot_general %" in line]


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
@pytest.mark.parametrize("name", SIDES)
def test_engine_is_lowered_with_float32_products(name: str, platform: str) -> None:
    program = lowered(SIDES[name](), platform)
    found = products(program)
    assert len(found) >= 3
    assert [line for line in found if "precision = [HIGHEST, HIGHEST]" not in line] == []
    assert "tf.aliasing_output" in program or "jax.buffer_donor" in program


def test_products_of_a_loss_that_asks_for_less_are_left_alone() -> None:
    """What the user writes stands, so the check above can fail."""

    def coarse(params: Any) -> jax.Array:
        hidden = jnp.dot(params, POINTS[None], precision=jax.lax.Precision.DEFAULT)
        return jnp.mean(jnp.tanh(hidden) ** 2)

    side = corr.descent(coarse, learning_rate=0.1)
    found = products(lowered(side, "cuda", jnp.ones((3, 1))))
    assert found and all("HIGHEST" not in line for line in found)
