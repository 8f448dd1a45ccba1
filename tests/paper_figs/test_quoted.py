"""Numbers that figures quote: declared with the experiment, saved with its runs, drawn from the saved value alone."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

from corr import inference
from corr.experiments.paper.deep import fig4, fig5
from corr.experiments.paper.wide import fig6
from corr.figures import fig4 as fig4_module
from corr.figures import fig6 as fig6_module
from corr.figures.parts.read import ExperimentResult
from corr.results import Results

POWER = "λ = 20: power of n in Δ to descent"


def titles(figure: Figure) -> str:
    """All that stands over its axes."""
    return "\n".join(axis.get_title() for axis in figure.axes)


def test_fig4_declares_correlations_with_errors(runs: list[Path]) -> None:
    results = Results(runs[0])
    found = fig4.numbers([results])
    walk, twin, descent = (side.path.values.astype(float) for side in results.sides)
    moved, twins = walk[:, -1] - walk[:, 0], (twin[:, -1] - twin[:, 0])[:20]  # 20 twins are followed to the end
    for name, other, expected in (("descent", descent[:, -1] - descent[:, 0], None), ("twin", twins, 1.0)):
        one = inference.agreement(moved, other)
        correlation, ratio = found[f"correlation with {name}"], found[f"ratio to what equal means give, {name}"]
        a, b = moved.mean(axis=0), other.mean(axis=0)
        assert correlation.value == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
        assert (correlation.error, correlation.expected) == (one.correlation_error, None) and correlation.error > 0
        assert (ratio.value, ratio.error, ratio.expected) == (one.ratio, one.ratio_error, expected)
        assert ratio.count == 8
    assert len(found) == 4 and fig5.numbers([results]) == {}


def test_fig6_declares_the_power_of_n(runs: list[Path], large: Path) -> None:
    found = fig6.numbers([Results(runs[0]), Results(large)])
    number = found[POWER]
    walk, _, descent = (side.path.values[:, [-1]].astype(float) for side in Results(large).sides)
    counts = np.unique(np.geomspace(1, 48, 13).round().astype(int)).tolist()
    law = inference.convergence_in_trajectories(walk, descent[0], counts=counts)
    assert (number.value, number.expected) == (law.exponent[0], -1.0)
    half = stats.t.ppf(0.975, number.count - 1) * number.error
    assert (number.value - half, number.value + half) == pytest.approx((law.lower[0], law.upper[0]))
    assert fig6.numbers([Results(runs[0])]) == {}  # 8 trajectories have no blocks


@pytest.mark.parametrize(
    ("experiment", "figure", "key", "drawn"),
    [
        ("fig4", "fig4b", "correlation with descent", r"correlation 0\.123 ± 0\.045"),
        ("fig4", "fig4b", "ratio to what equal means give, twin", r"ratio 0\.123 ± 0\.045"),
        ("fig6", "fig6c", POWER, r"power of \$n\$ 0\.123 \(95 %: 0\.027 to 0\.219\)"),
    ],
)
def test_titles_hold_the_saved_numbers(
    experiment: str, figure: str, key: str, drawn: str, runs: list[Path], large: Path, more: Any, tmp_path: Path
) -> None:
    """What was saved stands in the JSON as well; another value in the file is another title."""
    first = tmp_path / "first"
    shutil.copytree(runs[0], first)
    file = first / f"numbers-{experiment}.json"
    saved = json.loads(file.read_text(encoding="utf-8"))
    assert json.dumps(saved[key]["value"]) in json.dumps(more.numbers(figure))
    file.write_text(json.dumps(saved | {key: {**saved[key], "value": 0.123, "error": 0.045}}), encoding="utf-8")
    module = fig4_module if experiment == "fig4" else fig6_module
    found = ExperimentResult(experiment, [Results(first), *[Results(large)] * (experiment == "fig6")])
    assert not re.search(drawn, titles(more.figures[figure]))
    assert re.search(drawn, titles(module.MAKERS[figure](found)[0]))


def test_numbers_without_an_error_are_not_quoted(runs: list[Path], tmp_path: Path) -> None:
    first = tmp_path / "first"
    shutil.copytree(runs[0], first)
    file = first / "numbers-fig4.json"
    saved = json.loads(file.read_text(encoding="utf-8"))
    for kept, said in (((), "no correlation"), (("correlation with descent",), "noise hides")):
        file.write_text(json.dumps({key: saved[key] for key in kept}), encoding="utf-8")
        figure, _ = fig4_module.MAKERS["fig4b"](ExperimentResult("fig4", [Results(first)]))
        assert said in titles(figure)
