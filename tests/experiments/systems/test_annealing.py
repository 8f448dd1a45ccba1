"""What annealing's judge says of a path that is late where level 1 says, and of one on another clock; its own parts."""

import math
from typing import Any

import numpy as np
import pytest
import xarray

from corr.experiments.systems import annealing
from corr.theory import annealing as theory
from corr.theory import level1

CLOCK = np.array([1.01, 1.05, 1.2, 2.5])  # its way over level 1's
STRENGTH = np.array([0.05, 0.2, 0.7, 4.0])


def path(progress: Any = 1.0, error: float = 0.005) -> xarray.Dataset:
    rows = {"progress": progress * np.ones(4), "progress_error": np.full(4, error), "progress_theory": np.ones(4),
            "progress_clock": CLOCK, "strength": STRENGTH, "to_clock": np.full(4, 2.25), "to_level_1": np.full(4, 1e-3),
            "to_clock_error": np.full(4, 0.01), "to_level_1_error": np.full(4, 1e-3)}  # fmt: skip
    return xarray.Dataset({name: ("time", values) for name, values in rows.items()}, {"time": CLOCK})


def bowl(part: float = 0.0) -> xarray.Dataset:
    """Variances so far on the way from the recursion to T/h."""
    exact, temperature = np.array([0.04, 0.03, 0.012]), np.array([0.06, 0.02, 0.01])
    rows = {"variance": exact + part * (temperature - exact), "variance_error": np.full(3, 5e-4),
            "variance_theory": exact, "temperature": temperature}  # fmt: skip
    return xarray.Dataset({name: ("step", values) for name, values in rows.items()}, {"step": [1, 2, 3]})


def said(**changes: Any) -> str:
    return "\n".join(annealing.judge({"path": path(), "bowl": bowl(), **changes}))


def test_annealing_leaves_its_clock_where_level_1_says() -> None:
    text = said()
    assert "NOT" not in text and text.startswith("Annealing follows level 1")
    assert "more than 10 % behind its clock from s = 0.7 on, by level 1 from s = 0.7 on: where level 1 says." in text
    assert "1.000 ± 0.005 of level 1's way, its clock says 2.500" in text
    assert "off descent at equal clock, 0.1 ± 0.1 % off level 1" in text
    assert "follows the recursion" in text and "from T/h alone, without its delay, 40.0" in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"path": path(CLOCK)},
            ["does NOT follow level 1", "behind its clock never, by level 1 from s = 0.7 on: NOT where"],
        ),
        (
            {"path": path(0.8)},
            ["does NOT follow level 1", "from s = 0.05 on, by level 1 from s = 0.7 on: NOT where level 1 says"],
        ),
        ({"bowl": bowl(1.0)}, ["does NOT follow the recursion", "from T/h alone, without its delay, 0.0"]),
    ],
)
def test_on_another_clock_it_is_said_not_to_follow(changes: dict[str, Any], expected: list[str]) -> None:
    text = said(**changes)
    assert all(one in text for one in expected)


def test_what_noise_hides_is_not_judged() -> None:
    assert "Too few trajectories to tell whether it leaves its clock." in said(path=path(error=0.03))
    early = path().assign(progress_error=("time", [0.005, 0.005, 0.2, 0.005]))
    assert "behind its clock from s = 4 on, by level 1 from s = 0.7 on: where level 1 says." in said(path=early)


def test_the_model_error_is_taken_off_before_standard_errors_are_counted() -> None:
    np.testing.assert_allclose(annealing.deviations(path(1 + annealing.MODEL + 0.01)), 2.0)
    np.testing.assert_array_equal(annealing.deviations(path(1 - annealing.MODEL / 2)), 0.0)


def test_the_schedule_takes_the_time_asked_for_and_ends_at_its_strength() -> None:
    std, first, last = annealing.cooling(2000, 9.0)
    betas = np.geomspace(first, last, 2000)
    assert theory.clock(betas, mutation_std=std)[-1] == pytest.approx(9.0, rel=2e-3)
    assert last * std * annealing.SLOPE == pytest.approx(annealing.STRENGTH)
    assert last / first == pytest.approx(annealing.RATIO)


def test_level_1s_clock_on_a_slope_is_its_distance() -> None:
    """|∇U| = 2 all along: distance σ Σ f(s), and the clock itself while s is small."""
    way = annealing.Way(np.array([0.0, 50.0]), np.zeros((2, 3)), np.array([2.0, 2.0]))
    betas, std = np.geomspace(1e-3, 30.0, 300), 0.3
    late, strength = annealing.delayed(betas, std, way)
    np.testing.assert_allclose(strength, betas * std * 2.0)
    np.testing.assert_allclose(2.0 * late, theory.distance(betas, mutation_std=std, gradient_norm=2.0), rtol=1e-4)
    clock = theory.clock(betas, mutation_std=std)
    assert late[0] == pytest.approx(clock[0], rel=2e-3) and late[-1] < 0.5 * clock[-1]
    assert float(level1.drift_factor(strength[-1])) < 1 / math.sqrt(2 * math.pi) * 1.01


def test_way_gone_and_distances_of_known_paths() -> None:
    """Three trajectories half way, two of them 0.1 to a side: level 1 ends at (2, 0), the clock at (4, 0)."""
    start, late, clock = np.zeros(2), np.array([[2.0, 0.0]]), np.array([[4.0, 0.0]])
    paths = np.array([[[0.9, 0.0]], [[1.0, 0.0]], [[1.1, 0.0]]])
    data = annealing.beside(paths, start, clock, late)
    assert float(data.progress[0]) == pytest.approx(0.5) and float(data.progress_clock[0]) == pytest.approx(2.0)
    assert float(data.progress_error[0]) == pytest.approx(0.05 / math.sqrt(3))
    sampling = 0.1**2 / 3  # variance of the mean of the three
    assert float(data.to_level_1[0]) == pytest.approx((1.0 - sampling) / 4)
    assert float(data.to_clock[0]) == pytest.approx((9.0 - sampling) / 4)
