"""Where ``characterize`` cannot say which descent: noise alone, one |g|, skewed steps; what it warns of and refuses."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import corr
from corr.atlas._laws import EITHER, STILL, UPHILL

from .asked import POINTS, WALK, bowl, found, scheme


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
    assert "g and g/|g| are not told apart" in str(found(WALK, points=alike, draws=1000))
    assert "not told apart" not in str(found(WALK, draws=1000))


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
        ({"candidates": {"mine": lambda x: jnp.zeros(3)}}, ValueError, "'mine' gives 3 numbers, expected 4"),
        ({"candidates": {"g": lambda x: x}}, ValueError, "['g'] have names that are taken"),
        ({"candidates": [jnp.sin]}, TypeError, "candidates must be a mapping"),
        ({"candidates": {"mine": jnp.ones(4)}}, TypeError, "candidates must be a mapping"),
        ({"points": {"a": jnp.ones(4), "b": jnp.ones(3)}}, ValueError, "points must be alike"),
        ({"smoothing_std": -1.0}, ValueError, "smoothing_std must be positive"),
        ({"generations": 0}, ValueError, "generations must be at least 1"),
        ({"burn_in": -1}, ValueError, "burn_in must be at least 0"),
    ],
)
def test_bad_input_is_refused(options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error) as caught:
        found(WALK, **({"draws": 1000} | options))
    assert any(part in str(caught.value) for part in said.split("|"))


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
