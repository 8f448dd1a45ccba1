"""The clock of a comparison: fitted to the recorded times, steps that leave room between rebuilds, what is said."""

import math
import warnings
from typing import Any

import jax
import numpy as np
import pytest

import corr
from corr._timing import SAME, Clock, fitted_clock, recorded_steps, resolve_clock, walk_std
from corr._twin import thinning
from corr.ensemble._simulate import default_refreshes


def clock_of(std: float, learning_rate: float = 1e-5) -> Clock:
    return resolve_clock(learning_rate, None, std, math.inf)


def marks(clock: Clock, every: float, count: int = 40) -> list[int]:
    return recorded_steps(every * np.arange(count + 1), clock.step_time, "mutation")


def test_a_clock_off_by_less_than_the_tolerance_is_fitted_in_silence() -> None:
    """1002651.31 steps an interval: rounded one by one, recorded steps have no common divisor."""
    asked = clock_of(2.5e-6)
    ideal = 1 / asked.step_time
    assert abs(ideal - 1002651.31) < 0.01
    rounded = [round(ideal * number) for number in range(1, 5)]
    assert len({*np.diff([0, *rounded])}) > 1
    fitted = fitted_clock(asked, 1.0)
    assert math.isclose(fitted.mutation_std, asked.mutation_std, rel_tol=SAME)
    steps = marks(fitted, 1.0)
    assert len({*np.diff(steps)}) == 1 and steps[1] in (1002651, 1002652)
    assert abs(steps[1] * fitted.step_time - 1) < 1e-12
    assert {*default_refreshes(steps[1:])} == {max(math.gcd(steps[1], d) for d in range(1, 1001))}


def test_a_clock_of_whole_steps_keeps_every_bit() -> None:
    for ratio, every, count in ((1.0, 0.25, 25000), (0.1, 0.25, 250000), (0.3, 0.3, 100000)):
        std = corr.matched_mutation_std(learning_rate=1e-5, step_ratio=ratio)
        assert fitted_clock(clock_of(std), every) == clock_of(std)
        assert marks(clock_of(std), every, 3) == [0, count, 2 * count, 3 * count]


def test_a_clock_off_by_more_is_fitted_and_said() -> None:
    with pytest.warns(UserWarning, match=r"0.05 makes .*5.01326 steps, .*: mutation_std 0.050132565 .* is taken"):
        fitted = fitted_clock(clock_of(0.05, 1e-2), 0.1)
    assert fitted.mutation_std == pytest.approx(0.1 / 5 * math.sqrt(2 * math.pi))
    assert marks(fitted, 0.1, 2) == [0, 5, 10]


@pytest.mark.parametrize(
    ("count", "said"), [(1009, True), (1000003, True), (997, False), (1010, False), (25000, False)]
)
def test_rebuilds_that_come_too_often_are_said(count: int, said: bool) -> None:
    """Primes above 1000; up to there a whole interval passes between rebuilds."""
    every = count * 2.0**-20
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        steps = recorded_steps(every * np.arange(3), 2.0**-20, "mutation")
    assert steps == [0, count, 2 * count]
    assert [f"{count} steps (mutation), whose largest divisor" in str(one.message) for one in caught] == [True] * said


def test_marks_within_the_tolerance_are_chosen_with_a_large_divisor() -> None:
    """5000003.4 steps: 5000000 is 0.7e-6 away."""
    steps = recorded_steps(np.array([0.0, 5000003.4, 2 * 5000003.4]), 1.0, "mutation")
    assert steps == [0, 5000000, 10000000]


def test_recorded_times_shorter_than_a_step_are_refused() -> None:
    with pytest.raises(ValueError, match=r"mutation: record_every 1e-09 is shorter than one step of 1"):
        recorded_steps(np.array([0.0, 1e-9]), 1.0, "mutation")


def test_a_tree_of_scales_is_moved_with_the_clock() -> None:
    """What is said, kept as an attribute and walked with is one number: the largest σ_i."""
    tree = {"w": np.array([0.0123, 0.0041], np.float32), "b": 0.0}
    largest = float(np.float32(0.0123))
    with pytest.warns(UserWarning, match=r"mutation_std 0.0125\d* .* this is the largest, and the others are scaled"):
        clock = fitted_clock(clock_of(largest, 1e-2), 0.05)
    walked = walk_std(tree, clock, fitted=True)
    assert max(float(np.max(leaf)) for leaf in jax.tree.leaves(walked)) == pytest.approx(clock.mutation_std, rel=1e-12)
    assert walked["w"][0] / walked["w"][1] == pytest.approx(3, rel=1e-6) and walked["b"] == 0
    assert walk_std(tree, clock, fitted=False) is tree
    assert walk_std(tree, clock_of(largest), fitted=True) is tree
    assert walk_std(0.0123, clock, fitted=True) == clock.mutation_std


@pytest.mark.parametrize(
    ("thin", "message"),
    [
        ((0.0, 2), "the time of thin = .* must be positive and finite, got 0"),
        ((math.nan, 2), "the time of thin = .* must be positive and finite, got nan"),
        ((1e-9, 2), "thin starts at time 1e-09, expected one of the recorded times after 0"),
        ((0.15, 2), "expected one of the recorded times after 0"),
        ((0.1, 0), "the count of thin = .* must be at least 1"),
        ((0.1, 1.5), "the count of thin = .* must be an integer"),
        (0.1, "thin must be a pair"),
        ((0.1, 2, 3), "thin must be a pair"),
        (("a", 2), "the time of thin = .* must be a number"),
    ],
)
def test_thinning_that_cannot_be(thin: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        thinning(thin, np.array([0.0, 0.1, 0.2]))


def test_thinning_at_a_time_of_another_precision() -> None:
    assert thinning((np.float32(0.1), np.int64(2)), np.array([0.0, 0.1, 0.2])) == (1, 0.1, 2)
