"""The arrays a figure needs of saved results."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray

from corr.results import DAMAGED, ResultError, Results


@contextmanager
def complete(place: Path) -> Iterator[None]:
    """Inside it, a variable, coordinate or entry that is not there is missing from the results.

    Raises:
        ResultError: instead of the ``KeyError`` and its like.
    """
    try:
        yield
    except (AttributeError, KeyError, IndexError) as error:
        raise ResultError(f"the results in {place} lack {error}", place, DAMAGED) from error


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
    descent: np.ndarray
    descent_loss: np.ndarray
    manifest: dict[str, Any]
    configuration: dict[str, Any]


class Means(NamedTuple):
    """Of mean weights, by side: U(<x>) (T,) and outputs f(θ) (T, K); the data θ and y (K,)."""

    time: np.ndarray
    loss: dict[str, np.ndarray]
    output: dict[str, np.ndarray]
    theta: np.ndarray
    target: np.ndarray


class Quoted(NamedTuple):
    """A number that a figure quotes, as its run's judgement saved it: standard error, sample size, what is expected."""

    value: float
    error: float
    count: int | None
    expected: float | None


class ExperimentResult:
    """What the figures of an experiment are drawn from, read when a maker asks for it.

    Args:
        name: of the experiment.
        results: its finished runs, λ ascending.

    Raises:
        ResultError: by every attribute, if what it reads is missing, unfinished or damaged.
    """

    def __init__(self, name: str, results: Sequence[Results]):
        self.name, self.results = name, results

    @cached_property
    def runs(self) -> list[Run]:
        """The runs."""
        return [read_run(one) for one in self.results]

    @cached_property
    def means(self) -> list[Means]:
        """What the mean weights of each run give."""
        return [read_means(one) for one in self.results]

    @cached_property
    def numbers(self) -> dict[str, Quoted]:
        """The numbers that the experiment adds to those of every run, by name."""
        first, file = self.results[0], f"numbers-{self.name}.json"
        if not (first.folder / file).exists():
            said = f"{first.folder} lacks {file}, the numbers that its figures quote"
            raise ResultError(f"{said}: `corr reproduce {self.name}` judges the run and saves them", first.folder)
        with complete(first.folder / file):
            return {name: Quoted(*(one[key] for key in Quoted._fields)) for name, one in first.json(file).items()}


def read_run(results: Results) -> Run:
    """The arrays of a finished run, float64.

    Raises:
        ResultError: if the results are missing, unfinished or damaged, or hold no path.
    """
    sides, folder = results.sides, results.folder
    with complete(folder):
        if not min(sides.mutation.sizes["path_trajectory"], sides.twin.sizes["path_trajectory"]):
            raise ResultError(f"{folder} holds no path of mutation or twin to draw: run it with keep=1 or more", folder)
        return Run(
            sides.mutation.time.values,
            sides.mutation.parameter.values.tolist(),
            _side(sides.mutation),
            _side(sides.twin),
            sides.descent.path.values[0].astype(float),
            sides.descent.loss.values[0].astype(float),
            results.manifest,
            results.configuration,
        )


def read_means(results: Results) -> Means:
    """Losses and outputs of the mean weights of a finished run, float64.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    data = results.part("means")
    with complete(results.folder / "means.nc"):
        loss, output = (
            {name: data[kind].sel(side=name).values for name in ("mutation", "twin", "descent")}
            for kind in ("loss", "output")
        )
        return Means(data.time.values, loss, output, data.theta.values, data.target.values)


class StudyResult(NamedTuple):
    """A finished study: its parts by name, and its settings."""

    parts: dict[str, xarray.Dataset]
    configuration: dict[str, Any]


def read_study(results: Results) -> StudyResult:
    """The parts and settings of a finished study.

    Raises:
        ResultError: if the results are missing, unfinished or damaged.
    """
    with complete(results.folder):
        return StudyResult(results.parts, results.configuration)


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
