"""Drift, noise and acceptance at a point: real steps agree with level 1, spoiled ones and bad input are refused."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

import corr
from corr import inference

LIMIT = 4.0
STD, GRADIENT = 0.01, np.array([2.0, -1.0, 0.5])
DRAWS = 20_000


def linear(x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.asarray(GRADIENT, jnp.float32) * x)


@functools.cache
def real_steps(s: float) -> inference.OneSteps:
    """At s = 1 the drift is smaller and its error larger: 5 % of it are 3 standard errors of ``DRAWS`` draws, not 9."""
    beta = math.inf if math.isinf(s) else s / (STD * float(np.linalg.norm(GRADIENT)))
    walk = corr.mutation(linear, mutation_std=STD, beta=beta)
    return inference.one_step_displacements(
        walk, jnp.zeros(3), draws=DRAWS if math.isinf(s) else 10 * DRAWS, key=corr.root_key(3)
    )


def level_1(s: float, drift: float = 1.0, noise: float = 1.0) -> dict[str, object]:
    """Theory, with drift and standard deviation of the noise multiplied."""
    tail = float(special.erfcx(s / math.sqrt(2))) / 2
    f = 1 / math.sqrt(2 * math.pi) if math.isinf(s) else s * tail
    accepted = 0.5 + tail
    second = 0.5 if math.isinf(s) else 0.5 + (1 + s**2) * tail - s / math.sqrt(2 * math.pi)
    across, along = (noise**2 * STD**2 * moment for moment in (accepted, second))
    along -= noise**2 * (STD * f) ** 2
    return {
        "drift": -drift * STD * f * GRADIENT / np.linalg.norm(GRADIENT),
        "acceptance": accepted,
        "second_moment": along + noise**2 * (STD * f) ** 2 + 2 * across,
        "trace": along + 2 * across,
        "along": along,
        "across": across,
        "isotropy": along / across,
    }


@pytest.mark.parametrize("s", [pytest.param(1.0, marks=pytest.mark.slow), math.inf])
def test_real_steps_agree_with_level_1(s: float) -> None:
    """Eight comparisons at two s, of standard errors 4: a false alarm in 1 of 1000; the twins are off by 5 and 10 %."""
    steps = real_steps(s)
    predicted = {"right": level_1(s), "drift off": level_1(s, drift=0.95), "noise off": level_1(s, noise=1.1)}
    result = inference.drift_and_noise(*steps, GRADIENT, predicted=predicted)
    right = result.comparisons["right"]
    smallest = 2 * stats.norm.sf(LIMIT)
    assert len(right) == 8
    assert min(test.p_value for test in right.values()) > smallest, right
    assert result.centred_p > smallest
    for name in ("drift", "drift_along"):
        assert result.comparisons["drift off"][name].adjusted_p < smallest
    for name in ("second_moment", "trace", "along", "across"):
        assert result.comparisons["noise off"][name].adjusted_p < smallest


def test_biased_acceptance_is_noticed() -> None:
    """At β = ∞, one rising proposal in 50 let through: 6 standard errors of the acceptance and 8 of the drift, of the
    3.8 that Holm asks for at 1e-3."""
    rng = np.random.default_rng(0)
    moves = STD * rng.normal(size=(100_000, 3))
    spoiled = (moves @ GRADIENT <= 0) | (rng.random(100_000) < 0.02)
    result = inference.drift_and_noise(moves, spoiled, GRADIENT, predicted={"theory": level_1(math.inf)})
    for name in ("acceptance", "drift", "drift_along"):
        assert result.comparisons["theory"][name].adjusted_p < 1e-3


def test_shifted_proposals_are_noticed() -> None:
    moves, accepted = real_steps(math.inf)
    shifted = inference.drift_and_noise(moves + 0.1 * STD, accepted, GRADIENT, predicted={})
    assert shifted.centred_p < 2 * stats.norm.sf(LIMIT)


def test_drift_is_the_covariance_of_proposal_and_acceptance() -> None:
    moves, accepted = (part[:500].astype(float) for part in real_steps(math.inf))
    result = inference.drift_and_noise(moves, accepted, GRADIENT, predicted={})
    table = np.cov(np.column_stack([moves, accepted]).T)
    np.testing.assert_allclose(result.drift, table[-1, :3], rtol=1e-9)
    plain_error = (moves * accepted[:, None]).std(axis=0) / np.sqrt(500)
    assert (result.drift_error < plain_error).all()


def test_noisy_descent_is_accepted_and_measured() -> None:
    """All accepted: the plain mean, against the drift and noise put in; five comparisons and the acceptance."""
    dt, step_time = 0.04, 0.01
    side = corr.langevin(linear, time_step=dt, moments=corr.paper_moments(step_time=step_time))
    steps = inference.one_step_displacements(side, jnp.zeros(3), draws=4000, key=corr.root_key(4))
    drift, noise = -dt * GRADIENT / np.linalg.norm(GRADIENT), dt * math.pi * step_time
    truth = {"drift": drift, "acceptance": 1.0, "along": noise, "across": noise, "isotropy": 1.0}
    result = inference.drift_and_noise(
        *steps, GRADIENT, predicted={"right": truth, "wrong": {**truth, "along": 1.2 * noise}}
    )
    assert math.isnan(result.centred_p)
    assert min(test.p_value for test in result.comparisons["right"].values()) > 2 * stats.norm.sf(LIMIT)
    assert result.comparisons["wrong"]["along"].p_value < 2 * stats.norm.sf(LIMIT)


def test_draws_do_not_depend_on_how_many() -> None:
    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        moved = jax.random.normal(key, state.position.shape)
        return state, corr.Info(moved, moved[0] < 0, state.loss, jnp.isfinite(state.loss))

    toy = corr.Dynamics(lambda x: corr.State(x, jnp.sum(x)), step)
    few, many = (
        inference.one_step_displacements(toy, jnp.zeros(2), draws=count, key=corr.root_key(3)) for count in (3, 600)
    )
    np.testing.assert_allclose(few.displacements, many.displacements[:3], rtol=1e-6)
    np.testing.assert_array_equal(few.accepted, few.displacements[:, 0] < 0)
    assert len(np.unique(many.displacements[:, 0])) > 590
    with pytest.raises(ValueError, match="at least 2"):
        inference.one_step_displacements(toy, jnp.zeros(2), draws=1, key=corr.root_key(3))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda m, a, g: (m[:50], a[:50], g), "at least 100"),
        (lambda m, a, g: (np.tile(m[:100], (3, 1)), np.tile(a[:100], 3), g), "occurs 3 times"),
        (lambda m, a, g: (np.where(m > 0.02, np.nan, m), a, g), "finite"),
        (lambda m, a, g: (m, a + 1, g), "0 or 1"),
        (lambda m, a, g: (m, a[:5], g), "shapes"),
        (lambda m, a, g: (m, a, g[:2]), "shapes"),
        (lambda m, a, g: (m, a, 0 * g), "gradient is zero"),
        (lambda m, a, g: (m * a[:, None], a, g), "not the steps"),
        (lambda m, a, g: (m * [1, 0, 1], a, g), r"parameters \[1\] show no spread"),
    ],
)
def test_bad_draws(spoil, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inference.drift_and_noise(*spoil(*real_steps(math.inf), GRADIENT), predicted={})


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        ({"speed": 1.0}, "expected some of"),
        ({}, "expected some of"),
        ({"drift": [1.0]}, "shape"),
        ({"along": math.nan}, "finite"),
        ({"acceptance": 1.5}, r"in \[0, 1\]"),
    ],
)
def test_bad_predictions(prediction: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inference.drift_and_noise(*real_steps(math.inf), GRADIENT, predicted={"x": prediction})


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_only_the_direction_of_the_gradient_matters(scale: float) -> None:
    """Also where its square is no number."""
    moves = np.random.default_rng(0).normal(size=(400, 2))
    gradient, along = np.array([3.0, 4.0]), {"plain": {"drift": [0.0, 0.0], "along": 1.0}}
    here, there = (
        inference.drift_and_noise(moves, moves[:, 0] < 0, size * gradient, predicted=along) for size in (1.0, scale)
    )
    for name, estimate in here.measured.items():
        np.testing.assert_allclose(there.measured[name].value, estimate.value, rtol=1e-12)
