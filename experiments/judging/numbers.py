"""The key numbers of finished results: those of every run, and what a declaration adds."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from corr.results import Results, write_json

from ..declaring.experiment import Experiment
from ..declaring.number import Number
from ..declaring.study import Study


def numbers_of_experiment(
    experiment: Experiment, runs: Sequence[Results], judged: Sequence[Mapping[str, Any]]
) -> dict[str, Number]:
    """Numbers by name.

    Args:
        experiment: the declaration.
        runs: its finished runs, λ ascending.
        judged: their verdicts.

    Returns:
        The numbers of every run and those that the declaration adds; those without a finite value and a positive
        standard error are left out.
    """
    every = {name: one for run, verdict in zip(runs, judged, strict=True) for name, one in of_run(run, verdict).items()}
    return shown(every) | quoted_numbers(experiment, runs)


def quoted_numbers(experiment: Experiment, runs: Sequence[Results]) -> dict[str, Number]:
    """What the declaration adds, saved for its figures as ``numbers-NAME.json`` beside the first run's results."""
    own = shown(experiment.numbers(runs))
    saved = {name: number._asdict() for name, number in own.items()}
    write_json(runs[0].folder / f"numbers-{experiment.name}.json", saved)
    return own


def numbers_of_study(study: Study, results: Results) -> dict[str, Number]:
    """The numbers of a study that have a finite value and a positive standard error."""
    return shown(study.numbers(results.parts))


def shown(every: Mapping[str, Number]) -> dict[str, Number]:
    """Those with a finite value and a positive standard error."""
    return {name: number for name, number in every.items() if math.isfinite(number.value) and number.error > 0}


def of_run(results: Results, judged: Mapping[str, Any]) -> dict[str, Number]:
    """A run at its last time: mean loss, its differences, and unbiased Δ over the squared distance travelled."""
    ratio = f"λ = {results.configuration['step_ratio']:g}"
    descent, twin = (judged["sides"][side][-1] for side in ("descent", "twin"))
    finite = results.manifest["trajectories"]["finite"]
    found = {
        f"{ratio}: mean loss": Number(descent["loss"], descent["loss_error"], finite),
        f"{ratio}: loss, mutation less descent": Number(descent["loss_difference"], descent["loss_error"], finite),
    }
    for side, row, count in (("descent", descent, finite), ("twin", twin, min(finite, twin["followed"]))):
        found[f"{ratio}: unbiased Δ to {side} / squared distance travelled"] = Number(
            row["unbiased"], row["standard_error"], count
        )
    loss = Number(twin["loss_difference"], twin["loss_error"], min(finite, twin["followed"]), 0.0)
    return {**found, f"{ratio}: loss, mutation less twin": loss}
