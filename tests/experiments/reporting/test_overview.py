"""Which number stands for a figure, and how its word is coloured."""

from dataclasses import replace

from corr.experiments.declaring.experiment import Experiment
from corr.experiments.declaring.number import Number
from corr.experiments.judging.made import Made
from corr.experiments.judging.numbers import of_run
from corr.experiments.reporting.overview import key_number, tone

OWN = {"correlation at the end": Number(0.9, 0.01)}


def test_the_number_a_declaration_adds_stands_for_the_figure(experiment: Made) -> None:
    judged = experiment.judged
    added = experiment._replace(judged=judged._replace(numbers={**judged.numbers, **OWN}))
    assert key_number(added) == "correlation at the end"
    nothing = experiment._replace(judged=judged._replace(numbers={}))
    assert key_number(nothing) == ""


def test_a_breakdown_is_told_by_its_largest_step(experiment: Made) -> None:
    """Two runs: the second one here is the first under another λ."""
    (run,), (verdict,), entry = experiment.results, experiment.judged.verdicts, experiment.entry
    other = type(run)(run.folder)
    other.manifest = {**run.manifest, "configuration": {**run.configuration, "step_ratio": 9.0}}
    numbers = {**experiment.judged.numbers, **of_run(other, verdict)}
    judged = experiment.judged._replace(verdicts=[verdict, verdict], numbers=numbers)
    both = experiment._replace(results=[run, other], judged=judged)
    assert isinstance(entry, Experiment)
    assert key_number(both).startswith("λ = 1: unbiased Δ to descent")
    assert key_number(both._replace(entry=replace(entry, breaks_down=True))).startswith("λ = 9: unbiased Δ to descent")


def test_tones() -> None:
    words = ("agrees", "consistent", "differs", "undecided", "no prediction", "failed")
    assert [tone(word, "quick") for word in words] == ["good", "good", "bad", "unsure", "neutral", "bad"]
    assert {tone(word, "smoke") for word in ("agrees", "consistent", "differs", "undecided")} == {"neutral"}
    assert tone("failed", "smoke") == "bad"
