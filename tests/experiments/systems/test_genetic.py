"""What the genetic algorithm's judge says of speeds, noise and κ that are as predicted, and of those that are not."""

from typing import Any

import numpy as np
import pytest
import xarray

from corr.experiments.systems import genetic

SHARES = (0.5, 0.2)
SIZES = genetic.study.preset("quick")


def speeds(count: int, crossed: bool, off: float = 0.0) -> xarray.Dataset:
    """Half way between the two formulas is the chain, errors of 0.01; so far off it is what was measured at p = 0.2."""
    laws = np.array([genetic.bounds(SIZES, share, count, crossed) for share in SHARES])
    chain = laws.mean(axis=1)
    rows = {"speed": chain + np.array([0, off]), "speed_error": 0.01 * np.ones(2), "speed_theory": chain,
            "simulation_error": np.zeros(2), "slowest": laws[:, 0], "fastest": laws[:, 1]}  # fmt: skip
    columns = {name: ("share", values) for name, values in rows.items()}
    attrs = {"population": count, "parameters": 50, "crossed": int(crossed)}
    return xarray.Dataset(columns, {"share": list(SHARES)}, attrs)


def noise(across: float = 1.0, power: float = 1.0) -> xarray.Dataset:
    """Errors of 2 %."""
    counts = np.array([10, 20, 40])
    rows: dict[str, Any] = {"noise": across * np.ones(3), "noise_theory": np.ones(3), "simulation_error": np.zeros(3)}
    rows |= {"kappa": 10 * (counts / 10) ** power, "kappa_theory": 10 * (counts / 10) ** power, "closure": 1.0 * counts}
    rows |= {f"{name}_error": 0.02 * rows[name] for name in ("noise", "kappa")}
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
    assert (
        text.count("as predicted (largest of 2 deviations 0.0 standard errors)") == 3
        and "no crossover: the speed grows" in text
    )
    assert "as neutral theory says (largest deviation 0.0 standard errors)" in text
    assert "κ grows with the population" in text and "closure n k/i² 10, 20, 40: as predicted by the chain (0.0" in text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"no crossover, n = 400": speeds(400, False, 0.05)}, "NOT as predicted (largest of 2 deviations 5.0"),
        ({"uniform crossover, n = 40": speeds(40, True, -0.05)}, "NOT as predicted (largest of 2 deviations 5.0"),
        ({"no crossover, n = 400": speeds(400, False).assign_attrs(population=30)}, "does NOT grow"),
        ({"noise": noise(across=2 / 20)}, "NOT as neutral theory says"),
        ({"noise": noise().assign(kappa_theory=noise().kappa * 1.1)}, "NOT as predicted by the chain (5.0"),
        ({"noise": noise(power=0.0)}, "κ does NOT grow with the population"),
    ],
)
def test_what_is_not_is_said_not_to_be(changes: dict[str, Any], expected: str) -> None:
    text = said(**changes)
    assert expected in text and text.count("NOT") == 1


def test_scores_count_the_errors_of_both() -> None:
    data = speeds(40, False, 0.05).assign(simulation_error=("share", [0.0, 0.0075]))
    np.testing.assert_allclose(genetic.scores(data, "speed"), [0.0, 4.0])


def test_numbers_expect_one_of_the_noise_and_the_chain_of_a_speed() -> None:
    found = genetic.numbers({"no crossover, n = 40": speeds(40, False, 0.03), "noise": noise(across=1.1)})
    assert found["noise across at n = 20"].expected == 1.0
    assert found["noise across at n = 20"].score() == pytest.approx(0.1 / 0.022)
    assert found["no crossover, n = 40: speed at p = 0.2"].score() == pytest.approx(3.0)
    assert found["κ at n = 40"].value == pytest.approx(40)


def test_every_preset_names_its_parts() -> None:
    assert list(genetic.parts(genetic.study.preset("smoke"))) == ["no crossover, n = 40", "noise"]
    assert {"uniform crossover, n = 400", "noise", "path"} < set(genetic.parts(SIZES))


def test_the_loss_of_the_path_is_known_no_better_than_its_clock() -> None:
    """A loss that falls by 0.3 while the logarithm of time grows by one, on a clock known to 1 %."""
    time = np.linspace(0.2, 2.0, 10)
    columns = dict.fromkeys(("to_twin", "to_twin_error", "twin_loss"), np.zeros(10))
    columns |= {"loss": -0.3 * np.log(time), "loss_error": np.full(10, 4e-4)}
    data = xarray.Dataset({name: ("time", values) for name, values in columns.items()}, {"time": time})
    errors = []
    for known in (0.0, 0.01):
        attrs = {"plain": 0, "trajectories": 9, "speed": 2.0, "speed_error": 2.0 * known}
        errors.append(genetic.numbers({"path": data.assign_attrs(attrs)})["path genetic algorithm: loss"].error)
    assert errors == pytest.approx([4e-4, np.hypot(4e-4, 3e-3)], rel=1e-3)
