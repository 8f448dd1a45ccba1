"""One mutation at the start against the twin, where the caller has matched them: each wrong match is said."""

import functools
import math
import re
import warnings
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from scipy.special import erfcx

import corr
from corr import _compare, proposals, resolve_clock
from corr._matched import warn_if_unmatched
from corr.theory import level1

BETA, STEP = 50.0, 1e-4
COLD, WARM = (resolve_clock(1.0, STEP, None, beta) for beta in (math.inf, BETA))
SLOPE = jnp.array([3.0, -1.0, 2.0, 0.5])


def plane(x: jax.Array) -> jax.Array:
    return jnp.sum(SLOPE * x)


def told(walk: corr.Dynamics, clock: Any = COLD, moments: Any = None) -> str:
    """What is said of a mutation side and a twin; with the twin of the paper unless one is given."""
    usual = corr.paper_moments(step_time=clock.step_time, beta=clock.beta)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        warn_if_unmatched(walk, jnp.zeros(4), corr.root_key(0), clock, None, usual if moments is None else moments)
    return "; ".join(str(one.message) for one in said)


LAWS = {"laplace": proposals.laplace, "sphere": proposals.sphere}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("clock", [COLD, WARM], ids=["cold", "warm"])
def test_a_proposal_of_the_clocks_scale_is_not_said_and_one_of_three_times_it_is(law: str, clock: Any) -> None:
    """At β = ∞ the drift grows by 3, at finite β by 9 (s = 0.4: 7), the mean square by 9."""
    right, wide = (
        corr.mutation(plane, proposal=LAWS[law](size * clock.mutation_std), beta=clock.beta) for size in (1.0, 3.0)
    )
    assert told(right, clock) == ""
    said = told(wide, clock)
    assert "mutation_std down the gradient, the twin " in said and "in lambda alpha = 0.0001" in said
    assert "the mean square of a mutation is" in said


def test_a_noise_that_is_not_the_twins_is_said_alone() -> None:
    """Components that move at one in ten, ten times as far: the Gaussian's drift at β = ∞, ten times its noise."""
    rare = proposals.sparse(10 * COLD.mutation_std, 0.1)
    one = corr.mutation(lambda x: x[0] + 0 * jnp.sum(x), proposal=rare)
    said = told(one)
    assert "mean square of a mutation" in said and "down the gradient" not in said


def test_a_rule_of_ones_own_needs_the_clock_of_its_beta() -> None:
    std = corr.matched_mutation_std(learning_rate=1.0, step_ratio=STEP, beta=10.0, rule="barker")
    walk = corr.mutation(plane, mutation_std=std, rule=corr.barker(10.0))
    warm = resolve_clock(1.0, STEP, None, 10.0)._replace(mutation_std=std)
    assert told(walk, warm) == ""
    assert "down the gradient" in told(walk, COLD._replace(mutation_std=std))
    metropolis = corr.mutation(plane, mutation_std=std, rule=corr.metropolis(10.0))
    moved, unsure = map(float, re.findall(r"moves (\S+) ± (\S+) mutation_std", told(metropolis, warm))[0])
    s = 10.0 * std * float(jnp.linalg.norm(SLOPE))
    assert abs(moved - s / 2 * erfcx(s / math.sqrt(2))) < 5 * unsure < 0.5 * moved


def test_moments_of_another_sigma_are_said() -> None:
    exact = {"mutation_std": WARM.mutation_std, "beta": BETA, "step_time": STEP}
    walk = corr.mutation(plane, mutation_std=WARM.mutation_std, beta=BETA)
    assert told(walk, WARM, functools.partial(level1.moments, **exact)) == ""
    other = functools.partial(level1.moments, **(exact | {"mutation_std": 3 * WARM.mutation_std}))
    assert "the proposal, rule, beta or twin_moments given do not fit" in told(walk, WARM, other)
    assert "mean square" in told(walk, WARM, corr.paper_moments(beta=BETA / 9))


def test_a_twin_that_stands_still_is_said() -> None:
    walk = corr.mutation(plane, mutation_std=COLD.mutation_std)
    said = told(walk, COLD, lambda gradient: (0 * gradient, lambda noise: 0 * noise))
    assert "down the gradient, the twin" in said and "that of the twin's noise 0 in" in said


def test_a_level_without_a_gradient_is_passed_over() -> None:
    assert told(corr.mutation(lambda x: 0.0 * jnp.sum(x), proposal=proposals.normal(5.0))) == ""


@pytest.mark.parametrize(
    "given",
    [
        {"proposal": proposals.normal(1.0)},
        {"mutation_std": 1.0, "rule": corr.metropolis(math.inf)},
        {"twin_moments": corr.paper_moments(step_time=1.0)},
    ],
    ids=["proposal", "rule", "moments"],
)
def test_a_comparison_looks_where_the_caller_matched(given: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything runs."""

    def stop(*args: object) -> None:
        raise InterruptedError

    monkeypatch.setattr(_compare, "carry_out", stop)
    with pytest.warns(UserWarning, match="at the start ") as said, pytest.raises(InterruptedError):
        corr.compare(lambda x: jnp.sum(x**2), jnp.ones(3), key=corr.root_key(0), trajectories=2, end_time=0.02,
                     record_every=0.01, learning_rate=1e-2, step_ratio=1.0, **given)  # fmt: skip
    told = [str(one.message) for one in said]
    assert any("mean square" in one for one in told)
    assert any("down the gradient" in one for one in told) == ("twin_moments" not in given)
