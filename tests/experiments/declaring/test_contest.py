"""A contest: equal evaluations, the same starts, error bars over seeds, and a scheme that is worse is told."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr.experiments.declaring.contest import Scheme, Sizes, contest
from corr.experiments.declaring.experiment import Problem
from corr.experiments.declaring.study import Study

SEEDS, EVALUATIONS = 24, 300


def bowl() -> Problem:
    return Problem(lambda x: jnp.sum(x**2) / 2, lambda key: 1 + 0.1 * jax.random.normal(key, (3,)))


def declared(sides: Mapping[str, Scheme]) -> Study:
    return contest(
        "toy", "a toy", problem=bowl, sides=sides, presets={"smoke": Sizes(EVALUATIONS, SEEDS, 3)}, minutes={}
    )


SIDES: dict[str, Scheme] = {
    "mutation": lambda loss: corr.mutation(loss, mutation_std=0.05),
    "descent": lambda loss: corr.descent(loss, learning_rate=0.02),
    "idle": lambda loss: corr.descent(loss, learning_rate=1e-4),
}


@pytest.fixture(scope="module")
def played() -> tuple[Study, dict[str, xarray.Dataset]]:
    study = declared(SIDES)
    parts = study.parts(study.preset("smoke"))
    return study, {name: part(jax.random.key(number)) for number, (name, part) in enumerate(parts.items())}


def test_every_scheme_spends_the_same_from_the_same_starts(played: tuple[Study, dict[str, xarray.Dataset]]) -> None:
    _, found = played
    assert {name: float(data.evaluations[-1]) for name, data in found.items()} == dict.fromkeys(SIDES, EVALUATIONS)
    assert found["mutation"].step[-1] == EVALUATIONS and found["descent"].step[-1] == EVALUATIONS // 3
    for data in found.values():
        np.testing.assert_array_equal(data.loss[:, 0], found["mutation"].loss[:, 0])
        assert data.loss.shape == (SEEDS, 4) and len(np.unique(data.loss[:, 0])) == SEEDS


def test_what_is_said_follows_from_the_losses(played: tuple[Study, dict[str, xarray.Dataset]]) -> None:
    study, found = played
    said = study.judge(found)
    # Descent on U = x²/2 is exact: 100 steps of 0.02 shrink U by (1 - 0.02)^200, the idle one by (1 - 1e-4)^200.
    ends = {name: found[name].loss.values[:, -1].astype(float) for name in SIDES}
    begin = found["descent"].loss.values[:, 0].astype(float)
    for name, rate in (("descent", 0.02), ("idle", 1e-4)):
        np.testing.assert_allclose(ends[name], begin * (1 - rate) ** 200, rtol=1e-4)
    assert any(line.startswith("idle ends above mutation") for line in said)
    numbers = study.numbers(found)
    gap = ends["idle"] - ends["mutation"]
    one = numbers["loss, idle less mutation"]
    assert one.value == pytest.approx(gap.mean()) and one.error == pytest.approx(gap.std(ddof=1) / np.sqrt(SEEDS))
    same = study.judge({**found, "idle": found["mutation"]})
    assert not any(line.startswith("idle ends above") for line in same)


def test_what_cannot_be_a_contest_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two schemes, got mutation"):
        declared({"mutation": SIDES["mutation"]})
    with pytest.raises(ValueError, match="2 seeds, got Sizes"):
        contest("toy", "a toy", problem=bowl, sides=SIDES, presets={"smoke": Sizes(10, 1)}, minutes={})
    study = contest("toy", "a toy", problem=bowl, sides=SIDES, presets={"smoke": Sizes(2, 2)}, minutes={})
    with pytest.raises(ValueError, match="a step costs 3 evaluations, there are 2"):
        study.parts(study.preset("smoke"))["descent"](corr.root_key(0))
