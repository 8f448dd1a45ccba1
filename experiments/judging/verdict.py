"""The verdict on one run: one set of tests, what they say, and the numbers behind it time by time."""

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from corr import inference
from corr.results import Results, write_json

from ..declaring.experiment import Margins
from ..running.means import MEANS
from .equivalence import equivalence
from .sides import check_independent, side_rows
from .statements import report

FILE = "verdict.json"


@functools.lru_cache(maxsize=16)  # several figures of one command share runs
def verdict(results: Results, margins: Margins | None) -> dict[str, Any]:
    """Judge a finished run against its noisy twin and against noise-free descent.

    Args:
        results: a finished run.
        margins: what counts as equivalent; None for the default shares to the last recorded time.

    Returns:
        Plain numbers and sentences, also saved as ``verdict.json`` in the folder: what ``report`` says, ``run``,
        ``preset`` and ``origin`` of the margins, ``sides`` (rows of ``side_rows`` by side), ``acceptance``,
        ``flip_rates`` and, where the run kept them, ``losses`` of the mean weights.

    Raises:
        ValueError: for runs that cannot be judged.
        ResultError: for results missing or damaged.
    """
    sides, manifest = results.sides, results.manifest
    check_independent(sides.twin)
    origin = "default margins" if margins is None else "margins declared beforehand"
    if margins is None:
        end = float(sides.mutation.time.values[-1])
        margins = Margins(weights_until=end, loss_until=end)
    said = report(equivalence(sides, margins), sides)
    rows = {name: side_rows(sides.mutation, getattr(sides, name), sides.descent) for name in ("twin", "descent")}
    result = said | {
        "run": results.folder.name,
        "preset": manifest["configuration"]["preset"],
        "origin": origin,
        "sides": rows,
        "acceptance": _acceptance(results),
        "flip_rates": manifest.get("flip_rates", []),
    }
    if (results.folder / f"{MEANS}.nc").exists():
        result["losses"] = _losses(results)
    write_json(results.folder / FILE, result)
    return result


def _acceptance(results: Results) -> dict[str, Any]:
    """Mean acceptance at each recorded time after 0, beside level 1 where the run kept it."""
    walk = results.sides.mutation
    measured = walk.acceptance.mean("trajectory").values[1:].tolist()
    theory = results.manifest.get("acceptance_theory", [None] * len(measured))
    return {"time": walk.time.values[1:].tolist(), "measured": measured, "theory": theory}


def _losses(results: Results) -> dict[str, Any]:
    """U(<x>) beside <U(x)> and the loss of noise-free descent."""
    sides = results.sides
    return {
        "time": sides.mutation.time.values.tolist(),
        "loss_of_mean": results.part(MEANS).loss.sel(side="mutation").values.tolist(),
        "mean_loss": sides.mutation.loss.mean("trajectory", skipna=True).values.tolist(),
        "descent": sides.descent.loss.values[0].tolist(),
    }


def order_by_step_ratio(runs: Sequence[Results], at: tuple[float, ...] = (1.0, 2.0)) -> list[dict[str, Any]]:
    """Whether unbiased Δ to noise-free descent grows from each λ to the next, in standard errors of the difference.

    Args:
        runs: finished runs, λ ascending.
        at: common times.

    Returns:
        One entry per time and pair of neighbours: time, both λ, both values over the squared distance travelled, and
        the difference in standard errors.
    """
    entries = []
    for time in at:
        values = []
        for sides in (run.sides for run in runs):
            times = sides.mutation.time.values
            if time > times[-1] + 1e-9:
                return entries
            k = int(np.argmin(np.abs(times - time)))
            paths = sides.mutation.path.values[:, [k]].astype(float)
            path = sides.descent.path.values[0, [k]].astype(float)
            travel = inference.travelled(sides.descent.path.values[0])[k]
            unbiased, error = inference.unbiased_delta(paths, path)[0], inference.delta_standard_error(paths, path)[0]
            values.append((sides.mutation.attrs["step_ratio"], unbiased / travel, error / travel))
        for (low, a, da), (high, b, db) in itertools.pairwise(values):
            score = (b - a) / np.hypot(da, db)
            entries.append(
                {"time": time, "step_ratios": [low, high], "unbiased": [a, b], "standard_errors_apart": score}
            )
    return entries
