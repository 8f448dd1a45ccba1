"""Schemes whose descent is known, put into ``characterize``: the right candidate is found, the wrong ones are not."""

import functools
import io
import math
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr.atlas._laws import NEARLY, NO, UPHILL, YES
from corr.theory import level1

from .asked import POINTS, SLOPES, STD, WALK, bowl, close, found, scheme

SLOW = pytest.mark.slow


def quartic(x: jax.Array) -> jax.Array:
    return jnp.sum(x**4)


@functools.cache
def walk() -> Any:
    return found(WALK)


def test_selection_by_rank_follows_the_unit_gradient() -> None:
    std, result = STD, walk()
    assert result.best == "g/|g|"
    law = result.laws["g/|g|"]
    assert law.verdict == YES
    assert result.laws["g"].verdict == result.laws["sign g"].verdict == NO
    assert close(law.coefficient, std / math.sqrt(2 * math.pi))
    assert not close(law.coefficient, std / 2)
    curved = std * float(SLOPES.sum()) / 2 / min(float(jnp.linalg.norm(SLOPES * x)) for x in POINTS.values())
    for one in result.places.values():  # curvature lowers the acceptance by about its share of the slope
        assert close(one.kappa, math.pi, model=math.pi * curved)
        assert close(one.noise["across"], std**2 / 2, model=std**2 * curved)
        assert close(one.noise["along"], std**2 * (1 / 2 - 1 / (2 * math.pi)), model=std**2 * curved)


@SLOW
def test_selection_by_value_follows_the_gradient() -> None:
    std, beta = 0.02, 2.0
    result = found(corr.mutation(bowl, mutation_std=std, beta=beta), draws=200_000, share=0.2)
    law = result.laws["g"]
    assert law.verdict in (YES, NEARLY)
    assert result.laws["g/|g|"].verdict == NO
    for name, point in POINTS.items():
        size = float(jnp.linalg.norm(SLOPES * point))
        exact = std * float(level1.drift_factor(jnp.float32(beta * std * size))) / size
        curved = exact * beta * std**2 * float(SLOPES.sum())
        assert close(law.points[name].coefficient, exact, model=curved)
        assert not close(law.points[name].coefficient, 2 * exact, model=curved)


@pytest.mark.parametrize(
    ("power", "name"), [(0.0, "sign g"), (0.5, "sign(g)|g|^H"), pytest.param(1.5, "sign(g)|g|^H", marks=SLOW)]
)
def test_power_and_sign_are_told_from_the_gradient(power: float, name: str) -> None:
    def drift(g: jax.Array) -> jax.Array:
        return -1e-3 * jnp.sign(g) * jnp.abs(g) ** power

    result = found(scheme(drift, lambda key, shape: 1e-3 * jax.random.normal(key, shape)))
    assert result.laws[name].verdict == YES
    assert result.laws["g"].verdict == result.laws["g/|g|"].verdict == NO
    assert abs(result.exponent - power) < 0.1
    assert close(result.laws["sign(g)|g|^H"].coefficient, 1e-3, model=1e-3 * 0.1)


def test_a_covariance_turns_and_scales_the_unit_gradient() -> None:
    factor = jnp.array([[1.0, 0, 0, 0], [0.8, 0.5, 0, 0], [0, 0, 2.0, 0], [0, -0.5, 0, 1.0]])
    walk = corr.mutation(bowl, proposal=corr.proposals.covariance(1e-3 * factor))
    matrix = np.asarray(factor @ factor.T, float)
    result = found(walk, covariance=matrix)
    law = result.laws["C g/√(gᵀC g)"]
    assert law.verdict == YES
    assert close(law.coefficient, 1e-3 / math.sqrt(2 * math.pi))
    assert result.laws["g/|g|"].verdict == result.laws["C g"].verdict == NO
    other = found(walk, covariance=np.diag(np.diag(matrix)))
    assert other.laws["C g/√(gᵀC g)"].verdict == NO


@pytest.mark.slow
def test_wide_mutations_follow_the_gradient_of_the_smoothed_loss() -> None:
    """E∇Σx⁴ over x + σξ is 4x³ + 12σ²x, which an evolution strategy on raw fitness follows exactly."""
    std = 0.5
    points = {"a": jnp.array([1.0, 0.2, -0.5]), "b": jnp.array([0.3, -0.8, 0.1])}
    strategy = corr.populations.evolution_strategy(quartic, mutation_std=std, children=20, learning_rate=0.01)
    result = found(strategy, points=points, draws=2000, smoothing_std=std)
    assert result.laws["∇U_σ"].verdict == YES
    assert close(result.laws["∇U_σ"].coefficient, 0.01, model=0.01 * 0.1 / 20)  # its vector is known to a 20th of share
    assert result.laws["g"].verdict == NO


def test_a_direction_of_the_users_own_and_a_state_with_memory() -> None:
    side = corr.from_optax(bowl, optax.sgd(0.1, momentum=0.9))
    state, velocity = side.init(POINTS["far"]), jnp.zeros(4)
    for _ in range(5):
        velocity = 0.9 * velocity + SLOPES * state.position
        state, _ = side.step(jax.random.key(0), state)
    ahead = {"velocity": lambda x: 0.9 * velocity + SLOPES * x}
    result = found(side, points={"moving": state}, draws=1000, candidates=ahead)
    assert result.laws["velocity"].verdict == YES
    assert abs(result.laws["velocity"].coefficient.value - 0.1) < 1e-5
    assert result.laws["g"].verdict in (NO, UPHILL)


