"""Where ``characterize`` cannot say which descent: noise alone, one |g|, skewed steps; what it warns of and refuses."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr.atlas._laws import EITHER, NEARLY, STILL, UPHILL, YES

from .asked import POINTS, WALK, bowl, found, scheme

DESCENT = corr.descent(bowl, learning_rate=1e-3)


@pytest.mark.slow
def test_medians_of_skewed_steps_are_told_to_be_no_mean() -> None:
    heavy = corr.mutation(bowl, proposal=corr.proposals.stable(1e-5, alpha=1.5))
    with pytest.warns(UserWarning, match=r"at 'far' medians of blocks lie .* % off the plain mean"):
        result = found(heavy, points={"far": POINTS["far"]}, draws=10_000, robust=True)
    # Half of the steps are none: their median is, and no measure of the others' spread.
    for one in result.places.values():
        assert one.noise["across"].value > (1e-5) ** 2 / 2


@pytest.mark.parametrize(("beta", "accepted"), [(0.0, 1.0), (0.3, 0.999)])
def test_where_all_or_nearly_all_is_accepted_no_descent_is_claimed_of_noise(beta: float, accepted: float) -> None:
    """The covariance of proposals and decisions is zero, exactly, where no step is refused."""
    result = found(corr.mutation(bowl, mutation_std=1e-3, beta=beta), draws=1000)
    assert all(one.acceptance >= accepted and (one.drift_error > 0).all() for one in result.places.values())
    assert {law.verdict for law in result.laws.values()} == {STILL} and result.drift_p > 0.05
    assert "no drift found" in str(result) and "clock" not in str(result)


def test_one_length_of_the_gradient_leaves_two_candidates() -> None:
    result = found(WALK, points={"far": POINTS["far"]}, draws=10_000)
    assert result.laws["g"].verdict == result.laws["g/|g|"].verdict == EITHER
    assert "clock of g: " in str(result) and " or of g/|g|: " in str(result)
    with pytest.raises(ValueError, match="unknown candidate 'gradient': there are g"):
        result.time_per_evaluation("gradient")


def test_one_parameter_has_nothing_across() -> None:
    result = found(corr.mutation(lambda x: jnp.exp(x[0]), mutation_std=1e-3), points={"a": jnp.zeros(1)}, draws=1000)
    assert math.isnan(result.places["a"].noise["across"].value) and math.isnan(result.places["a"].kappa.value)
    assert result.places["a"].noise["along"].value > 0 and "none" in str(result)


def test_displacements_of_another_shape_are_refused() -> None:
    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        return state, corr.Info(jnp.zeros(2), jnp.asarray(True), jnp.zeros(()), jnp.asarray(True))

    with pytest.raises(ValueError, match="must be like the parameters, shapes"):
        found(WALK._replace(step=step), draws=1000)


def test_a_scheme_that_climbs_is_told() -> None:
    climbing = scheme(lambda g: 1e-3 * g, lambda key, shape: 1e-4 * jax.random.normal(key, shape))
    result = found(climbing, draws=1000)
    assert result.laws["g"].verdict == result.laws["g/|g|"].verdict == UPHILL


def test_points_that_tell_nothing_apart_are_named() -> None:
    alike = {"here": POINTS["far"], "there": -POINTS["far"]}
    assert "g and g/|g| are not told apart: |g| is the same at all points" in str(found(WALK, points=alike, draws=1000))
    assert "not told apart" not in str(found(WALK, draws=1000))


def test_lengths_within_the_share_that_a_test_tells_apart_have_verdicts_of_their_own() -> None:
    """Descent without noise where |g| differs by 2 %; with noise that hides it, either; the table says by how much."""
    near = {"here": POINTS["far"], "there": 1.02 * POINTS["far"]}
    result = found(DESCENT, points=near, draws=1000)
    assert result.laws["g"].verdict == YES and result.laws["g/|g|"].verdict == NEARLY
    assert "not told apart" not in str(result) and "clock of g: " in str(result)
    loud = found(scheme(lambda g: -1e-3 * g, lambda key, shape: 8e-3 * jax.random.normal(key, shape)), points=near)
    assert loud.laws["g"].verdict == loud.laws["g/|g|"].verdict == EITHER
    assert "not told apart: |g| differs by 2 % alone" in str(loud) and "clock of g: " in str(loud)


def test_medians_without_a_step_are_refused() -> None:
    def rarely(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        return jnp.where(jax.random.uniform(key) < 1e-2, 1e-2, 0.0) * jnp.ones(shape)

    rare = scheme(lambda g: 0 * g, rarely)
    with pytest.raises(
        ValueError, match="medians are zero at 'far': most blocks do not move; give more draws, or robu"
    ):
        found(rare, draws=1000, robust=True)


def test_a_gradient_that_changes_on_the_way_is_warned_of() -> None:
    with pytest.warns(
        UserWarning, match="at 'far' the gradient at the mean end .* differs by .* give fewer generations"
    ):
        result = found(DESCENT, points={"far": POINTS["far"]}, draws=1000, generations=100)
    assert result.laws["g"].coefficient.value < 0.095  # less than a hundred steps of 1e-3
    found(DESCENT, points={"far": POINTS["far"]}, draws=1000, generations=10)


def test_no_candidate_no_clock() -> None:
    swirl = scheme(lambda g: 1e-3 * jnp.array([g[1], -g[0], g[3], -g[2]]) - 1e-4 * g, lambda key, shape: 0.0)
    assert "no candidate is shown to fit within 10 %: no clock" in str(found(swirl, draws=1000))


def test_what_float32_rounds_off_a_step_is_no_difference() -> None:
    """Steps of 1e-5 of the position: their float32 values are off by more than 1e-4 of themselves."""
    steps = corr.from_optax(lambda x: jnp.sum(x**2) / 2, optax.sgd(1e-5, momentum=0.9))
    points = {"far": jnp.array([1.0, 2.0, -3.0, 0.5]), "near": jnp.array([0.1, -0.1, 0.2, 0.3])}
    law = found(steps, points=points, draws=1000).laws["g"]
    assert law.verdict == YES and 1e-4 < law.points["near"].across < 1e-2
    off = scheme(lambda g: -1e-2 * (g + 0.02 * jnp.linalg.norm(g) * jnp.array([1.0, 0, 0, 0])), lambda key, shape: 0.0)
    assert found(off, draws=1000).laws["g"].verdict == NEARLY


def test_what_the_scheme_remembers_and_at_which_age_is_said() -> None:
    side = corr.from_optax(bowl, optax.sgd(1e-3, momentum=0.9))
    said = str(found(side, points={"far": side.init(POINTS["far"]), "near": POINTS["near"]}, draws=1000, burn_in=2))
    assert "the scheme remembers (State.aux): asked at the age of the states given, and 2 steps (burn_in)" in said
    assert "ages are mixed: 'far' given as State" in said
    assert "remembers" not in str(found(WALK, points={"far": POINTS["far"]}, draws=1000))


def test_displacements_that_are_not_finite_are_counted() -> None:
    broken = scheme(lambda g: -1e-3 * g, lambda key, shape: jnp.where(jax.random.uniform(key) < 0.01, jnp.nan, 0.0))
    with pytest.raises(ValueError, match=r"displacements at 'far' are not finite in (\d|1\d|2\d) of 1000 draws"):
        found(broken, draws=1000)


def test_steps_lost_in_rounding_and_losses_that_are_not_finite_are_warned_of() -> None:
    with pytest.warns(UserWarning, match="at 'far' 3 of 4 parameters move by less than two rounding steps of float32"):
        found(corr.mutation(bowl, mutation_std=1e-7), points={"far": jnp.array([2.0, -1.0, 1.0, 1e-2])}, draws=1000)
    rooted = corr.mutation(lambda x: jnp.sum(jnp.sqrt(x)), mutation_std=1e-3)
    with pytest.warns(UserWarning, match="% of the steps met a loss that is not finite"):
        found(rooted, points={"border": jnp.full(3, 1e-3)}, draws=1000)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"draws": 10}, ValueError, "draws must be at least 1000"),
        ({"draws": 1050}, ValueError, "multiple of 100, got 1050: take 1100"),
        ({"draws": 1100, "robust": True}, ValueError, "multiple of 500"),
        ({"points": POINTS["far"]}, TypeError, "points must be a mapping"),
        ({"points": {}}, TypeError, "got an empty one"),
        ({"share": 1.5}, ValueError, "share must lie in"),
        ({"points": {"bottom": jnp.zeros(4)}}, ValueError, "nothing moves|gradient of the loss is zero"),
        ({"covariance": np.eye(3)}, ValueError, "of shape (4, 4), got shape (3, 3)"),
        ({"covariance": np.zeros((4, 4))}, ValueError, "positive definite"),
        ({"covariance": np.triu(np.ones((4, 4)))}, ValueError, "finite and symmetric"),
        ({"candidates": {"mine": lambda x: jnp.zeros(4)}}, ValueError, "'mine' gives a vector that is zero"),
        ({"candidates": {"mine": lambda x: jnp.zeros(3)}}, ValueError, "'mine' gives 3 numbers at 'far', expected 4"),
        ({"candidates": {"g": lambda x: x}}, ValueError, "['g'] have names that are taken"),
        ({"candidates": [jnp.sin]}, TypeError, "candidates must be a mapping"),
        ({"candidates": {"mine": jnp.ones(4)}}, TypeError, "candidates must be a mapping"),
        ({"points": {"a": jnp.ones(4), "b": jnp.ones(3)}}, ValueError, "points must be alike"),
        ({"smoothing_std": -1.0}, ValueError, "smoothing_std must be positive"),
        ({"generations": 0}, ValueError, "generations must be at least 1"),
        ({"burn_in": -1}, ValueError, "burn_in must be at least 0"),
        ({"share": "a tenth"}, TypeError, "share must be a number, got str"),
        ({"points": {"a": jnp.ones(4), "b": jnp.array([1.0, jnp.nan])}}, ValueError, "at 'b': params holds a number"),
    ],
)
def test_bad_input_is_refused(options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error) as caught:
        found(WALK, **({"draws": 1000} | options))
    assert any(part in str(caught.value) for part in said.split("|"))


@pytest.mark.parametrize("count", [0, -1, math.nan, math.inf])
def test_evaluations_that_are_no_positive_number_are_refused_before_any_draw(count: float) -> None:
    with pytest.raises(ValueError, match="evaluations of the dynamics must be positive and finite"):
        found(WALK._replace(evaluations=count, step=None), draws=1000)  # type: ignore[arg-type]


def test_what_is_no_dynamics_or_has_no_loss_is_refused() -> None:
    with pytest.raises(TypeError, match="dynamics must be one like"):
        found(bowl)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="names no loss"):
        found(WALK._replace(loss=None))


def test_a_state_of_another_scheme_and_a_step_of_another_contract_are_refused() -> None:
    state = corr.annealing(bowl, mutation_std=1e-3, beta=optax.constant_schedule(1.0)).init(POINTS["far"])
    with pytest.raises(ValueError, match=r"the State at 'far' remembers .*, the dynamics nothing"):
        found(WALK, points={"far": state}, draws=1000)
    with pytest.raises(TypeError, match=r"must return \(corr.State, corr.Info\), got \(State, array\)"):
        found(WALK._replace(step=lambda key, state: (state, jnp.zeros(()))), draws=1000)
