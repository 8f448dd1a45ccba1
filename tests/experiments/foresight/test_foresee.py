"""``corr validity``: what is foreseen of a small problem, its map, and its figure."""

import functools
import io
import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray
from rich.console import Console

import corr
import corr.figures as paper_figs
from corr import resolve_clock
from corr.experiments import Experiment, Preset, Problem, cli, foresee
from corr.experiments.commands import actions
from corr.experiments.foresight import foresee as foreseeing
from corr.experiments.foresight.foresee import _axes, _measured, _predicted_bias
from corr.experiments.foresight.regimes import REGIMES, Point, Row, largest_sigma, map_row, regime_map, regimes
from corr.experiments.foresight.steps import Measured, beyond, measure_step
from corr.experiments.reporting import foreseen
from corr.experiments.reporting.foreseen import show_foreseen
from corr.theory import level1
from corr.theory.spectrum import full_spectrum

BOWL = Experiment(
    name="bowl",
    title="a stiff quadratic bowl",
    problem=lambda: Problem(lambda x: jnp.sum(jnp.asarray([20.0, 1.0, 0.5]) * x * x) / 2, lambda key: jnp.ones(3)),
    presets={
        "smoke": Preset(1e-3, (1.0,), (6,), 12, end_time=1.0, record_every=0.2),
        "paper": Preset(1e-4, (1.0,), (6,), 12, end_time=3.0, record_every=0.2),
    },
)
TOLERANCE = 0.1
SIGMAS = np.geomspace(1e-7, 1e-1, 37)


def point_of(loss: Callable[[jax.Array], jax.Array], position: list[float]) -> Point:
    """A place on a path that has travelled a distance of 0.01."""
    with jax.enable_x64(True):
        x = jnp.asarray(position, jnp.float64)
        return Point(
            1.0, np.asarray(position, np.float32), full_spectrum(jax.grad(loss)(x), jax.hessian(loss)(x)), 0.01
        )


def bowl(x: jax.Array) -> jax.Array:
    return jnp.sum(jnp.asarray([20.0, 1.0, 0.5], x.dtype) * x * x) / 2


def quartic(x: jax.Array) -> jax.Array:
    return jnp.sum(x**4) / 4


def row_of(point: Point, beta: float) -> Row:
    with jax.enable_x64(True):
        return map_row(point, beta, SIGMAS)


def printed(found: xarray.Dataset) -> str:
    text = io.StringIO()
    show_foreseen(found, Console(file=text, width=120))
    return " ".join(text.getvalue().split())


@pytest.mark.slow
def test_each_cell_is_judged_by_the_nearer_limit() -> None:
    point = point_of(bowl, [0.01, 0.5, 0.5])
    table = regime_map(point, TOLERANCE, SIGMAS, [1e2, 1e9, math.inf])
    cold = 1e9 * SIGMAS * float(np.linalg.norm(point.spectrum.gradient)) > 1000
    assert cold.sum() > 20
    assert len({REGIMES[k] for k in np.asarray(table[2])[cold]}) >= 3
    np.testing.assert_array_equal(np.asarray(table[1])[cold], np.asarray(table[2])[cold])
    warm, steady = row_of(point, 1e9), np.ones(len(SIGMAS), bool)
    by_own_limit = np.asarray(regimes(warm._replace(cold_error=warm.error), steady, TOLERANCE))
    assert np.any(by_own_limit[cold] != np.asarray(table[2])[cold])


@pytest.mark.slow
def test_between_the_limits_neither_is_near() -> None:
    point = point_of(bowl, [0.01, 0.5, 0.5])
    size = float(np.linalg.norm(point.spectrum.gradient))
    names = [REGIMES[k] for k in regime_map(point, TOLERANCE, SIGMAS, [1e6])[0]]
    by_s = dict(zip(1e6 * SIGMAS * size, names, strict=True))
    follows = ("follows noise-free descent", "follows its noisy twin")
    assert all(name in follows for s, name in by_s.items() if s < 0.1)
    assert all(name == "follows the corrected twin only" for s, name in by_s.items() if 0.2 < s < 1)


