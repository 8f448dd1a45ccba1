"""Runs of one experiment, and parts of studies, share no random numbers; a run shared by experiments keeps its own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from experiments import _runner
from experiments._declare import Experiment, Preset, Problem
from experiments._guard import DecisionGuard
from experiments._keys import own_key
from experiments._plan import Options
from experiments._runner import run_experiment
from experiments._study import Study, run_study
from experiments.fig1 import experiment as fig1
from experiments.fig2 import experiment as fig2

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
    return run_experiment(PAIR, Options(preset="smoke", output=output), say=lambda line: None)


def test_two_runs_of_one_experiment_share_no_random_numbers(tmp_path: Path) -> None:
    folders = run_pair(tmp_path)
    # 4.5 standard errors, two sides: a false alarm for 1.4e-5 of all seeds.
    assert max(abs(dependence(folders, side)) for side in ("mutation", "twin")) < 4.5


def test_the_measure_of_dependence_sees_runs_under_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_runner, "own_key", lambda root, **facts: root)
    folders = run_pair(tmp_path)
    # Shared numbers correlate deviations by more than a half: about 0.5 sqrt(200 · 4) = 14 standard errors.
    assert min(dependence(folders, side) for side in ("mutation", "twin")) > 7


def test_keys_differ_between_runs_and_agree_where_two_experiments_share_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[tuple[Path, tuple[int, ...]]] = []
    monkeypatch.setattr(
        _runner, "_one_run", lambda task, say: used.append((task.folder, tuple(jax.random.key_data(task.key).tolist())))
    )
    other = replace(PAIR, network="other")
    for one, seed, beta in ((PAIR, 0, None), (other, 0, None), (PAIR, 1, None), (PAIR, 0, 100.0)):
        output = tmp_path / f"{seed} {beta}"
        run_experiment(one, Options(preset="smoke", output=output, seed=seed, beta=beta), say=lambda line: None)
    assert len({key for _, key in used}) == len(used) == 8

    used.clear()
    shared = replace(fig2.presets["smoke"], step_ratios=fig1.presets["smoke"].step_ratios, trajectories=(8,))
    for number, one in enumerate((fig1, replace(fig2, presets={"smoke": shared}))):
        output = tmp_path / f"figure {number}"
        run_experiment(one, Options(preset="smoke", output=output), say=lambda line: None)
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
        run_study(study, sizes, lambda line: None)
    root = corr.root_key(0)
    clock = corr._compare.resolve_clock(1e-3, 1.0, None, np.inf)
    guard = DecisionGuard(bowl().loss, clock, own_key(root, run=0), tmp_path, print)
    guard._counter = lambda params, key: (note(key), corr.FlipRate(0, 64, 0.0, 0.0, 0.1))[1]
    for step in (0, 1, 2):
        guard.at_checkpoint(step, None)
    roots = (root, own_key(root, run=0))
    keys = [jax.random.fold_in(one, int(stream)) for one in roots for stream in corr.Stream]
    of_runs = {tuple(jax.random.key_data(key).tolist()) for key in keys}
    assert len(set(drawn)) == len(drawn) == 9
    assert not of_runs & set(drawn)


def test_the_guard_refuses_warns_and_keeps_a_row_for_every_checkpoint(tmp_path: Path) -> None:
    said: list[str] = []
    clock = corr._compare.resolve_clock(1e-3, 1.0, None, np.inf)
    guard = DecisionGuard(bowl().loss, clock, corr.root_key(0), tmp_path, said.append)
    guard._counter = lambda params, key: corr.FlipRate(2, 100, 0.02, 0.0, 0.1)
    with pytest.raises(ValueError, match="2 % of decisions differ from float64 at the start"):
        guard.start(None)
    guard.at_checkpoint(10, None)
    assert [row["flips"] for row in guard.rows()] == [2, 2]
    assert len(said) == 2 and "at t = 0.01" in said[1]
