"""Mutation beside one gradient side, time by time: distances and losses with their standard errors."""

from typing import Any

import numpy as np
import xarray

from corr import inference


def side_rows(walk: xarray.Dataset, side: xarray.Dataset, descent: xarray.Dataset) -> list[dict[str, float]]:
    """One row for each recorded time after 0 at which noise-free descent has moved.

    Args:
        walk: the mutation Dataset.
        side: the twin or the descent Dataset.
        descent: the descent Dataset, whose squared distance travelled is the unit of all distances.

    Returns:
        Plain numbers: time; ``travelled`` in squared parameter units; ``delta``, ``sampling_noise``, ``unbiased`` and
        its ``standard_error`` over it; mean ``loss``, ``loss_side``, their difference and its error; trajectories of
        the side ``followed``.

    Raises:
        ValueError: for fewer than three or repeated trajectories, or if noise-free descent has not moved.
    """
    travel = inference.travelled(descent.path.values[0])
    if not (travel > 0).any():
        raise ValueError(
            f"noise-free descent has not moved by t = {float(walk.time[-1]):g}, so there is no distance to compare"
            " with: expected a start where the gradient is not 0, or steps that change the weights in this precision"
        )
    rows = []
    for span in _spans(side, travel):
        paths, losses = _finite(walk, span)
        other, other_losses = _finite(side, span)
        if side.attrs["side"] == "descent":
            other, other_losses = other[0], other_losses[0]
        columns = _columns(paths, losses, other, other_losses)
        for k, index in enumerate(span):
            unit = travel[index]
            shares = ("delta", "sampling_noise", "unbiased", "standard_error")
            row = {name: float(values[k] / (unit if name in shares else 1)) for name, values in columns.items()}
            where = {"time": float(walk.time[index]), "travelled": float(unit)}
            rows.append({**where, **row, "followed": int(side["count"].values[index])})
    return rows


def _columns(paths: np.ndarray, losses: np.ndarray, other: np.ndarray, other_losses: np.ndarray) -> dict[str, Any]:
    noise_free = other.ndim == 2
    mean, against = losses.mean(axis=0), other_losses if noise_free else other_losses.mean(axis=0)
    variance = losses.var(axis=0, ddof=1) / len(losses)
    if not noise_free:
        variance = variance + other_losses.var(axis=0, ddof=1) / len(other_losses)
    return {
        "delta": inference.delta(paths.mean(0), other if noise_free else other.mean(0)),
        "sampling_noise": inference.sampling_noise(paths, None if noise_free else other),
        "unbiased": inference.unbiased_delta(paths, other),
        "standard_error": inference.delta_standard_error(paths, other),
        "loss": mean,
        "loss_side": against,
        "loss_difference": mean - against,
        "loss_error": np.sqrt(variance),
    }


def check_independent(twin: xarray.Dataset) -> None:
    """Raises ``ValueError`` for twins that share mutation's random numbers: the tests here are not for pairs."""
    if twin.attrs.get("common_noise") == "yes":
        raise ValueError(
            "these twins share mutation's noise (common_noise=True), and the verdict needs independent ones: compare"
            " them with corr.inference.paired_test, or run the comparison again without common_noise"
        )


def check_finite(descent: xarray.Dataset) -> None:
    """Raises ``ValueError`` where noise-free descent is not finite, naming the first such time."""
    lost = ~(np.isfinite(descent.loss.values[0]) & np.isfinite(descent.path.values[0]).all(axis=1))
    if lost.any():
        first = float(descent.time.values[np.argmax(lost)])
        raise ValueError(f"noise-free descent is not finite from t = {first:g} on: compare to an end_time before that")


def check_descent(descent: xarray.Dataset) -> None:
    """Raises ``ValueError`` where margins, shares of descent's way and of its fall since t = 0, would be none."""
    check_finite(descent)
    curve, travelled = descent.loss.values[0], inference.travelled(descent.path.values[0].astype(float))
    none = (curve == curve[0]) | (travelled == 0)
    if none[1:].any():
        time = float(descent.time.values[1:][np.argmax(none[1:])])
        raise ValueError(
            f"at t = {time:g} noise-free descent stands where it started, in its weights or its loss, of which the"
            " margins are shares: choose a start with a gradient, or a record_every that leaves that time out"
        )


def _spans(side: xarray.Dataset, travel: np.ndarray) -> list[np.ndarray]:
    """Recorded times after the start, grouped by how many trajectories of the side are followed."""
    moved = np.flatnonzero(travel > 0)
    edges = np.flatnonzero(np.diff(side["count"].values[moved])) + 1
    return np.split(moved, edges)


def _finite(data: xarray.Dataset, span: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Paths and losses over a span of the trajectories that are finite all through it."""
    losses, paths = data.loss.values[: len(data.path), span], data.path.values[:, span]
    good = np.isfinite(losses).all(axis=1) & np.isfinite(paths).all(axis=(1, 2))
    return paths[good].astype(float), losses[good].astype(float)
