"""What the swarm's judge says of rates, spans and coefficients: of a swarm, and of one that would be a descent."""

import math
from typing import Any

import numpy as np
import pytest
import xarray

from corr.experiments.systems import swarm

RATES = (0.18, 0.05, -0.13)
AGES = (0, 10, 20)
YES, NO = "yes: equivalent, no difference found", "no: off by more than the share"


def growth(off: float = 0.0, rates: tuple[float, ...] = RATES) -> xarray.Dataset:
    """The linear map's rates, and measured ones so far off, errors of 0.001."""
    exact, count = np.array(rates), len(rates)
    rows = {f"{name}_rate{end}": values for name in ("spread", "speed") for end, values in
            (("", exact + off), ("_error", np.full(count, 1e-3)), ("_theory", exact))}  # fmt: skip
    inertia, pull = np.array(swarm.CONSTANTS)[:count].T
    rows |= {"simulation_error": np.zeros(count), "bound": np.full(count, 4.0), "inertia": inertia, "pull": pull}
    return xarray.Dataset({name: ("constants", values) for name, values in rows.items()})


def span(shared: float = 1e-6, own: float = 0.8) -> xarray.Dataset:
    columns = {"outside": ("numbers", [shared, own]), "outside_error": ("numbers", [shared / 10, 0.01])}
    return xarray.Dataset(columns, {"numbers": ["shared", "own"]}, {"particles": 10, "size": 50})


def aged(rate: float, verdict: str) -> xarray.Dataset:
    """Coefficients that grow at this rate, errors of 1 %."""
    unit = 1e-4 * np.exp(rate * np.array(AGES))[:, None] * np.ones(2)
    rows = {"unit": unit, "plain": unit, "unit_error": 0.01 * unit, "plain_error": 0.01 * unit}
    columns: Any = {name: (("age", "place"), values) for name, values in rows.items()}
    attrs = {"g: all ages": NO, "g/|g|: all ages": verdict} | {f"g/|g|: age {age}": YES for age in AGES}
    return xarray.Dataset(columns, {"age": list(AGES), "place": ["far", "near"]}, attrs)


def said(**changes: Any) -> str:
    found = {"growth": growth(), "span": span(), "swarm": aged(0.09, NO), "mutation": aged(0.0, YES)}
    return "\n".join(swarm.judge({**found, **changes}))


def test_a_swarm_is_no_descent_and_mutation_is_one() -> None:
    text = said()
    assert text.count("as predicted") == 3 and "NOT as predicted" not in text
    assert "Poli's bound does not tell growth from decay: both signs lie inside it." in text
    assert "the swarm never leaves the affine span of its start: 1e-06 of the way" in text and "it leaves it" in text
    times, error = math.exp(1.8), math.exp(1.8) * 0.01 * math.sqrt(2)
    assert (
        f"swarm is NO descent on any fixed clock: the coefficient of g/|g| at age 20 is {times:.3g} ± {error:.2g}"
        in text
    )
    assert "mutation descends along g/|g|, at one step per generation" in text


@pytest.mark.parametrize(
    ("changes", "there", "gone"),
    [
        ({"growth": growth(off=0.01)}, "NOT as predicted (+10.0 and +10.0 standard errors)", ": as predicted"),
        ({"growth": growth(rates=(0.18, 0.05))}, "grows", "Poli's bound does not tell"),
        ({"span": span(shared=0.5)}, "the swarm LEAVES the affine span", "never leaves"),
        ({"span": span(own=1e-6)}, "it does NOT leave it", "it leaves it"),
        ({"swarm": aged(0.0, YES)}, "swarm descends along g/|g|", "NO descent"),
        ({"mutation": aged(0.09, NO)}, "mutation is NO descent", "mutation descends"),
    ],
)
def test_the_opposite_is_said_of_the_opposite(changes: dict[str, Any], there: str, gone: str) -> None:
    text = said(**changes)
    assert there in text and gone not in text


def test_a_rate_is_compared_within_the_errors_of_both() -> None:
    data = growth(off=0.005).assign(simulation_error=("constants", np.full(3, math.sqrt(24) * 1e-3)))
    np.testing.assert_allclose(swarm.scores(data, "spread_rate"), 1.0)


def test_numbers_expect_the_rates() -> None:
    found = swarm.numbers({"growth": growth(), "span": span(), "swarm": aged(0.09, NO)})
    assert found["growth: spread_rate [2]"].expected == RATES[2]
    assert found["share outside the span, shared numbers"].value == 1e-6
    assert found["swarm: coefficient of g/|g| at age 20"].value == pytest.approx(1e-4 * math.exp(1.8))


def test_a_way_inside_the_span_is_told_from_one_that_leaves_it() -> None:
    start = np.random.default_rng(0).normal(size=(3, 5))
    inside = start + (start[1] - start[0]) + 2 * (start[2] - start[1])
    assert swarm._outside(start, inside) < 1e-12
    across = np.linalg.svd(start[1:] - start[0])[2][-1]
    assert swarm._outside(start, start + across) == pytest.approx(1.0)
