"""Rows of the atlas and its overview: what their judges say of known parts, and that broken ones are told."""

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.experiments.systems import descents, one_step, others, paths, row, schemes

from ...paper_figs.written_studies import WRITTEN

K = 4.0


def changed(parts: dict[str, Any], part: str, **values: float) -> dict[str, Any]:
    """With some variables multiplied."""
    data = parts[part]
    return parts | {part: data.assign({name: data[name] * factor for name, factor in values.items()})}


def test_a_row_says_what_its_parts_show() -> None:
    parts, _ = WRITTEN["best_of"]()
    said = row.judge(parts)
    assert all("as predicted within 4 standard errors" in line and "NOT" not in line for line in said[:2])
    assert said[2].startswith("one of 5: at σ = 0.01 the drift at the start is 0.707 ± 0.005 of its law")
    assert (
        "0.02 ± 0.1 % of the squared distance travelled off the twin (equivalent to the twin within 0.5 %)" in said[3]
    )
    numbers = row.numbers(parts)
    assert numbers["path one of 5: Δ to the twin"].value == pytest.approx(2e-4)
    assert numbers["law one of 2: drift"].expected == 0.5


@pytest.mark.parametrize(("name", "factor"), [("drift", 1.03), ("noise", 0.9), ("kappa", 1.1)])
def test_a_row_tells_a_wrong_law(name: str, factor: float) -> None:
    parts, _ = WRITTEN["best_of"]()
    said = row.judge(changed(parts, "law one of 2", **{name: factor}))
    assert "NOT as predicted" in said[0] and "NOT" not in said[1]


def test_a_row_tells_a_path_that_is_not_shown_to_be_the_twins() -> None:
    parts, _ = WRITTEN["best_of"]()
    assert "not shown to be equivalent" in row.judge(changed(parts, "path one of 5", equivalent_p=20.0))[3]


def test_the_overview_says_which_descent_and_tells_a_wrong_coefficient() -> None:
    parts, _ = WRITTEN["descents"]()
    said = descents.judge(parts)
    assert said[0].startswith("mutation along g/|g|: bowl, yes: equivalent") and "NOT" not in " ".join(said)
    assert said[3].startswith("raw along g: bowl, yes")
    wrong = descents.judge(changed(parts, "ranks", ratio=1.03))
    assert "NOT as predicted" in wrong[2] and "NOT" not in wrong[0]
    assert descents.numbers(parts)["raw: κ, bowl, far"].value == 1.0


def test_the_overview_says_what_is_no_descent_and_tells_one_that_is() -> None:
    parts, _ = WRITTEN["descents"]()
    (line,) = descents.judge({"swarm": parts["swarm"]})
    assert "along g/|g|: no: off by more than the share: as foreseen." in line
    assert line.endswith("At age 10 the coefficient of g/|g| is 9.5 ± 0.1 times that at age 0.")
    still = parts["swarm"].assign_attrs({"bowl: g/|g|": "yes: equivalent, no difference found"})
    assert "NOT as foreseen" in descents.judge({"swarm": still})[0]
    assert descents.numbers({"swarm": parts["swarm"]})["swarm: coefficient, age 10"].expected is None


@pytest.mark.slow
def test_a_populations_law_in_the_overview_is_the_speed_measured_and_a_wrong_one_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = {"POPULATION": 4, "LINEAGE": 8, "MEASURED": {"draws": 1000, "generations": 8, "burn_in": 8}}
    for name, value in small.items():
        monkeypatch.setattr(others, name, value)
    data = others.front(corr.root_key(3), share=0.3, losses=one_step.in_bowl)
    assert np.abs(descents.deviations(data)).max() < K
    assert data.attrs["bowl: g/|g|"].startswith("yes") and data.attrs["bowl: g"].startswith("no")
    assert np.abs(descents.deviations(data.assign(ratio=1.05 * data.ratio))).max() > K


def test_a_warm_step_of_annealing_is_plain_descent_and_a_wrong_coefficient_told() -> None:
    data = others.annealed(corr.root_key(4), draws=100_000, share=0.3)
    assert np.abs(descents.deviations(data)).max() < K
    assert data.attrs["bowl: g"].startswith("yes") and data.attrs["bowl: g/|g|"].startswith("no")
    assert np.abs(descents.deviations(data.assign(ratio=2 * data.ratio))).max() > K, "βσ² in place of βσ²/2"
    assert abs(float(data.kappa[0]) - data.attrs["law_kappa"]) < K * float(data.kappa_error[0])


