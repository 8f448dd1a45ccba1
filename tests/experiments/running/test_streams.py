"""Runs of one experiment, and parts of studies, share no random numbers; a run shared by experiments keeps its own."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr import _decisions
from corr._flips import interval
from corr._referee import RefereeError
from corr.experiments.declaring.experiment import Experiment, Preset, Problem
from corr.experiments.declaring.options import Options
from corr.experiments.declaring.study import Study
from corr.experiments.paper.shallow import fig1, fig2
from corr.experiments.running import comparison, task
from corr.experiments.running.comparison import run_experiment
from corr.experiments.running.decisions import DecisionGuard
from corr.experiments.running.keys import own_key
from corr.experiments.running.parts import run_study
from corr.experiments.running.plan import plan_experiment, plan_study

TRAJECTORIES, SIZE = 200, 4


def bowl() -> Problem:
    return Problem(lambda x: 0.5 * jnp.sum(x**2), lambda key: jnp.ones(SIZE))


PAIR = Experiment(
    "pair", "two step ratios on a bowl", bowl, network="bowl",
    presets={"smoke": Preset(1e-4, (5.0, 10.0), (TRAJECTORIES,) * 2, TRAJECTORIES, end_time=0.05, record_every=0.05)},
)  # fmt: skip


def dependence(folders: list[Path], side: str) -> float:
    """Σ of products of the two runs' deviations, trajectory by trajectory, in its standard errors.

    Products of trajectories with numbers of their own are independent with mean 0, up to the shared sample mean (1/n).
    """
    first, second = (
        np.asarray(getattr(corr.load_run(folder)[0], side).path.values[:, -1], np.float64) for folder in folders
    )
    products = np.sum((first - first.mean(0)) * (second - second.mean(0)), axis=1)
    return float(products.sum() / (products.std(ddof=1) * np.sqrt(len(products))))


def run_pair(output: Path) -> list[Path]:
    job = plan_experiment(PAIR, Options(preset="smoke", output=output, devices=1))
    run_experiment(job, say=lambda line: None)
    return job.folders


@pytest.mark.slow
def test_two_runs_of_one_experiment_share_no_random_numbers(tmp_path: Path) -> None:
    folders = run_pair(tmp_path)
    # 4.5 standard errors, two sides: a false alarm for 1.4e-5 of all seeds.
    assert max(abs(dependence(folders, side)) for side in ("mutation", "twin")) < 4.5


@pytest.mark.slow
def test_the_measure_of_dependence_sees_runs_under_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "own_key", lambda root, **facts: root)
    folders = run_pair(tmp_path)
    # Shared numbers correlate deviations by more than a half: about 0.5 sqrt(200 · 4) = 14 standard errors.
    assert min(dependence(folders, side) for side in ("mutation", "twin")) > 7


def test_keys_differ_between_runs_and_agree_where_two_experiments_share_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[tuple[Path, tuple[int, ...]]] = []
    one_run = comparison._one_run

    class Begun(Exception):
        pass

    def note(*args: Any, key: jax.Array, checkpoint: Path, **options: Any) -> None:
        used.append((checkpoint.parent, tuple(jax.random.key_data(key).tolist())))
        raise Begun

    def begin(*args: Any) -> None:
        with pytest.raises(Begun):
            one_run(*args)

    monkeypatch.setattr(corr, "compare", note)
    monkeypatch.setattr(comparison, "DecisionGuard", MagicMock())
    monkeypatch.setattr(comparison, "_one_run", begin)
    other = replace(PAIR, network="other")
    for one, seed, beta in ((PAIR, 0, None), (other, 0, None), (PAIR, 1, None), (PAIR, 0, 100.0)):
        output = tmp_path / f"{seed} {beta}"
        asked = Options(preset="smoke", output=output, seed=seed, beta=beta)
        run_experiment(plan_experiment(one, asked), say=lambda line: None)
    assert len({key for _, key in used}) == len(used) == 8

    used.clear()
    shared = replace(fig2.presets["smoke"], step_ratios=fig1.presets["smoke"].step_ratios, trajectories=(8,))
    for number, one in enumerate((fig1, replace(fig2, presets={"smoke": shared}))):
        output = tmp_path / f"figure {number}"
        run_experiment(plan_experiment(one, Options(preset="smoke", output=output)), say=lambda line: None)
    (place, first), (again, second) = used
    assert place.name == again.name and first == second


def test_parts_of_studies_and_flip_checks_have_numbers_of_their_own(tmp_path: Path) -> None:
    drawn: list[tuple[int, ...]] = []

    def note(key: jax.Array, *_: Any) -> xarray.Dataset:
        drawn.append(tuple(jax.random.key_data(key).tolist()))
        return xarray.Dataset({"x": 0.0})

    for name in ("a", "b"):
        sizes = Options(preset="smoke", output=tmp_path)
        study = Study(name, name, {"smoke": corr.ensemble.Layout(1, 1, 1)}, lambda _: dict.fromkeys("xyz", note),
                      lambda found: [], {"smoke": 0.0})  # fmt: skip
        run_study(plan_study(study, sizes), lambda line: None)
    root = corr.root_key(0)
    clock = corr.resolve_clock(1e-3, 1.0, None, np.inf)
    guard = DecisionGuard(bowl().loss, clock, own_key(root, run=0), tmp_path, print)
    guard._counter = lambda params, key: (note(key), corr.FlipRate(0, 64, 0.0, 0.0, 0.1))[1]
    for step in (0, 1, 2):
        guard.at_checkpoint(step, jnp.ones(SIZE))
    roots = (root, own_key(root, run=0))
    keys = [jax.random.fold_in(one, int(stream)) for one in roots for stream in corr.Stream]
    of_runs = {tuple(jax.random.key_data(key).tolist()) for key in keys}
    assert len(set(drawn)) == len(drawn) == 9
    assert not of_runs & set(drawn)


@pytest.fixture
def guard(tmp_path: Path) -> tuple[DecisionGuard, list[str]]:
    """A guard, and what it says."""
    said: list[str] = []
    clock = corr.resolve_clock(1e-3, 1.0, None, np.inf)
    return DecisionGuard(bowl().loss, clock, corr.root_key(0), tmp_path, said.append), said


FEW, SOME, MANY = (interval(flips, 1000) for flips in (2, 5, 30))  # lower ends 0.01, 0.1 and 1.8 %


JUDGED = [
    (FEW, False, ""),
    (SOME, False, "5 of 1000 accept/reject decisions differ from float64 {}, expected under 0.1 %: use"),
    (MANY, True, "30 of 1000 accept/reject decisions differ from float64 {}, expected under 1 %: use"),
    (FEW._replace(change_error=0.04), False, ""),
    (FEW._replace(change_error=0.06), False, "change of the loss differs from float64 by up to 6 % {}, expected"),
    (FEW._replace(change_error=np.inf), False, "change of the loss differs from float64 by up to inf % {}"),
    (MANY._replace(change_error=0.06), True, "30 of 1000 accept/reject decisions differ"),
]


@pytest.mark.parametrize(("found", "refused", "said"), JUDGED)
def test_the_guard_refuses_warns_and_keeps_a_row_for_every_checkpoint(
    found: corr.FlipRate, refused: bool, said: str, guard: tuple[DecisionGuard, list[str]]
) -> None:
    one, heard = guard
    one._counter = lambda params, key: found
    place, at_start, later = jnp.ones(SIZE), said.format("at the start"), said.format("at t = 0.01")
    with pytest.raises(ValueError, match=at_start) if refused else nullcontext():
        one.start(place)
    one.at_checkpoint(10, place)
    one.at_checkpoint(10, place)
    expected = ([] if refused else [at_start]) + [later]
    assert len(heard) == len(expected) * bool(said)
    assert all(text in line for text, line in zip(expected, heard, strict=bool(said)))
    assert [row["flips"] for row in one.rows()] == [found.flips] * 2


@pytest.mark.parametrize(("found", "refused", "said"), JUDGED)
def test_the_check_before_a_run_judges_as_the_guard_does(
    found: corr.FlipRate, refused: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_decisions, "decision_counter", lambda side, draws: lambda params, key: found)
    walk, text = corr.mutation(bowl().loss, mutation_std=0.1), said.format("at the start")
    silent = pytest.warns(UserWarning, match=text) if said else nullcontext()
    with pytest.raises(ValueError, match=text) if refused else silent:
        _decisions.check_against_float64(walk, jnp.ones(SIZE), corr.root_key(0))


def test_a_loss_without_a_form_in_float64_is_run_and_said_once(guard: tuple[DecisionGuard, list[str]]) -> None:
    def refuse(params: Any, key: Any) -> corr.FlipRate:
        raise RefereeError("the loss cannot be evaluated in float64")

    guard[0]._counter = refuse
    guard[0].start(jnp.ones(SIZE))
    guard[0].at_checkpoint(10, jnp.ones(SIZE))
    assert (
        guard[1] == ["warning: decisions are not compared with float64: the loss cannot be evaluated in float64"]
        and guard[0].rows() == []
    )


@pytest.mark.parametrize("torn", ['{"time": 0.0, "flips"', "", "12", "[0.0]", '{"time": 1.0}', "\0\0\0"])
def test_rows_torn_by_a_crash_are_passed_over(
    torn: str, tmp_path: Path, guard: tuple[DecisionGuard, list[str]]
) -> None:
    guard[0]._counter = lambda params, key: FEW
    guard[0].at_checkpoint(10, jnp.ones(SIZE))
    file = tmp_path / "flips.jsonl"
    with file.open("a") as opened:
        opened.write(torn)
    guard[0].at_checkpoint(20, jnp.ones(SIZE))
    assert [row["time"] for row in guard[0].rows()] == pytest.approx([0.01, 0.02])
    assert len(file.read_text().splitlines()) == 2 + bool(torn)
