"""What differs between kinds of entries, one row each."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from corr._fingerprint import Fingerprint
from corr.results import Results

from ..declaring.experiment import Experiment
from ..declaring.options import Options
from ..declaring.study import Study
from ..judging.made import Judged, judge_experiment, judge_study
from ..judging.numbers import quoted_numbers
from ..running.comparison import run_experiment
from ..running.cost import experiment_seconds, study_seconds
from ..running.job import Job
from ..running.parts import run_study
from ..running.plan import plan_experiment, plan_study
from ..running.saved import loss_saved, program_saved


def _nothing(entry: Study, runs: Sequence[Results]) -> None:
    """Figures of a study are drawn from its parts alone."""
    del entry, runs


class Kind(NamedTuple):
    """How one kind of entry is planned, run, timed, told from another, and judged; what its figures quote."""

    plan: Callable[[Any, Options], Job[Any]]
    execute: Callable[[Job[Any], Callable[[str], None]], None]
    seconds: Callable[[Job[Any]], dict[Path, float]]
    fingerprint: Callable[[Job[Any], str], tuple[str, Fingerprint]]
    judge: Callable[[Any, Sequence[Results]], Judged]
    quote: Callable[[Any, Sequence[Results]], Any]


KINDS = {
    Experiment: Kind(plan_experiment, run_experiment, experiment_seconds, loss_saved, judge_experiment, quoted_numbers),
    Study: Kind(plan_study, run_study, study_seconds, program_saved, judge_study, _nothing),
}


def kind(entry: Experiment | Study) -> Kind:
    """The row of an entry."""
    return KINDS[type(entry)]
