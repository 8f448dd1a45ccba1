"""The contract every dynamics keeps, and the gradient sides."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr.theory import level1


def skewed(x: dict[str, jax.Array]) -> jax.Array:
    return jnp.sum((x["u"] - 1) ** 2) + 3 * jnp.sum(x["v"] ** 2) + x["u"][0] * x["v"][1]


START = {"u": jnp.array([0.5, -0.3]), "v": jnp.array([1.0, 0.2, -0.4])}
DYNAMICS = {
    "mutation": corr.mutation(skewed, mutation_std=0.05),
    "mutation, finite beta": corr.mutation(skewed, mutation_std=0.05, beta=5.0),
    "descent": corr.descent(skewed, learning_rate=0.01),
    "normalized descent": corr.descent(skewed, learning_rate=0.01, normalized=True),
    "langevin": corr.langevin(skewed, time_step=0.01, moments=corr.paper_moments(step_time=1e-3)),
    "langevin, finite beta": corr.langevin(skewed, time_step=0.01, moments=corr.paper_moments(beta=5.0)),
    "optax": corr.from_optax(skewed, optax.sgd(0.01, momentum=0.9)),
}


@pytest.mark.parametrize("name", DYNAMICS)
def test_contract(name: str) -> None:
    dynamics = DYNAMICS[name]
    state = dynamics.init(START)
    new, info = dynamics.step(jax.random.key(0), state)
    assert jax.tree.structure(new) == jax.tree.structure(state)
    assert info._fields == ("displacement", "accepted", "loss_change", "finite")
    assert jax.tree.structure(info.displacement) == jax.tree.structure(START)
    assert info.accepted.dtype == info.finite.dtype == bool
    assert abs(float(new.loss) - float(skewed(new.position))) < 1e-5
    again, _ = dynamics.step(jax.random.key(0), state)
    assert jax.tree.all(jax.tree.map(lambda a, b: bool(jnp.all(a == b)), new, again))


@pytest.mark.parametrize("name", DYNAMICS)
def test_a_jitted_scan_traces_the_loss_once_per_use(name: str) -> None:
    dynamics = DYNAMICS[name]

    @jax.jit
    def walk(state: corr.State, keys: jax.Array) -> corr.State:
        return jax.lax.scan(lambda s, k: (dynamics.step(k, s)[0], None), state, keys)[0]

    state = dynamics.init(START)
    keys = jax.random.split(jax.random.key(0), 5)
    walk(state, keys)
    walk(walk(state, keys), keys)
    assert walk._cache_size() == 1  # pyright: ignore[reportFunctionMemberAccess]


def test_descent_steps() -> None:
    gradient = jax.grad(skewed)(START)
    norm = math.sqrt(sum(float(jnp.sum(leaf**2)) for leaf in jax.tree.leaves(gradient)))
    for normalized, factor in ((False, 1.0), (True, 1 / norm)):
        side = corr.descent(skewed, learning_rate=0.01, normalized=normalized)
        state, _ = side.step(jax.random.key(0), side.init(START))
        for name in START:
            expected = START[name] - 0.01 * factor * gradient[name]
            np.testing.assert_allclose(state.position[name], expected, rtol=1e-5)


def test_normalized_descent_always_divides_which_clipping_does_not() -> None:
    def bowl(x: jax.Array) -> jax.Array:
        return jnp.sum(x * x)

    flat = jnp.full(4, 1e-3)
    side = corr.descent(bowl, learning_rate=0.1, normalized=True)
    clipped = corr.from_optax(bowl, optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(0.1)))
    lengths = []
    for dynamics in (side, clipped):
        _, info = dynamics.step(jax.random.key(0), dynamics.init(flat))
        lengths.append(float(jnp.linalg.norm(info.displacement)))
    assert abs(lengths[0] - 0.1) < 1e-4
    assert lengths[1] < 0.05


def test_zero_gradient_stays() -> None:
    side = corr.descent(lambda x: jnp.sum(x**2), learning_rate=0.1, normalized=True)
    state, info = side.step(jax.random.key(0), side.init(jnp.zeros(2)))
    assert state.position.tolist() == [0.0, 0.0]
    assert bool(info.finite)


def test_schedule_gives_each_step_its_own_length() -> None:
    side = corr.descent(lambda x: jnp.sum(x), learning_rate=lambda n: jnp.where(n < 1, 0.5, 0.25))
    state = side.init(jnp.zeros(1))
    positions = []
    for _ in range(3):
        state, _ = side.step(jax.random.key(0), state)
        positions.append(float(state.position[0]))
    assert positions == [-0.5, -0.75, -1.0]


def ensemble_of_steps(dynamics: corr.Dynamics, start: jax.Array, draws: int) -> np.ndarray:
    state = dynamics.init(start)
    keys = jax.random.split(jax.random.key(3), draws)
    return np.asarray(jax.vmap(lambda key: dynamics.step(key, state)[0].position)(keys), float) - np.asarray(
        start, float
    )


@pytest.mark.parametrize("beta", [math.inf, 40.0])
def test_paper_noise_has_the_papers_size_and_no_direction(beta: float) -> None:
    step_time, dt, draws = 1e-3, 4e-3, 40_000
    moments = corr.paper_moments(step_time=step_time, beta=beta)
    side = corr.langevin(lambda x: 2 * x[0], time_step=dt, moments=moments)
    steps = ensemble_of_steps(side, jnp.zeros(3), draws)
    rate = math.pi * step_time if math.isinf(beta) else 2 / beta
    drift = dt * (1.0 if math.isinf(beta) else 2.0)
    error = math.sqrt(rate * dt / draws)
    assert abs(steps[:, 0].mean() + drift) < 4 * error
    for k in range(3):
        assert abs(steps[:, k].var() / (rate * dt) - 1) < 4 * math.sqrt(2 / draws)
        assert abs(steps[:, k].var() / (1.1 * rate * dt) - 1) > 4 * math.sqrt(2 / draws), "10 % more noise must be seen"


def test_level_1_moments_shrink_the_noise_along_the_gradient() -> None:
    step_time, draws = 1e-3, 40_000
    std = step_time * math.sqrt(2 * math.pi)

    def moments(gradient: jax.Array):
        return level1.moments(gradient, mutation_std=std, beta=math.inf, step_time=step_time)

    side = corr.langevin(lambda x: 2 * x[0], time_step=step_time, moments=moments)
    steps = ensemble_of_steps(side, jnp.zeros(2), draws)
    tolerance = 4 * math.sqrt(2 / draws)
    assert abs(steps[:, 0].var() / (std**2 * (0.5 - 1 / (2 * math.pi))) - 1) < tolerance
    assert abs(steps[:, 1].var() / (std**2 / 2) - 1) < tolerance
    assert abs(steps[:, 0].var() / (std**2 / 2) - 1) > tolerance


def test_twin_and_mutation_share_no_random_numbers() -> None:
    """Under one root key their displacements are uncorrelated; two mutations under it are the same."""

    def flat(x: jax.Array) -> jax.Array:
        return 0.0 * jnp.sum(x)

    walk = corr.mutation(flat, mutation_std=1.0)
    twin = corr.langevin(flat, time_step=1.0, moments=corr.paper_moments(beta=2.0))
    runs = [
        corr.run(
            d, jnp.zeros(500), steps=4, trajectories=8, key=corr.root_key(0), progress=False, check_decisions=False
        )
        .path.values[:, -1]
        .ravel()
        for d in (walk, twin, walk)
    ]
    assert abs(np.corrcoef(runs[0], runs[1])[0, 1]) < 4 / math.sqrt(runs[0].size)
    np.testing.assert_array_equal(runs[0], runs[2])


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1.0, 1e20, 1e30])
def test_a_step_along_the_unit_gradient_does_not_depend_on_the_size_of_the_loss(scale: float) -> None:
    """Norms are scaled before squaring: the square of 1e-20 or 1e20 is no float32 number. Two leaves make one norm."""

    def loss(p: dict[str, jax.Array]) -> jax.Array:
        return scale * (3 * p["u"] + 4 * p["v"])

    start = {"u": jnp.float32(0), "v": jnp.float32(0)}
    twin = corr.langevin(loss, time_step=0.5, moments=corr.paper_moments(step_time=1e-30))
    for side in (corr.descent(loss, learning_rate=0.5, normalized=True), twin):
        state, _ = side.step(jax.random.key(0), side.init(start))
        got = [float(state.position[name]) for name in "uv"]
        np.testing.assert_allclose(got, [-0.3, -0.4], rtol=8 * np.finfo(np.float32).eps)