def test_largest_sigma_is_found_between_grid_points() -> None:
    point = point_of(lambda x: x[0], [1.0, 1.0, 1.0])  # level 1 is exact: |∇U| = 1
    step = (SIGMAS[1] / SIGMAS[0]) ** (1 / (len(SIGMAS) - 1))

    def error(sigma: float) -> float:
        with jax.enable_x64(True):
            s = jnp.asarray(100.0 * sigma, jnp.float64)
            return 1 - 2 * float(level1.drift_factor(s) / s)

    def close(row: Row) -> np.ndarray:
        return row.error < TOLERANCE

    with jax.enable_x64(True):
        found = largest_sigma(functools.partial(map_row, point, 100.0), SIGMAS, close)
    assert error(found) < TOLERANCE < error(found * step)
    on_grid = max(sigma for sigma in SIGMAS if error(sigma) < TOLERANCE)
    assert error(on_grid * step) < TOLERANCE


@pytest.mark.slow
def test_where_the_quadratic_form_fails_is_said() -> None:
    clock = resolve_clock(1e-3, None, 1e-2, math.inf)
    start = [1.0, 0.5, -1.0]

    def measure(loss: Callable[[jax.Array], jax.Array]) -> Measured:
        return measure_step(loss, point_of(loss, start), 100.0, clock=clock, key=jax.random.key(0))

    # 4 standard errors, two comparisons each: a false alarm in 1.3e-4 of all seeds.
    assert not measure(bowl).beyond
    assert measure(quartic).beyond


def test_points_without_accepted_steps_are_judged_by_the_predicted_error() -> None:
    nothing = (0.0, 0.0, -1e-9)
    assert not beyond((0.0, 0.0, 1e-7), nothing)
    assert beyond((0.0, 0.0, 0.4), nothing)
    assert beyond((0.5, 0.005, 0.5), (-0.3, 0.003, -0.4))
    assert not beyond((0.5, 0.005, 0.5), (-0.398, 0.003, -0.4))


def test_measured_steps_have_random_numbers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[tuple[int, ...]] = []

    def measure(*args: Any, key: jax.Array, **options: Any) -> Measured:
        used.append(tuple(jax.random.key_data(key).tolist()))
        return Measured(1.0, 1.0, 1.0, (0.5, 0.1, 0.5), (0.0, 0.1, 0.0))

    monkeypatch.setattr(foreseeing, "measure_step", measure)
    point, clock = point_of(bowl, [1.0, 1.0, 1.0]), resolve_clock(1e-3, None, 1e-2, math.inf)
    roots = [corr.root_key(seed) for seed in (0, 1)]
    for root in roots:
        _measured(bowl, (point, point), clock, root)
    assert len(used) == len(set(used)) == 12  # other ones for each place and each seed
    of_runs = {
        tuple(jax.random.key_data(jax.random.fold_in(root, int(stream))).tolist())
        for root, stream in itertools.product(roots, corr.Stream)
    }
    assert not of_runs & set(used)


@pytest.mark.parametrize(("std", "beta"), [(2.5e-3, math.inf), (0.05, math.inf), (1e-9, 3.0), (1e-4, 2e10)])
def test_the_map_reaches_every_measured_point(std: float, beta: float) -> None:
    sigmas, betas = _axes(resolve_clock(1e-3, None, std, beta))
    assert sigmas[0] <= std
    assert sigmas[-1] >= 100 * std
    assert min(betas) <= beta <= max(betas)
    assert beta == math.inf or min(betas) <= beta <= betas[-2]


