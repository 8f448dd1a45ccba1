"""Synthetic results: random walks around a smooth path, saved in the layout of a real run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import xarray
from matplotlib.figure import Figure

from corr import Comparison
from corr.results import save_part, save_run, write_json
from experiments.studies import drift
from paper_figs import _style, architectures, bias, fig1, fig2, fig3, fig4, fig5, fig6, figs1, figs2, figs3, figs4
from paper_figs import drift as drift_figure

PARAMETERS = 12
TIMES = np.linspace(0.0, 10.0, 41)
TWINS = 40


def smooth_path(parameters: int) -> np.ndarray:
    """A path from near zero to spread values, (time, parameter)."""
    goals = np.linspace(-2.0, 2.0, parameters)[np.random.default_rng(3).permutation(parameters)]
    return 0.01 * np.sin(7.0 * goals) + goals * (1.0 / (1.0 + np.exp(3.0 - TIMES[:, None])) - 1.0 / (1.0 + np.exp(3.0)))


def dataset(
    paths: np.ndarray, losses: np.ndarray, side: str, step_ratio: float, times: np.ndarray = TIMES
) -> xarray.Dataset:
    """What ``corr.run`` returns, from paths (trajectory, time, parameter) and losses (trajectory, time)."""
    followed = np.isfinite(losses)
    good = [paths[followed[:, k], k].astype(float) for k in range(len(times))]
    spread = [np.var(p, axis=0, ddof=1) if len(p) > 1 else np.full(paths.shape[2], np.nan) for p in good]
    labels = [f"{'abc'[k * 3 // paths.shape[2]]}[{k % (paths.shape[2] // 3)}]" for k in range(paths.shape[2])]
    return xarray.Dataset(
        {
            "mean": (("time", "parameter"), np.stack([p.mean(axis=0) for p in good])),
            "variance": (("time", "parameter"), np.stack(spread)),
            "loss": (("trajectory", "time"), losses.astype(np.float32)),
            "acceptance": (("trajectory", "time"), np.full(losses.shape, 0.5)),
            "path": (("path_trajectory", "time", "parameter"), paths.astype(np.float32)),
            "finite": (("trajectory",), np.ones(len(paths), bool)),
            "count": (("time",), followed.sum(axis=0)),
        },
        coords={"time": times, "parameter": labels, "trajectory": np.arange(len(paths))},
        attrs={"side": side, "step_ratio": step_ratio},
    )


def write_run(
    folder: Path,
    step_ratio: float = 1.0,
    trajectories: int = 8,
    *,
    parameters: int = PARAMETERS,
    lost: int = 0,
    changes: dict[str, Any] | None = None,
) -> Path:
    """Save one run: walks whose spread and bias grow with λ, a twin thinned after t = 8, a smooth descent.

    Args:
        folder: where.
        step_ratio: λ.
        trajectories: size of the mutation ensemble.
        parameters: number of weights, a multiple of 3.
        lost: how many mutation trajectories stop being finite after t = 5.
        changes: fields of the configuration to replace.
    """
    rng = np.random.default_rng(int(10 * step_ratio))
    smooth = smooth_path(parameters)
    scale = 0.02 * np.sqrt(step_ratio)
    centre = smooth + 0.3 * scale * TIMES[:, None] / 10.0

    def walks(count: int) -> np.ndarray:
        steps = rng.normal(size=(count, len(TIMES), parameters)) * scale
        steps[:, 0] = 0.0
        return (centre + np.cumsum(steps, axis=1)).astype(np.float32)

    def losses(count: int) -> np.ndarray:
        return 0.5 * np.exp(-TIMES / 2.5) * np.exp(0.1 * rng.normal(size=(count, len(TIMES))) * (TIMES > 0))

    twin_paths, twin_losses = walks(TWINS), losses(TWINS)
    twin_paths[TWINS // 2 :, TIMES > 8.0] = np.nan
    twin_losses[TWINS // 2 :, TIMES > 8.0] = np.nan
    paths, walk_losses = walks(trajectories), losses(trajectories)
    paths[trajectories - lost :, TIMES > 5.0] = np.nan
    walk_losses[trajectories - lost :, TIMES > 5.0] = np.nan
    sides = Comparison(
        dataset(paths, walk_losses, "mutation", step_ratio),
        dataset(twin_paths, twin_losses, "twin", step_ratio),
        dataset(smooth[None].astype(np.float32), 0.5 * np.exp(-TIMES[None] / 2.5), "descent", step_ratio),
    )
    configuration = {
        "run": folder.name,
        "preset": "quick",
        "mutation_std": 2.5066e-5 * step_ratio,
        "beta": "inf",
        "learning_rate": 1e-5,
        "step_ratio": step_ratio,
        "trajectories": trajectories,
        "twin_trajectories": TWINS,
        "end_time": 10.0,
        "descent_learning_rate": 1e-4,
        **(changes or {}),
    }
    validity = [{"time": 0.0, "s": "inf", "curvature": 0.01 * step_ratio}, {"time": 10.0, "s": "inf", "curvature": 0.2}]
    manifest: dict[str, Any] = {"configuration": configuration, "validity": validity}
    save_run(folder, sides, manifest)
    save_part(folder, "means", means(rng))
    return folder


def means(rng: np.random.Generator) -> xarray.Dataset:
    """Losses and outputs of mean weights, as the experiments save them."""
    theta = np.linspace(-1.0, 1.0, 11)
    target = np.sin(np.pi * theta)
    output = target * (1 - np.exp(-TIMES / 2.5))[:, None] + 0.01 * rng.normal(size=(3, len(TIMES), len(theta)))
    return xarray.Dataset(
        {
            "loss": (("side", "time"), ((output - target) ** 2).mean(axis=-1)),
            "output": (("side", "time", "point"), output),
            "theta": ("point", theta),
            "target": ("point", target),
        },
        coords={"side": ["mutation", "twin", "descent"], "time": TIMES},
    )


def write_stretches(folder: Path, trajectories: int = 10) -> Path:
    """Save a study of resets: two stretches of free diffusion from a smooth path."""
    rng = np.random.default_rng(5)
    folder.mkdir(parents=True)
    names = []
    for number in range(2):
        rows = slice(20 * number, 20 * number + 21)
        smooth, time = smooth_path(PARAMETERS)[rows], TIMES[rows]
        steps = rng.normal(size=(trajectories, len(time), PARAMETERS)) * 0.02
        steps[:, 0] = 0.0
        losses = np.exp(-time / 2.5) * np.exp(0.1 * rng.normal(size=(trajectories, len(time))))
        data = dataset(smooth + np.cumsum(steps, axis=1), losses, "mutation", 1.0, time)
        names.append(f"stretch {number}")
        data = data.assign(descent=(("time", "parameter"), smooth), descent_loss=("time", np.exp(-time / 2.5)))
        save_part(folder, names[-1], data)
    sizes = {"trajectories": trajectories, "step_ratio": 5.0, "points": 250, "descent_learning_rate": 1e-3}
    configuration = {"study": "figs4", "preset": "quick", **sizes}
    write_json(folder / "manifest.json", {"configuration": configuration, "parts": names, "complete": True})
    return folder


def write_architectures(folder: Path) -> Path:
    """Save a study of architectures: losses that leave descent's curve the later, the smaller λα."""
    rng, names, step_times = np.random.default_rng(6), [], (1e-4, 1e-3)
    folder.mkdir(parents=True)
    time = np.linspace(0.0, 1.5, 21)
    for number, name in enumerate(architectures.TITLES):
        curve = np.exp(-(2.0 + number) * time)
        for part, step_time, count in (("descent", 0.0, 1), *((f"{s:g}", s, 8) for s in step_times)):
            losses = curve * (1 + 0.02 * rng.normal(size=(count, 21)) * (step_time > 0)) + 100 * step_time * time**2
            data = dataset(np.zeros((count, 21, 3)), losses, part, 1.0, time)[["loss", "acceptance"]]
            names.append(f"{name} {part}")
            save_part(folder, names[-1], data.assign_attrs(step_time=step_time, parameters=90 + number))
    sizes = {"step_times": step_times, "trajectories": (8, 8), "descent_learning_rate": 1e-4, "shallow_points": 250}
    configuration = {"study": "architectures", "preset": "quick", **sizes}
    write_json(folder / "manifest.json", {"configuration": configuration, "parts": names, "complete": True})
    return folder


