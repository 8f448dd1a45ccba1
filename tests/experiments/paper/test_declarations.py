"""Declarations of the paper's figures: consistent sizes, shared runs, whole steps; each runs end to end (slow)."""

import json
import math
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
import xarray
from jax.flatten_util import ravel_pytree

import corr
from corr._clock import whole_steps
from corr.experiments import cli
from corr.experiments.catalogue import EXPERIMENTS, STUDIES
from corr.experiments.declaring.experiment import Experiment
from corr.experiments.declaring.options import Options
from corr.experiments.problems.sines import wide_sine
from corr.experiments.running.means import means
from corr.experiments.running.plan import plan_experiment
from corr.experiments.studies.architectures import END_TIMES, RECORDS


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize("preset", ["smoke", "quick", "night", "paper"])
def test_recorded_times_are_whole_steps(name: str, preset: str) -> None:
    experiment = EXPERIMENTS[name]
    size = experiment.preset(preset)
    for _, clock, trajectories in plan_experiment(experiment, Options(preset=preset)).tasks:
        assert trajectories >= 3 and size.twin_trajectories >= 3
        for step in (clock.step_time, size.descent_learning_rate or clock.learning_rate):
            assert whole_steps(size.record_every, step, name) >= 1
        assert whole_steps(size.end_time, size.record_every, name) >= 1
    assert list(experiment.presets[preset].step_ratios) == sorted(experiment.presets[preset].step_ratios)


@pytest.mark.parametrize("what", ["weights_until", "loss_until"])
def test_runs_recorded_too_coarsely_to_be_judged_are_refused_before_they_run(what: str) -> None:
    """Preset smoke of Figure 1 records every 0.125; at the last declared time itself there is one time to judge."""

    def declared(until: float) -> Experiment:
        fig1 = EXPERIMENTS["fig1"]
        return replace(fig1, margins=replace(fig1.margins, **{what: until}))

    with pytest.raises(ValueError, match=rf"t = 0.125, expected at most {what} = 0.1: record more often, or declare"):
        plan_experiment(declared(0.1), Options(preset="smoke"))
    assert len(plan_experiment(declared(0.125), Options(preset="smoke")).tasks) == 1


@pytest.mark.parametrize("preset", ["smoke", "quick", "night", "paper"])
def test_runs_of_one_folder_have_one_configuration(preset: str) -> None:
    """Experiments that share a network and a λ, and so a folder, agree in everything else."""
    seen: dict[Path, object] = {}
    for experiment in EXPERIMENTS.values():
        size = experiment.preset(preset)
        for folder, clock, trajectories in plan_experiment(experiment, Options(preset=preset)).tasks:
            rest = (size.twin_trajectories, size.end_time, size.record_every, size.thin, size.descent_learning_rate)
            problem = size.problem or experiment.problem
            facts = (clock, trajectories, rest, getattr(problem, "__name__", repr(problem)))
            assert seen.setdefault(folder, facts) == facts, folder


@pytest.mark.parametrize("preset", ["smoke", "quick", "paper"])
def test_architectures_are_recorded_at_the_same_times(preset: str) -> None:
    sizes = STUDIES["architectures"].presets[preset]
    for name, end in END_TIMES.items():
        for step in (*sizes.step_times, sizes.descent_learning_rate):
            assert whole_steps(end / RECORDS, step, name) >= 1
    assert len(sizes.step_times) == len(sizes.trajectories)


def folders(name: str) -> list[Path]:
    return plan_experiment(EXPERIMENTS[name], Options()).folders


def test_figures_share_the_runs_they_should() -> None:
    for first, second in (("fig2", "figs2"), ("fig2", "bias"), ("fig4", "fig5")):
        assert folders(first) == folders(second)
    assert folders("fig4") == folders("fig3")[:1]
    assert folders("figs1") != folders("fig1")


def test_the_papers_settings() -> None:
    deep, wide = EXPERIMENTS["fig3"], EXPERIMENTS["fig6"]
    template = jax.eval_shape(deep.problem().init, jax.random.key(0))
    assert sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(template)) == 7489
    assert deep.presets["paper"].step_ratios == (0.1, 1.0) and math.isinf(deep.beta)
    assert wide.beta == 1e3 and wide.problem().facts["points"] == 1000
    assert wide.presets["paper"].resolved(wide).facts["points"] == 1000
    assert wide.presets["quick"].resolved(wide).facts["points"] == 250
    assert STUDIES["figs4"].presets["paper"].trajectories == 152
    assert len(STUDIES["figs4"].parts(STUDIES["figs4"].presets["paper"])) == 10


def test_another_start_is_another_network() -> None:
    first, second = (EXPERIMENTS[name].problem().start() for name in ("fig1", "figs1"))
    assert not np.allclose(first["a"], second["a"])


def test_means_are_those_of_the_mean_weights() -> None:
    problem = wide_sine(8)
    params = problem.init(corr.root_key(0))
    start, unravel = ravel_pytree(params)
    rows = np.asarray(start) + np.random.default_rng(0).normal(size=(3, 3, start.size)).astype("f4")
    sides = [xarray.Dataset({"mean": (("time", "parameter"), row)}, {"time": [0.0, 0.1, 0.2]}) for row in rows]
    data = means(corr.Comparison(*sides), problem, params)
    assert data.output.sizes == {"side": 3, "time": 3, "point": 8}
    # U is the mean squared error of the saved outputs; float32 sums of 8 terms.
    np.testing.assert_allclose(((data.output - data.target) ** 2).mean("point"), data.loss, rtol=1e-5)
    np.testing.assert_allclose(data.loss[2, 0], problem.loss(unravel(rows[2, 0])), rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("names", [("fig3", "fig4", "fig5"), ("fig6",), ("figs1", "figs2", "bias"), ("figs3",)])
def test_every_figure_runs_and_draws(names: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["reproduce", *names, "--preset", "smoke", "--output", str(tmp_path)]) == 0
    drawn = [Path(line.removeprefix("figure: ")) for line in capsys.readouterr().out.splitlines() if ".json" in line]
    assert {file.stem.rstrip("abc") for file in drawn} == set(names)
    for file in drawn:
        assert "preset" in json.dumps(json.loads(file.read_text()))
        assert file.with_suffix(".pdf").stat().st_size > 1000