@pytest.mark.slow
def test_a_bowl_is_foreseen() -> None:
    clock = resolve_clock(1e-3, 1.0, None, math.inf)
    found = foresee(BOWL.problem(), clock, 1.0, corr.root_key(0), progress=False)
    found = found.assign_attrs(experiment="bowl", preset="smoke", paper_end_time=3.0)
    assert found.time.values == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert ((found.acceptance > 0) & (found.acceptance <= 0.5)).all()
    assert found.largest_sigma[0] > found.largest_sigma[-1] > 0
    assert found.attrs["largest_sigma"] == float(found.largest_sigma.min())
    assert (found.largest_sigma >= found.largest_sigma_noise_free).all()
    assert not found.beyond.any()  # exactly quadratic; 4 errors, 12 comparisons
    cold = found.regime.sel(beta=math.inf).isel(map_time=-1).values
    assert REGIMES[cold[0]] == "follows noise-free descent"
    assert REGIMES[cold[-1]] in ("follows the corrected twin only", "learns otherwise")
    assert "mean loss does not fall" in {REGIMES[k] for k in np.ravel(found.regime.isel(map_time=-1))}
    text = printed(found)
    assert "to t = 1, where preset smoke ends; preset paper goes to t = 3" in text
    worst = found.isel(time=int(np.argmax(found.bias.values)))
    assert f"the bias of Δ reaches {100 * float(worst.bias):.2g} % at t = {float(worst.time):g}" in text
    assert "not sufficient." in printed(found.assign(bias=found.bias * np.nan))
    unsure = found.assign(acceptance=found.acceptance * 0 + 0.4, acceptance_error=found.acceptance * 0 + 0.02)
    assert "0.40 ± 0.02" in printed(unsure) and "0.40 ± " not in text and (found.acceptance_error < 5e-4).all()
    assert "βm" not in text
    assert "inf" not in text
    most = float(found.sigma[-1])
    capped = printed(found.assign_attrs(largest_sigma=most, largest_sigma_noise_free=0.0))
    assert f"largest σ ≥ {most:g}" in capped
    assert "largest σ none" in capped


@pytest.mark.slow
def test_command_writes_table_dataset_and_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bowl.py"
    file.write_text(
        "import jax.numpy as jnp\nfrom corr.experiments import Experiment, Preset, Problem\n"
        "experiment = Experiment('bowl', 'a bowl', lambda: Problem(lambda x: jnp.sum(x * x), lambda key: jnp.ones(2)),"
        " {'smoke': Preset(1e-3, (1.0,), (6,), 12, end_time=1.0, record_every=0.2)})\n"
    )
    assert cli.main(["validity", str(file), "--preset", "smoke", "--output", str(tmp_path), "--beta", "100"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "stays within 10 %" in text
    assert "(to t = 1, where preset smoke ends)" in text
    assert "βm = βσ² tr H/2" in text
    folder = tmp_path / "smoke" / "validity-bowl-beta-100"
    saved = xarray.load_dataset(folder / "validity.nc", engine="h5netcdf")
    assert saved.attrs["beta"] == 100.0 and saved.attrs["experiment"] == "bowl"
    assert np.isfinite(saved.bias[0])
    assert (folder / "figures" / "validity.pdf").stat().st_size > 1000


def test_no_bias_is_foreseen_where_the_statement_ends_before_the_first_point() -> None:
    times, start = np.linspace(0, 1, 6), jnp.ones(3)
    path = np.exp(-times)[:, None] * np.ones(3, np.float32)
    clock, key = resolve_clock(1e-3, None, 1e-2, math.inf), corr.root_key(0)
    assert np.isnan(_predicted_bias(bowl, start, clock, times, path, 0.1, key, False)).all()


def test_other_values_lie_in_other_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "foresee", lambda *args, **options: xarray.Dataset())
    monkeypatch.setattr(paper_figs, "draw_foreseen", lambda found, folder: [])
    monkeypatch.setattr(foreseen, "show_foreseen", lambda found, console: None)
    for options in ([], ["--beta", "100"], ["--beta", "1e3"], ["--lambda", "2"], ["--seed", "5", "--tolerance", "0.2"]):
        assert cli.main(["validity", "fig1", "--output", str(tmp_path), *options]) == 0
    assert sorted(folder.name for folder in (tmp_path / "quick").iterdir()) == [
        "validity-fig1", "validity-fig1-beta-100", "validity-fig1-beta-1000", "validity-fig1-lambda-2",
        "validity-fig1-seed-5-tolerance-0.2",
    ]  # fmt: skip
