"""B2: the map of regimes over σ and β along Figure 1's path, with measured steps."""

import math
from pathlib import Path
from typing import Any

import xarray
from matplotlib.figure import Figure

from ._read import StudyResult
from ._study import draw_study
from .validity import regime_figure


def draw(results: list[Path], folder: Path) -> list[Path]:
    """Draw the map at two times of the noise-free path.

    Args:
        results: the folder of the finished study ``regimes``.
        folder: where to write regimes as PDF, PNG and JSON.

    Returns:
        The files written.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    return draw_study(results[0], folder, {"regimes": _map})


def _map(found: StudyResult) -> tuple[Figure, dict[str, Any]]:
    data = found.parts["map"]
    betas, names = [_shown(value) for value in data.beta.values], data.attrs["names"].split("; ")
    maps = [
        {"time": float(one.time), "sigma": one.sigma.values.tolist(), "beta": betas, "names": names,
         "regime": one.regime.values.tolist()}
        for one in (data.isel(time=k) for k in range(data.sizes["time"]))
    ]  # fmt: skip
    measured = [_step(data.isel(step=k)) for k in range(data.sizes["step"])]
    clock = {"mutation_std": float(data.attrs["mutation_std"]), "beta": _shown(data.attrs["run_beta"])}
    figure = regime_figure({
        "regimes": maps, "measured": measured, "clock": clock, "experiment": "fig1",
        "preset": found.configuration["path_of"], "tolerance": float(data.attrs["tolerance"]),
    })  # fmt: skip
    return figure, {"regimes": maps, "measured": measured}


def _step(one: xarray.Dataset) -> dict[str, Any]:
    values = {
        name: [float(one[f"{name}{tail}"]) for tail in ("", "_error", "_theory")] for name in ("acceptance", "drift")
    }
    place = {"time": float(one.step_time), "sigma": float(one.step_sigma), "beta": _shown(one.step_beta)}
    return {**place, **values, "beyond": bool(one.beyond)}


def _shown(beta: Any) -> float | str:
    return "inf" if math.isinf(float(beta)) else float(beta)
