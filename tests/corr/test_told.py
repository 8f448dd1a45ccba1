"""What a run and a comparison say of themselves; each warning has a silent twin, as warnings are errors here."""

import math
import warnings
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import resolve_clock
from corr._gradient_sides import warn_if_cold, warn_if_rounded, warn_if_unseen
from corr._timegrid import steepness_along
from corr.theory import level1

RUN = {"steps": 200, "trajectories": 8, "key": corr.root_key(0), "devices": 1, "progress": False}
SIDES = {"key": corr.root_key(0), "trajectories": 4, "devices": 1, "progress": False, "check_decisions": False}


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(x * x)


def valley(stiff: float, x: jax.Array) -> jax.Array:
    return (x[0] ** 2 + stiff * x[1] ** 2) / 2


def run(loss=bowl, start=None, std: float = 0.1, **changes):
    walk = corr.mutation(loss, mutation_std=std)
    settings = {**RUN, "check_decisions": False, **changes}
    return corr.run(walk, jnp.ones(3) if start is None else start, **settings)


def test_a_healthy_run_is_silent() -> None:
    assert run(record_at=[100], check_decisions=True).acceptance.values[:, 1:].mean() > 0.05


def test_nothing_accepted_is_said_with_its_cause() -> None:
    with pytest.warns(
        UserWarning, match="none of the first 1600 proposals was accepted: 0 were not finite; mutation_std"
    ):
        run(std=1e3)


def test_nothing_finite_is_said_with_its_cause() -> None:
    cliff = lambda x: jnp.sum(jnp.where(x == 1, x, jnp.nan))  # noqa: E731
    with pytest.warns(UserWarning, match="none of the first 1600 proposals had a finite loss"):
        run(cliff)
    with pytest.warns(UserWarning, match="none of the first 20 steps had a finite loss"):
        corr.run(corr.descent(lambda x: jnp.sum(jnp.sqrt(x)), learning_rate=10.0), jnp.ones(3), **{**RUN, "steps": 20,
                 "trajectories": 1})  # fmt: skip


def test_a_drifting_loss_is_said_at_the_first_record() -> None:
    walk = corr.mutation(bowl, mutation_std=0.1)
    draw, advance = walk.halves

    def wrong(drawn, state):
        state, info = advance(drawn, state)
        return state._replace(loss=state.loss + 1e-4), info

    with pytest.warns(UserWarning, match="kept loss drifted by 0.01 from a fresh evaluation in 100 steps"):
        corr.run(walk._replace(halves=(draw, wrong)), jnp.ones(3), record_at=[100], check_decisions=False, **RUN)


def wrongly_changed(share: float, offset: float) -> corr.Dynamics:
    """A mutation whose change of the loss is off by a share of itself and an offset."""
    right = corr.mutation(bowl, mutation_std=1e-3)
    draw, advance = right.halves

    def wrong(drawn, state):
        moved, info = advance(drawn, state)
        change = (1 + share) * info.loss_change + offset
        return moved, info._replace(loss_change=change, accepted=change <= 0)

    return right._replace(halves=(draw, wrong))


def test_a_change_that_is_not_the_losses_is_said() -> None:
    with pytest.warns(UserWarning, match=r"change of the loss differs from float64 by up to 14 %"):
        corr.run(wrongly_changed(0.14, 0.0), jnp.ones(3), **RUN)
    corr.run(wrongly_changed(0.14, 0.0), jnp.ones(3), check_decisions=False, **RUN)


def test_wrong_decisions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"of 512 accept/reject decisions differ .*check_decisions=False"):
        corr.run(wrongly_changed(0.0, 1e-3), jnp.ones(3), **RUN)


def test_a_stiff_direction_without_gradient_is_resolved() -> None:
    """Twins of an Ornstein-Uhlenbeck process: Var x1 = 1/(βh), kept only if the step resolves h."""
    sides = corr.compare(partial(valley, 1.5e3), jnp.array([1.0, 0.0]), twin_trajectories=1500, end_time=0.01, beta=1e3,
                         record_every=0.005, learning_rate=1e-6, step_ratio=1.0, **SIDES)  # fmt: skip
    dt = sides.twin.step_size.values[1]
    assert dt <= 0.1 / 1.5e3 * 1.02
    x1 = sides.twin.path.values[:, -1, 1].astype(float)
    right = 1 / (1e3 * 1.5e3) / (1 - dt * 1.5e3 / 2)  # that of the Euler steps
    assert abs(np.mean(x1**2) / right - 1) < 4.5 * math.sqrt(2 / 1500)


def test_curvature_is_found_from_random_directions() -> None:
    for factor in (1.0, 1e-20):
        slopes, curvatures = steepness_along(lambda x: factor * valley(1e4, x), jnp.ones(2))(np.array([[1.0, 0.0]]))  # noqa: B023
        np.testing.assert_allclose([slopes[0], curvatures[0]], [factor, 1e4 * factor], rtol=1e-5)


def test_a_twin_too_coarse_where_it_went_is_said() -> None:
    """Flat where the noise-free path runs, h = 1500 and more a few thousandths beside it, where the noise goes."""
    walls = lambda x: x[0] ** 2 / 2 + 0.01875 * (jnp.sqrt(1 + (x[1] / 0.005) ** 4) - 1)  # noqa: E731
    settings = {"learning_rate": 1e-5, "step_ratio": 9.0, "end_time": 0.9, "record_every": 0.45}
    with pytest.warns(UserWarning, match=r"twin's time step is [12](\.\d)? times 1/h .*not resolved"):
        corr.compare(walls, jnp.array([1.0, 0.0]), beta=10.0, descent_learning_rate=1e-2, twin_trajectories=64,
                     **settings, **SIDES)  # fmt: skip


