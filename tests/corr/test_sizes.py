"""σ that follows a schedule, and σ by layers."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr import networks, proposals

START = jnp.array([1.0, -2.0, 0.5])


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(x**2) / 2


def walked(walk: corr.Dynamics, steps: int = 40) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Positions, displacements proposed, and what was accepted, step by step."""

    def step(state: corr.State, key: jax.Array) -> Any:
        state, info = walk.step(key, state)
        return state, (state.position, info.displacement, info.accepted)

    return jax.lax.scan(step, walk.init(START), jax.random.split(corr.root_key(1), steps))[1]


MAKERS: dict[str, Callable[..., corr.Dynamics]] = {
    "mutation": lambda std: corr.mutation(bowl, mutation_std=std, beta=4.0),
    "annealing": lambda std: corr.annealing(bowl, mutation_std=std, beta=optax.constant_schedule(4.0)),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_schedule_that_stays_is_a_number(name: str) -> None:
    make = MAKERS[name]
    for one, other in zip(walked(make(optax.constant_schedule(0.3))), walked(make(0.3)), strict=True):
        assert (one == other).all()


@pytest.mark.parametrize("name", MAKERS)
def test_sizes_follow_the_schedule(name: str) -> None:
    """The same normal numbers, times σ(k), k from 0 on; to the rounding of x + ε."""
    schedule = optax.exponential_decay(0.3, transition_steps=1, decay_rate=0.9)
    found, unit = (np.asarray(walked(MAKERS[name](std))[1]) for std in (schedule, 1.0))
    sizes = 0.3 * 0.9 ** np.arange(40)[:, None]
    np.testing.assert_allclose(found, sizes * unit, rtol=1e-5, atol=1e-6)
    assert not np.allclose(found, 0.9 * sizes * unit, rtol=1e-5, atol=1e-6)


def test_a_schedule_goes_on_over_batches_and_restarts(tmp_path: Any) -> None:
    schedule = optax.exponential_decay(0.3, transition_steps=1, decay_rate=0.9)
    walk = corr.mutation(bowl, mutation_std=schedule)
    batched = corr.minibatch(
        lambda row: corr.mutation(lambda x: bowl(x) + row, mutation_std=schedule),
        batch=lambda key: jnp.zeros(()),
        loss=bowl,
    )
    for dynamics in (walk, batched):
        run = lambda steps, folder=None: corr.run(  # noqa: E731
            dynamics, START, steps=steps, trajectories=2, key=corr.root_key(0), record_at=[20], progress=False,  # noqa: B023
            checkpoint=folder,
        )  # fmt: skip
        whole = run(40)
        moved = np.abs(np.diff(whole.path.values, axis=1)).sum()
        folder = tmp_path / str(dynamics.evaluations)
        run(20, folder)
        np.testing.assert_array_equal(run(40, folder).path.values, whole.path.values)
        assert moved > 0


@pytest.mark.parametrize(("shape", "inputs_last", "links"), [
    ((5, 4), True, 4), ((5, 4), False, 5), ((8, 2, 3, 3), True, 18), ((3, 3, 2, 8), False, 18), ((7,), True, 1),
    ((), True, 1),
])  # fmt: skip
def test_a_layer_s_size_is_by_its_links(shape: tuple[int, ...], inputs_last: bool, links: int) -> None:
    found = proposals.by_fan_in({"a": jnp.zeros(shape)}, 0.6, inputs_last=inputs_last)
    assert float(found["a"]) == pytest.approx(0.6 / links**0.5)


def test_units_of_wide_and_narrow_layers_move_alike() -> None:
    """Root mean square of what a sum of inputs ±1 moves by, within 5 standard errors of σ; without roots it is not."""
    std, draws = 0.1, 20_000
    for width in (3, 300):
        params = {"kernel": jnp.zeros((1, width))}
        inputs = jnp.where(jnp.arange(width) % 3 == 0, 1.0, -1.0)

        def moved(sizes: Any, params: Any = params, inputs: jax.Array = inputs) -> float:
            law = proposals.normal(sizes)
            keys = jax.random.split(jax.random.key(width), draws)  # noqa: B023
            drawn = jax.vmap(lambda key: law.draw(key, params)["kernel"][0])(keys)
            return float(jnp.sqrt(jnp.mean((drawn @ inputs) ** 2)))

        error = std / (2 * draws) ** 0.5
        assert abs(moved(proposals.by_fan_in(params, std)) - std) < 5 * error
        assert abs(moved(std) - std) > 5 * error


def test_a_network_is_mutated_by_layers() -> None:
    net = networks.functional(networks.FullyConnected((6,), inputs=4, outputs=2), variance="glorot")
    params = net.init(jax.random.key(0))
    walk = corr.mutation(lambda p: jnp.mean(net.apply(p, jnp.ones((4, 3))) ** 2),
                         mutation_std=proposals.by_fan_in(params, 0.1))  # fmt: skip
    _, info = walk.step(jax.random.key(1), walk.init(params))
    assert jax.tree.structure(info.displacement) == jax.tree.structure(params)


FALLS, HAS_NONE = (lambda k: jnp.where(k < 2, 1.0, -1.0)), (lambda k: jnp.where(k < 1, -jnp.inf, 1.0))
BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "negative": (lambda: corr.mutation(bowl, mutation_std=FALLS), "not negative, got -1.0 at step 2"),
    "NaN": (lambda: corr.mutation(bowl, mutation_std=HAS_NONE), "not negative, got -inf at step 0"),
    "no scalar": (lambda: corr.mutation(bowl, mutation_std=lambda k: jnp.ones(3)), r"one number at a step, .*\(3,\)"),
    "in annealing": (
        lambda: corr.annealing(bowl, mutation_std=lambda k: -1.0, beta=lambda k: 1.0), "not negative, got -1.0",
    ),
    "fan-in of 0": (lambda: proposals.by_fan_in({"a": START}, 0.0), "mutation_std must be positive and finite"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_sizes_are_named(name: str) -> None:
    make, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        make()
