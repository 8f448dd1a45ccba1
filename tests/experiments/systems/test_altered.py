"""Rows of the overview for the atlas's second part: each law is measured, and another one refused by the same draws."""

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.experiments.systems import altered, descents, others
from corr.experiments.systems.schemes import Step
from corr.theory import adaptive, stable

from ...paper_figs.written_studies import WRITTEN
from .test_rows import K, changed

ROWS = altered.parts(5000, share=0.3, every=True)
COLD = 1 / math.sqrt(2 * math.pi)


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def steeper(gradient: np.ndarray, length: float) -> np.ndarray:
    found = stable.pareto_drift(
        jnp.asarray(gradient), smallest=length, largest=altered.SPAN * length, exponent=0.55,
        beta=altered.COLD / length,
    )  # fmt: skip
    return -altered.TOGETHER * np.asarray(found, float)


# What each would do against the gradient, of it and the length, were it something else.
WRONG: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "noisy losses, β = ∞": lambda g, length: altered.TOGETHER * COLD * length * unit(g),
    "one coordinate, β = ∞": lambda g, length: COLD * length * g / np.abs(g).sum(),
    "one coordinate, Pareto": steeper,
    "8 steps late, β = ∞": lambda g, length: 1.1 * COLD * length * unit(g),
    "rank one, β = ∞": lambda g, length: COLD * length * unit(g),
    "Barker, wide": lambda g, length: altered.STRENGTH * length / 4 * g / np.linalg.norm([0.6, 1.0, 2.0, 0.25]),
    "SGD": lambda g, length: length * np.sign(g),
    "Adam": lambda g, length: altered.TOGETHER * length * np.sign(g),
}
CHEAP = ("SGD",)


@pytest.mark.parametrize(
    "name", [name if name in CHEAP else pytest.param(name, marks=pytest.mark.slow) for name in ROWS]
)
def test_a_law_is_measured_and_another_one_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = []
    characterize = corr.characterize

    def once(*asked: Any, **options: Any) -> Any:
        found.extend([] if found else [characterize(*asked, **options)])
        return found[0]

    monkeypatch.setattr(corr, "characterize", once)
    part = ROWS[name]
    data = part(corr.root_key(5))
    assert np.abs(descents.deviations(data)).max() < K
    (loss,) = {key.partition(": ")[0] for key in data.attrs if ": " in str(key)}
    assert descents.told(data, data.attrs["follows"])[loss].startswith("yes")
    assert descents.told(data, "g" if data.attrs["follows"] == "sign g" else "sign g")[loss].startswith("no")
    if math.isfinite(data.attrs["law_kappa"]):
        assert abs(float(data.kappa[0]) - data.attrs["law_kappa"]) < K * float(data.kappa_error[0])
        assert abs(float(data.kappa[0]) - 0.8 * data.attrs["law_kappa"]) > K * float(data.kappa_error[0])
    scheme, model = part.keywords["scheme"], float(data.model.max())
    wrong = scheme._replace(at=lambda place, length: Step(-WRONG[name](place.gradient, length), math.nan, model))
    assert np.abs(descents.deviations(part(corr.root_key(5), scheme=wrong))).max() > K


@pytest.mark.slow
def test_adaptive_monte_carlo_grows_by_its_law_and_is_no_descent() -> None:
    data = others.adapted(corr.root_key(6), draws=4000, share=0.1)
    grown = descents.growth(data)
    assert abs(grown.score()) < K
    (line,) = descents.judge({"adaptive": data})
    assert "NOT" not in line
    way = np.diff(adaptive.course(np.arange(others.ADAPTED_AGES[-1] + 2), rate=2 * others.RATE).way)
    assert abs(grown.value - way[-1] / way[0]) > K * grown.error, "twice the rate"


def test_few_rows_are_looked_at_where_not_all_are() -> None:
    few, every = (set(descents.study.parts(descents.study.preset(preset))) for preset in ("smoke", "quick"))
    assert few < every and {"one coordinate, Pareto", "adaptive Monte Carlo"} - few == {"adaptive Monte Carlo"}
    assert "Adam" in every - few


def test_the_judge_says_what_another_vector_is_and_is_not() -> None:
    parts, _ = WRITTEN["descents"]()
    sign, power = (descents.judge({name: parts[name]})[0] for name in ("one coordinate", "Pareto"))
    assert sign.startswith("one coordinate along sign g: bowl, yes") and "NOT" not in sign + power
    assert "Along g, refused: bowl, no" in sign and "Along g/|g|, refused" in sign
    assert power.startswith("Pareto along sign(g)|g|^H (H = 0.50): bowl, yes") and "Along sign g, refused" in power
    alike = parts["Pareto"].assign_attrs({"network: sign g": "yes: equivalent, though not exactly"})
    assert "Along sign g, NOT refused" in descents.judge({"Pareto": alike})[0]


def test_the_judge_tells_a_growth_that_is_not_the_law() -> None:
    parts, _ = WRITTEN["descents"]()
    adapted = {"adaptive": parts["adaptive"]}
    assert descents.judge(adapted)[0].endswith("age 0, as predicted within 4 standard errors: 9.6.")
    wrong = descents.judge(changed(adapted, "adaptive", ratio_theory=1.1))
    assert "NOT as predicted" in wrong[0]
    assert descents.numbers(adapted)["adaptive: coefficient, age 10"].expected == 9.6