def write_drift(folder: Path) -> Path:
    """Save a study of single steps whose measured values are theory's."""
    names = ("acceptance", "drift", "along", "across")
    exact = drift._level_1(np.asarray(drift.STRENGTHS))
    values = np.stack(
        [np.stack([exact[name], np.full(len(drift.STRENGTHS), 0.002)], axis=-1) for name in names], axis=1
    )
    middle = np.sqrt(drift.SLOPES[1:] * drift.SLOPES[:-1])
    pull, exponent = -exact["drift"][:-1], 1 / (1 + middle)
    single = xarray.Dataset(
        {"drift": ("s", pull), "drift_error": ("s", 0.01 * pull), "drift_theory": ("s", pull),
         "exponent": ("middle", exponent), "exponent_error": ("middle", 0.1 * exponent),
         "curve_drift": ("curve_s", -drift._level_1(drift.CURVE)["drift"]),
         "curve_exponent": ("curve_s", 1 / (1 + drift.CURVE))},
        coords={"s": drift.SLOPES, "middle": middle, "curve_s": drift.CURVE},
    )  # fmt: skip
    folder.mkdir(parents=True)
    for name, data in (("isotropic", drift._with_levels(values, names)), ("one coordinate", single)):
        save_part(folder, name, data)
    configuration = {"study": "drift", "preset": "quick", "draws": 40_000, "coordinate_draws": 4_000_000}
    content = {"configuration": configuration, "parts": ["isotropic", "one coordinate"], "complete": True}
    write_json(folder / "manifest.json", content)
    return folder


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three runs, λ ascending."""
    base = tmp_path_factory.mktemp("results")
    return [write_run(base / f"lambda-{ratio:g}", ratio, n) for ratio, n in ((1.0, 8), (10.0, 12), (100.0, 12))]


@pytest.fixture
def new_run() -> Callable[..., Path]:
    """Writes one more run."""
    return write_run


class Drawn(NamedTuple):
    """Both figures of the three runs: the files, and the Figures before they were written."""

    files: list[Path]
    figures: dict[str, Figure]

    def numbers(self, name: str) -> dict[str, Any]:
        """The JSON beside a figure."""
        return json.loads(next(f for f in self.files if f.name == f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def drawn(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Figures 1, 2 and the bias of ``runs``."""

    def draw(folder: Path) -> list[Path]:
        return [file for module in (fig1, fig2, bias) for file in module.draw(runs, folder)]

    return kept(draw, tmp_path_factory.mktemp("figures"))