@pytest.mark.slow
def test_cold_steps_at_finite_beta_are_said() -> None:
    settings = {"end_time": 0.1, "record_every": 0.1, "learning_rate": 1e-3, "step_ratio": 1.0}
    start, std = jnp.ones(3), corr.matched_mutation_std(learning_rate=1e-3, step_ratio=1.0, beta=50.0)
    with pytest.warns(UserWarning, match=r"s = beta sigma .* reaches 1.1 .* 50 % slower .*level 1: twin_moments="):
        corr.compare(bowl, start, beta=50.0, **settings, **SIDES)
    exact = partial(level1.moments, mutation_std=std, beta=50.0, step_time=1e-3)
    corr.compare(bowl, start, beta=50.0, twin_moments=exact, **settings, **SIDES)
    warn_if_cold(float(np.linalg.norm(2 * start)), resolve_clock(1e-3, 1.0, None, 0.5), "metropolis")


def test_a_loss_that_ends_keeps_what_was_computed() -> None:
    edge = lambda w: jnp.sum(jnp.sqrt(w - 0.99))  # noqa: E731
    settings = {"end_time": 0.1, "record_every": 0.01, "learning_rate": 1e-3, "step_ratio": 1.0}
    with pytest.warns(UserWarning) as told:
        sides = corr.compare(edge, jnp.ones(3), **settings, **SIDES)
    assert any("noise-free descent is not finite from t = 0.02 on" in str(one.message) for one in told)
    assert any("4 of 4 twins are not finite at the end" in str(one.message) for one in told)
    assert np.isfinite(sides.descent.loss.values[0, :2]).all() and np.isnan(sides.descent.loss.values[0, 2:]).all()
    assert np.isfinite(sides.mutation.loss.values).all()
    assert sides.mutation.loss.values[:, -1].mean() < 0.2


@pytest.mark.filterwarnings("ignore:the loss moves by 0 along noise-free descent")
@pytest.mark.parametrize(
    ("rate", "off"), [(2e-6, "100 %"), pytest.param(1e-5, r"6.6\d* %", marks=pytest.mark.slow)], ids=["stops", "drives"]
)
def test_descent_that_rounding_stops_or_drives_is_said(rate: float, off: str) -> None:
    """2000 weights near 1.5, float32 spacing 1.2e-7: steps of 2e-6/√2000 are lost, those of 1e-5/√2000 too long."""
    rounded = f"noise-free descent: rounding of its float32 .* by {off} at t = 0:"
    with pytest.warns(UserWarning, match=rounded) as said:
        corr.compare(lambda x: jnp.sum((x - 0.5) ** 2), jnp.full(2000, 1.5), learning_rate=rate, end_time=4 * rate,
                     record_every=2 * rate, step_ratio=1.0, twin_trajectories=4, **SIDES)  # fmt: skip
    assert any("recorded losses cannot show the descent" in str(one.message) for one in said) == (rate == 2e-6)


@pytest.mark.parametrize(("constant", "said"), [(0.0, False), (3e4, False), (3e5, True)])
def test_a_constant_that_hides_the_descent_of_the_loss_is_said(constant: float, said: bool) -> None:
    """The loss falls by 0.06, which is 31 rounding steps at 3e4 and two at 3e5."""
    descent = corr.run(corr.descent(lambda x: bowl(x) + constant, learning_rate=1e-3, normalized=True), jnp.ones(3),
                       **{**RUN, "steps": 18, "trajectories": 1})  # fmt: skip
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warn_if_unseen(descent, 3.5)
    assert ["recorded losses cannot show the descent" in str(one.message) for one in told] == [True] * said


def test_the_rounding_of_descent_is_that_of_its_scaled_steps() -> None:
    """A step of 8 spacings of float32 is exact; scaled by r² = 1/256 it is lost."""
    descent = corr.run(corr.descent(bowl, learning_rate=1e-6), jnp.full(2, 1.5), **{**RUN, "trajectories": 1})
    for scale, said in ((None, 0), (np.array([1 / 16, 0.0]), 1)):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            warn_if_rounded(bowl, jnp.full(2, 1.5), descent, 8 * 2.0**-23 / 3, scale, normalized=False)
        assert len(told) == said


@pytest.mark.parametrize("side", ["compare", "descent"])
def test_a_guard_whose_gradient_is_nan_is_refused_with_the_cure(side: str) -> None:
    loss = lambda x: jnp.sum(jnp.where(x > 0, jnp.log(x), 0.0) ** 2) + jnp.sum((x - 1) ** 2)  # noqa: E731
    with pytest.raises(
        ValueError, match=r"its gradient is not, in params: jnp.where hands on the NaN .*guard the argument"
    ):
        if side == "compare":
            corr.compare(
                loss, jnp.zeros(3), learning_rate=1e-3, step_ratio=1.0, end_time=0.1, record_every=0.1, **SIDES
            )
        else:
            corr.run(corr.descent(loss, learning_rate=0.1), jnp.zeros(3), **RUN)


def test_what_is_no_proposal_and_no_dynamics_is_named() -> None:
    for proposal in ("laplace", corr.proposals.laplace):
        with pytest.raises(TypeError, match=r"proposal must be a law like corr.proposals.laplace\(0.1\), got"):
            corr.mutation(bowl, proposal=proposal)
    with pytest.raises(TypeError, match=r"dynamics must be one like corr.mutation\(loss, ...\), got function"):
        corr.run(bowl, jnp.ones(3), **RUN)
