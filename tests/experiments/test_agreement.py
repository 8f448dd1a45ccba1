"""The word on agreement follows from the numbers."""

from typing import Any

import pytest

from experiments._agreement import of_experiment, of_numbers
from experiments._catalogue import EXPERIMENTS
from experiments._numbers import Number


def judged(p: float = 0.5, left: float | None = None, detectable: float = 0.01) -> dict[str, Any]:
    row = {"time": 1.0, "unbiased": 0.001, "standard_error": 0.002, "detectable": detectable}
    side = {"rows": [row, {**row, "time": 9.0, "detectable": 1.0}], "left_behind_at": left}
    return {"run": "a run", "twin": {**side, "together": {"mean_p": p, "loss_p": 0.9}}, "descent": side}


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (judged(), "agrees"),
        (judged(p=0.02), "differs"),
        (judged(p=0.03), "agrees"),
        (judged(left=2.0), "differs"),
        (judged(left=8.0), "agrees"),
        (judged(detectable=0.1), "undecided"),
    ],
)
def test_following_is_judged_by_the_smallest_step_ratio_and_the_declared_margins(verdict: Any, word: str) -> None:
    found = of_experiment(EXPERIMENTS["fig2"], [verdict, judged(p=0.0001, left=0.1)])
    assert found.word == word and "0.1 ± 0.2 %" in found.line and "a run" in found.line


def test_breakdown_is_judged_by_the_largest_step_ratio() -> None:
    assert of_experiment(EXPERIMENTS["figs3"], [judged(), judged(left=2.0)]).word == "agrees"
    assert of_experiment(EXPERIMENTS["figs3"], [judged(left=2.0), judged()]).word == "undecided"


def test_numbers_are_judged_all_together() -> None:
    near, far, free = Number(1.0, 1.0, None, 0.0), Number(2.2, 1.0, None, 0.0), Number(7.0, 1.0)
    assert of_numbers({"free": free}).word == "no prediction"
    assert of_numbers({"near": near, "free": free}).word == "consistent"
    assert of_numbers({"far": far}).word == "differs"
    assert of_numbers({"far": far, "near": near}).word == "consistent"  # k grows with the number of comparisons
    assert of_numbers({"far": far._replace(count=8)}).word == "consistent"  # and where few trajectories give the error
