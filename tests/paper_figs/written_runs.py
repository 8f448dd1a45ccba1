"""Synthetic runs: random walks around a smooth path, saved in the layout of a real run."""

from pathlib import Path
from typing import Any

import numpy as np
import xarray

from corr import Comparison
from corr.results import save_part, save_run

PARAMETERS = 12
TIMES = np.linspace(0.0, 10.0, 41)
TWINS = 40


def descent_path(parameters: int) -> np.ndarray:
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
    """Save one run: walks whose spread and bias grow with λ, a twin thinned after t = 8, noise-free descent.

    Args:
        folder: where.
        step_ratio: λ.
        trajectories: size of the mutation ensemble.
        parameters: number of weights, a multiple of 3.
        lost: how many mutation trajectories stop being finite after t = 5.
        changes: fields of the configuration to replace.
    """
    rng = np.random.default_rng(int(10 * step_ratio))
    descent = descent_path(parameters)
    scale = 0.02 * np.sqrt(step_ratio)
    centre = descent + 0.3 * scale * TIMES[:, None] / 10.0

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
        dataset(descent[None].astype(np.float32), 0.5 * np.exp(-TIMES[None] / 2.5), "descent", step_ratio),
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
