"""What the genetic algorithm's judge says of speeds, noise and κ that are as predicted, and of those that are not."""

from typing import Any

import numpy as np
import pytest
import xarray

from corr.experiments.systems import genetic

SHARES = (0.5, 0.2)
SIZES = genetic.study.preset("quick")


def speeds(count: int, crossed: bool, part: float = 0.5) -> xarray.Dataset:
    """So far between the slower law and the faster, errors of 0.01."""
    laws = np.array([genetic.bounds(SIZES, share, count, crossed) for share in SHARES])
    speed = laws[:, 0] + part * (laws[:, 1] - laws[:, 0])
    rows = {"speed": speed, "speed_error": 0.01 * np.ones(2), "slowest": laws[:, 0], "fastest": laws[:, 1]}
    columns = {name: ("share", values) for name, values in rows.items()}
    attrs = {"population": count, "parameters": 50, "crossed": int(crossed)}
    return xarray.Dataset(columns, {"share": list(SHARES)}, attrs)


def noise(across: float = 1.0, power: float = 1.0) -> xarray.Dataset:
    """Errors of 2 %."""
    counts = np.array([10, 20, 40])
    rows: dict[str, Any] = {"noise": across * np.ones(3), "noise_theory": np.ones(3), "speed": np.ones(3)}
    rows |= {"kappa": 10 * (counts / 10) ** power, "kappa_theory": counts.astype(float)}
    rows |= {f"{name}_error": 0.02 * rows[name] for name in ("noise", "speed", "kappa")}
    return xarray.Dataset({name: ("population", values) for name, values in rows.items()}, {"population": counts})


def said(**changes: Any) -> str:
    found = {
        "no crossover, n = 40": speeds(40, False),
        "no crossover, n = 400": speeds(400, False),
        "uniform crossover, n = 40": speeds(40, True),
        "noise": noise(),
    }
    return "\n".join(genetic.judge({**found, **changes}))


def test_what_is_as_predicted_is_said_to_be() -> None:
    text = said()
    assert "NOT" not in text
    assert text.count("between them, as predicted") == 3 and "no crossover: the speed grows" in text
    assert "as neutral theory says (largest deviation 0.0 standard errors)" in text
    assert "κ grows with the population" in text and "closure n k/i² = 10, 20, 40, off by up to 0 %" in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"no crossover, n = 400": speeds(400, False, 1.5)}, "NOT between them, "),
        ({"uniform crossover, n = 40": speeds(40, True, -0.1)}, "NOT between them, "),
        ({"no crossover, n = 400": speeds(400, False, 0.0).assign_attrs(population=30)}, "does NOT grow"),
        ({"noise": noise(across=2 / 20)}, "NOT as neutral theory says"),
        ({"noise": noise(power=0.0)}, "κ does NOT grow with the population"),
    ],
)
def test_what_is_not_is_said_not_to_be(changes: dict[str, Any], expected: str) -> None:
    text = said(**changes)
    assert expected in text and text.count("NOT") == 1


def test_standard_errors_outside_the_laws_are_those_of_the_nearer_one() -> None:
    data = speeds(40, False)
    assert genetic.outside(data).tolist() == [0.0, 0.0]
    beyond = data.assign(speed=data.fastest + np.array([0.03, 0.07]))
    np.testing.assert_allclose(genetic.outside(beyond), [3.0, 7.0])
    below = data.assign(speed=data.slowest - 0.05)
    np.testing.assert_allclose(genetic.outside(below), [5.0, 5.0])


def test_numbers_expect_one_of_the_noise_and_nothing_exact_of_a_speed() -> None:
    found = genetic.numbers({"no crossover, n = 40": speeds(40, False), "noise": noise(across=1.1)})
    assert found["noise across at n = 20"].expected == 1.0
    assert found["noise across at n = 20"].score() == pytest.approx(0.1 / 0.022)
    assert found["no crossover, n = 40: speed at p = 0.2"].expected is None
    assert found["κ at n = 40"].value == pytest.approx(40)


def test_every_preset_names_its_parts() -> None:
    assert list(genetic.parts(genetic.study.preset("smoke"))) == ["no crossover, n = 40", "noise"]
    assert {"uniform crossover, n = 400", "noise", "path"} < set(genetic.parts(SIZES))
