"""The arrays a figure needs of one saved run."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray

from corr import ResultError, load_run
from corr.results import finished_manifest, load_parts


@contextmanager
def complete(place: Path) -> Iterator[None]:
    """Inside it, a variable, coordinate or entry that is not there is missing from the results.

    Raises:
        ResultError: instead of the ``KeyError`` and its like; the message names the command to run.
    """
    try:
        yield
    except (AttributeError, KeyError, IndexError) as error:
        raise ResultError(
            f"the results in {place} lack {error}: move the folder aside and run `corr run EXPERIMENT` again"
        ) from error


class Side(NamedTuple):
    """One ensemble: means over the trajectories followed at each time, their standard errors, and the trajectories."""

    mean: np.ndarray
    error: np.ndarray
    loss: np.ndarray
    loss_error: np.ndarray
    count: np.ndarray
    path: np.ndarray
    loss_path: np.ndarray


class Run(NamedTuple):
    """One saved run: times (T,), the two ensembles, noise-free descent (T, N) and its loss (T,), and the manifest."""

    time: np.ndarray
    labels: list[str]
    mutation: Side
    twin: Side
    gradient: np.ndarray
    gradient_loss: np.ndarray
    manifest: dict[str, Any]
    configuration: dict[str, Any]


def read(folder: Path) -> Run:
    """Read a finished run.

    Args:
        folder: a run's folder.

    Returns:
        Its arrays, float64.

    Raises:
        ResultError: if the results are missing, unfinished or damaged, or hold no path; the message says what to do.
    """
    sides, manifest = load_run(folder)
    if not min(sides.mutation.sizes["path_trajectory"], sides.twin.sizes["path_trajectory"]):
        raise ResultError(f"{folder} holds no path of mutation or twin to draw: run it with keep=1 or more")
    with complete(folder):
        return Run(
            sides.mutation.time.values,
            sides.mutation.parameter.values.tolist(),
            _side(sides.mutation),
            _side(sides.twin),
            sides.descent.path.values[0].astype(float),
            sides.descent.loss.values[0].astype(float),
            manifest,
            manifest["configuration"],
        )


class Means(NamedTuple):
    """Of mean weights, by side: U(<x>) (T,) and outputs f(θ) (T, K); the data θ and y (K,)."""

    time: np.ndarray
    loss: dict[str, np.ndarray]
    output: dict[str, np.ndarray]
    theta: np.ndarray
    target: np.ndarray


def read_means(folder: Path) -> Means:
    """Read what the mean weights of a finished run give.

    Args:
        folder: a run's folder.

    Returns:
        Losses and outputs of the mean weights, float64.

    Raises:
        ResultError: if the results are missing, unfinished or damaged; the message names the command to run.
    """
    finished_manifest(folder)
    data = load_parts(folder, ["means"])["means"]
    with complete(folder / "means.nc"):
        loss, output = (
            {name: data[kind].sel(side=name).values for name in ("mutation", "twin", "descent")}
            for kind in ("loss", "output")
        )
        return Means(data.time.values, loss, output, data.theta.values, data.target.values)


class StudyResult(NamedTuple):
    """A finished study: its parts by name, and its settings."""

    parts: dict[str, xarray.Dataset]
    configuration: dict[str, Any]


def read_study(folder: Path) -> StudyResult:
    """Read a finished study.

    Args:
        folder: the study's folder.

    Returns:
        Its Datasets and settings.

    Raises:
        ResultError: if the results are missing, unfinished or damaged; the message names the command to run.
    """
    manifest = finished_manifest(folder)
    with complete(folder):
        return StudyResult(load_parts(folder, manifest["parts"]), manifest["configuration"])


def read_json(file: Path, keys: Iterable[str], command: str) -> dict[str, Any]:
    """Plain numbers that a command has saved.

    Raises:
        ResultError: if the file is missing, damaged or lacks a key; the message names the command to run.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {key: found[key] for key in keys}
    except (OSError, ValueError, KeyError) as error:
        raise ResultError(f"{file} is missing or damaged: run `{command}` first") from error


def _side(data: xarray.Dataset) -> Side:
    losses = data.loss.values.astype(float)
    count = data["count"].values
    seen = np.isfinite(losses).sum(axis=0)
    return Side(
        data["mean"].values,
        np.sqrt(data["variance"].values / count[:, None]),
        np.nanmean(losses, axis=0),
        np.nanstd(losses, axis=0, ddof=1) / np.sqrt(seen),
        count,
        data.path.values.astype(float),
        losses,
    )
