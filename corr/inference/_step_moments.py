"""Estimates of what one step does, each with a standard error by the delta method."""

from typing import NamedTuple

import numpy as np


class Estimate(NamedTuple):
    """A number and its standard error."""

    value: float
    standard_error: float


def step_drift(moves: np.ndarray, taken: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The drift, and centred samples whose mean has its error."""
    if taken.all():
        values = moves
    else:
        values = (moves - moves.mean(axis=0)) * (taken - taken.mean())[:, None] * (len(moves) / (len(moves) - 1))
    drift = values.mean(axis=0)
    return drift, values - drift


def standard_error(samples: np.ndarray) -> np.ndarray:
    return samples.std(axis=0, ddof=1) / np.sqrt(len(samples))


def step_moments(
    moves: np.ndarray, taken: np.ndarray, unit: np.ndarray, drift: np.ndarray, deviations: np.ndarray
) -> dict[str, Estimate]:
    """Estimates with standard errors by the delta method; squares of the drift are freed of its own sampling noise."""
    size = len(unit)
    squares, first = np.sum(moves**2, axis=1) * taken, (moves @ unit) ** 2 * taken
    slope, slope_deviations = float(drift @ unit), deviations @ unit
    slope_error = float(standard_error(slope_deviations))
    trace_samples = squares - 2 * deviations @ drift
    along_samples = first - 2 * slope * slope_deviations
    trace = squares.mean() - drift @ drift + np.sum(standard_error(deviations) ** 2)
    along = first.mean() - slope**2 + slope_error**2
    estimates = {
        "acceptance": (taken.mean(), taken),
        "drift_along": (slope, slope_deviations),
        "second_moment": (squares.mean(), squares),
        "trace": (trace, trace_samples),
        "along": (along, along_samples),
    }
    if size > 1:
        across, across_samples = (trace - along) / (size - 1), (trace_samples - along_samples) / (size - 1)
        estimates["across"] = (across, across_samples)
        estimates["isotropy"] = (along / across, (along_samples - along / across * across_samples) / across)
    return {name: Estimate(float(value), float(standard_error(s))) for name, (value, s) in estimates.items()}
