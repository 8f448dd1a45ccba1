"""The word on agreement follows from the numbers."""

from typing import Any

import pytest

from corr.experiments.catalogue import EXPERIMENTS
from corr.experiments.declaring.number import Number
from corr.experiments.judging.agreement import of_experiment, of_numbers


def result_of(*, equivalent: bool = False, beyond: float | None = None) -> dict[str, Any]:
    verdict = {"equivalent": equivalent, "difference_p": 0.3}
    reach = {
        "weights": {"established": 3.0, "alone": [9, 12], "beyond": None},
        "loss": {"established": 0.0, "alone": [0, 32], "beyond": beyond},
    }
    margins = {"weights": 0.02, "weights_until": 3.0, "loss": 0.02, "loss_until": 8.0}
    twins = {"time": 3.0, "share": 0.001, "error": 0.002}
    both = {"twin": verdict, "descent": verdict}
    losses = {"time": [0.0, 5.0], "loss_of_mean": [0.5, 0.25], "mean_loss": [0.5, 0.125], "descent": [0.5, 0.375]}
    return {"run": "a run", "twins": twins, "margins": margins, "verdicts": both, "reach": dict.fromkeys(both, reach),
            "losses": losses}  # fmt: skip


@pytest.mark.parametrize(
    ("result", "word"),
    [
        (result_of(equivalent=True), "agrees"),
        (result_of(beyond=4.0), "differs"),
        (result_of(), "undecided"),
    ],
)
def test_following_is_judged_by_the_smallest_step_ratio_and_the_declared_margins(
    result: dict[str, Any], word: str
) -> None:
    found = of_experiment(EXPERIMENTS["fig2"], [result, result_of(beyond=0.1)])
    assert found.word == word and "λ = 0.1. Here a run" in found.line
    assert "0.1 ± 0.2 %" in found.line
    assert "equivalent in weights to t = 3 of 3 (within 2 %), loss at no time (within 2 %)" in found.line
    assert ("further apart at t = 4" in found.line) == ("4.0" in str(result))


def test_finite_temperature_names_both_losses() -> None:
    both = "mean loss <U(x)> is 0.125, the loss of the mean weights U(<x>) 0.25, that of noise-free descent 0.375"
    assert f"At t = 5 the {both}" in of_experiment(EXPERIMENTS["fig6"], [result_of()]).line
    assert "U(<x>)" not in of_experiment(EXPERIMENTS["fig1"], [result_of()]).line


def test_breakdown_is_judged_by_the_largest_step_ratio() -> None:
    assert of_experiment(EXPERIMENTS["figs3"], [result_of(equivalent=True), result_of(beyond=2.0)]).word == "agrees"
    assert of_experiment(EXPERIMENTS["figs3"], [result_of(beyond=2.0), result_of()]).word == "undecided"


def test_numbers_are_judged_all_together() -> None:
    near, far, free = Number(1.0, 1.0, None, 0.0), Number(2.2, 1.0, None, 0.0), Number(7.0, 1.0)
    assert of_numbers({"free": free}).word == "no prediction"
    assert of_numbers({"near": near, "free": free}).word == "consistent"
    assert of_numbers({"far": far}).word == "differs"
    assert of_numbers({"far": far, "near": near}).word == "consistent"  # k grows with the number of comparisons
    assert of_numbers({"far": far._replace(count=8)}).word == "consistent"  # and where few trajectories give the error