@pytest.mark.parametrize("name", ["best 10 of 40", "raw, n = 40"])
def test_the_law_on_a_linear_loss_is_measured_and_a_wrong_one_told(name: str) -> None:
    scheme = descents.SCHEMES[name]
    data = one_step.linear(corr.root_key(0), scheme, evaluations=40_000)
    for key in ("drift", "noise", "kappa"):
        value, error = float(data[key]), float(data[f"{key}_error"])
        assert abs(value - float(data[f"{key}_theory"])) < K * error
    assert abs(float(data.drift) - 1.1 * scheme.law.drift) > K * float(data.drift_error)


def test_schemes_of_equal_noise_have_steps_of_equal_noise() -> None:
    """Variance per unit of time D L/v is what was asked for, and a twin's moments have it."""
    gradient = jnp.array([3.0, 4.0])
    for scheme in (schemes.recombination(10, 40), schemes.strategy(40, "raw")):
        length = scheme.length(0.02)
        assert scheme.law.noise * length**2 / scheme.time(length) == pytest.approx(0.02)
        drift, factor = paths.moments(scheme, length)(gradient)
        size = 5.0 if scheme.plain else 1.0
        assert float(jnp.linalg.norm(drift)) == pytest.approx(size)
        assert float(factor(jnp.ones(2))[0]) == pytest.approx(math.sqrt(0.02) * size)


def test_plain_descent_is_judged_on_its_own_longer_time() -> None:
    parts, _ = WRITTEN["best_of"]()
    path = parts["path one of 5"]
    plain = path.assign_coords(time=paths.PLAIN_TIMES * path.time).assign_attrs(plain=1)
    for time, data in ((row.LATE, path), (paths.PLAIN_TIMES * row.LATE, plain)):
        assert f"at t = {time:g} mean weights" in row.judge({"path one of 5": data})[0]


@pytest.mark.slow
def test_a_strategy_leaves_its_law_where_its_mutations_are_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Σx⁴ raw fitness follows 4x³ + 12σ²x, of which σ enters by the width of the mutations alone."""
    start = jnp.array([1.0, 0.5, -0.8])
    monkeypatch.setattr(one_step, "network", lambda: (lambda x: jnp.sum(x**4), {"start": start}))
    data = one_step.lengths(corr.root_key(2), schemes.strategy(40, "raw"), 40_000, (1e-3, 0.5))
    gradient = 4 * start**3
    wide = 1 + float(jnp.sum(gradient * 12 * 0.5**2 * start) / jnp.sum(gradient**2))
    for ratio, error, expected in zip(data.ratio.values, data.ratio_error.values, (1.0, wide), strict=True):
        assert abs(ratio - expected) < K * error
    assert abs(float(data.ratio[1]) - 1) > K * float(data.ratio_error[1])


@pytest.mark.slow
def test_a_scheme_falls_on_its_twin_and_a_wrong_clock_does_not() -> None:
    sizes = paths.Sizes(step_time=5e-4, end=0.6, trajectories=24)
    right = schemes.recombination(2, 6)
    wrong = right._replace(law=right.law._replace(drift=1.5 * right.law.drift))
    found = {}
    for name, scheme in (("right", right), ("wrong", wrong)):
        last = paths.path(corr.root_key(1), scheme, sizes).isel(time=-1)
        found[name] = abs(float(last.loss) - float(last.twin_loss)) / math.hypot(
            float(last.loss_error), float(last.twin_loss_error)
        )
    assert found["right"] < K < found["wrong"]


def test_curvature_is_second_order_over_first() -> None:
    """E(εᵀHε/2)² = σ⁴ ((tr H)² + 2 tr H²)/4, over σ|g|."""
    point = jnp.array([1.0, 2.0])
    scale = one_step.curvature(lambda x: jnp.sum(jnp.array([1.0, 3.0]) * x**2) / 2, point)
    expected = math.sqrt(4**2 + 2 * (1 + 9)) / (2 * math.sqrt(1 + 36))
    assert scale == pytest.approx(expected)