@pytest.fixture(scope="session")
def more(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """The paper's other figures, of ``runs``, of a larger ensemble and of three studies."""
    base = tmp_path_factory.mktemp("more")
    large = write_run(base / "large", 20.0, 48, changes={"beta": 1e3, "learning_rate": 1e-4, "points": 250})
    stretches, networks = write_stretches(base / "figs4"), write_architectures(base / "architectures")
    steps = write_drift(base / "drift")

    def draw(folder: Path) -> list[Path]:
        files = [file for module in (fig3, fig4, fig5, figs1, figs2, figs3) for file in module.draw(runs[:2], folder)]
        return (
            files
            + fig6.draw([runs[0], large], folder)
            + figs4.draw([stretches], folder)
            + architectures.draw([networks], folder)
            + drift_figure.draw([steps], folder)
        )

    return kept(draw, tmp_path_factory.mktemp("figures"))


def kept(draw: Callable[[Path], list[Path]], folder: Path) -> Drawn:
    """Draw, and keep the Figures."""
    figures: dict[str, Figure] = {}
    save = _style.save

    def keep(figure: Figure, folder: Path, name: str, numbers: dict[str, Any]) -> list[Path]:
        figures[name] = figure
        return save(figure, folder, name, numbers)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_style, "save", keep)
        files = draw(folder)
    return Drawn(files, figures)


@pytest.fixture(scope="session")
def every(drawn: Drawn, more: Drawn) -> Drawn:
    """All figures."""
    return Drawn(drawn.files + more.files, {**drawn.figures, **more.figures})
