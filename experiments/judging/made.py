"""What came of one experiment or study: its verdict in one word, its numbers, and what was said of each run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from corr.results import Results, write_json

from ..declaring.experiment import Experiment
from ..declaring.number import Number
from ..declaring.study import Study
from .agreement import UNJUDGED, Agreement, of_experiment, of_numbers
from .numbers import numbers_of_experiment, numbers_of_study
from .verdict import FILE, verdict


class Judged(NamedTuple):
    """What finished results say.

    Attributes:
        agreement: whether the figure agrees with the paper, or with theory.
        numbers: the key numbers by name.
        verdicts: one for each folder; ``sentences`` in all, that of a run as ``verdict`` gives it.
    """

    agreement: Agreement
    numbers: Mapping[str, Number]
    verdicts: Sequence[Mapping[str, Any]]


class Made(NamedTuple):
    """What came of one entry of the catalogue; ``error`` says why there is nothing where there is nothing."""

    entry: Experiment | Study
    results: Sequence[Results] = ()
    files: Sequence[Path] = ()
    judged: Judged = Judged(Agreement(UNJUDGED, ""), {}, ())
    error: str = ""

    @property
    def word(self) -> str:
        """The verdict in a word."""
        return "failed" if self.error else self.judged.agreement.word


def judge_experiment(experiment: Experiment, runs: Sequence[Results]) -> Judged:
    """Judge the runs of an experiment, λ ascending."""
    judged = [verdict(run, experiment.margins) for run in runs]
    numbers = numbers_of_experiment(experiment, runs, judged)
    return Judged(of_experiment(experiment, judged), numbers, judged)


def judge_study(study: Study, runs: Sequence[Results]) -> Judged:
    """Let a study say what its parts show."""
    (results,) = runs
    said = {"study": study.name, "sentences": study.judge(results.parts)}
    write_json(results.folder / FILE, said)
    numbers = numbers_of_study(study, results)
    return Judged(of_numbers(numbers), numbers, [said])