def test_a_discrete_scheme_may_repeat_its_means_by_chance() -> None:
    """Steps of ±1 along each axis, of which 20 draws take few values: half as many down as a rank allows."""
    length = 1e-3
    walk = scheme(
        lambda g: -length / 2 * jnp.sign(g),
        lambda key, shape: length / 2 * jax.random.rademacher(key, shape).astype(jnp.float32),
    )
    result = found(walk, draws=2000)
    assert result.best == "sign g" and result.laws["sign g"].verdict in (YES, NEARLY)
    assert close(result.laws["sign g"].coefficient, length / 2)
    assert result.laws["g/|g|"].verdict == NO


def test_descent_draws_nothing_and_is_itself() -> None:
    result = found(corr.descent(bowl, learning_rate=0.01), draws=1000)
    assert result.best == "g"
    assert abs(result.laws["g"].coefficient.value - 0.01) < 1e-7
    assert result.laws["g"].verdict == YES
    assert result.laws["g/|g|"].verdict == NO
    assert result.time_per_evaluation().value == pytest.approx(0.01 / 3, rel=1e-5)


def test_the_robust_form_bears_steps_of_infinite_variance() -> None:
    """Tails of Pareto's law of 1.5: means of 50 are symmetric and have no finite variance."""

    def drift(g: jax.Array) -> jax.Array:
        return -0.05 * g / jnp.linalg.norm(g)

    def noise(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        place = jax.random.uniform(key, shape, minval=-1.0)
        return 1e-2 * jnp.sign(place) * jnp.abs(place) ** (-1 / 1.5)

    result = found(scheme(drift, noise), draws=25_000, robust=True, share=0.2)
    law = result.laws["g/|g|"]
    assert law.verdict == YES
    assert close(law.coefficient, 0.05)
    assert not close(law.coefficient, 0.06)


@pytest.mark.slow
def test_proposals_whose_mean_is_not_zero_are_measured_by_their_steps() -> None:
    """One step of adaptive mutation goes half as far as two, whose mean has grown by less than 5 %; the covariance with
    decisions would lose that mean."""
    side = corr.adaptive_mutation(bowl, mutation_std=1e-4, rate=0.3)
    one, two = (found(side, draws=4000, burn_in=30, generations=number).laws["g/|g|"] for number in (1, 2))
    error = math.hypot(2 * one.coefficient.standard_error, two.coefficient.standard_error)
    assert abs(2 * one.coefficient.value / two.coefficient.value - 1) < 0.05 + 4 * error / two.coefficient.value
    assert one.coefficient.value > 1e-4  # far more than without the mean, 0.4e-4


def test_many_generations_and_a_burn_in() -> None:
    std = 1e-4
    many = found(corr.mutation(bowl, mutation_std=std), draws=5000, generations=4, burn_in=2)
    for generations in range(3, 6):
        said = generations * std / math.sqrt(2 * math.pi)
        assert close(many.laws["g/|g|"].coefficient, said) == (generations == 4)
    # Four steps cost four times as much, spread as four and go four times as far; curvature moves κ by its share.
    assert close(many.places["far"].kappa, math.pi, model=0.05) and not close(many.places["far"].kappa, math.pi / 4)
    assert many.places["far"].evaluations == 4 * walk().places["far"].evaluations
    first, last = (one.places["far"].position for one in (walk(), many))
    np.testing.assert_array_equal(first, np.asarray(POINTS["far"], float))
    assert 0 < np.linalg.norm(last - first) < 3 * std


def test_the_table_and_the_picture_name_every_candidate() -> None:
    result = walk()
    for name in result.laws:
        assert f"\n{name} " in str(result)
    labels = [text.get_text() for text in result.plot().legends[0].get_texts()]
    assert [label.split(", ")[0] for label in labels] == list(result.laws)
    assert f"sign(g)|g|^H, {result.exponents['sign(g)|g|^H']}" in labels
    assert "\n" not in repr(result) and len(repr(result)) < 200 > len(repr(result.places["far"]))
    printer = io.StringIO()
    result._repr_pretty_(SimpleNamespace(text=printer.write), False)
    assert printer.getvalue() == str(result)


def test_frozen_parameters_are_left_out() -> None:
    def loss(p: dict[str, jax.Array]) -> jax.Array:
        return bowl(p["w"]) + 3 * p["b"] ** 2

    points = {name: {"w": x, "b": jnp.float32(1.0)} for name, x in POINTS.items()}
    walk = corr.mutation(loss, mutation_std={"w": 1e-3, "b": 0.0})
    result = found(walk, points=points, draws=10_000)
    assert "1 of 5 parameters never move: left out of every candidate" in str(result)
    assert result.best == "g/|g|" and result.laws["g/|g|"].verdict in (YES, NEARLY)
    assert close(result.laws["g/|g|"].coefficient, 1e-3 / math.sqrt(2 * math.pi))
    assert close(result.places["far"].noise["across"], 1e-6 / 2, model=1e-8)
