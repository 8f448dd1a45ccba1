"""The verdict on one run: tables as plain numbers, and one sentence that follows from them."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np

from corr import inference, load_run
from corr._storage import load_parts, write_json

from ._declare import Experiment
from ._judge import judge_side
from ._means import MEANS

LEVEL = 0.05
RESAMPLING_SEED = 1


def verdict(folder: Path, experiment: Experiment) -> dict[str, Any]:
    """Judge a finished run against its noisy twin and against noise-free descent.

    Args:
        folder: a finished run.
        experiment: its declaration, for the last time of the joint statement.

    Returns:
        Plain numbers and sentences, also saved as ``verdict.json`` in the folder.
    """
    sides, manifest = load_run(folder)
    until = experiment.judged_until
    of_mean = load_parts(folder, [MEANS])[MEANS].loss.sel(side="mutation")
    result = {
        "run": manifest["configuration"]["run"],
        "preset": manifest["configuration"]["preset"],
        "twin": judge_side(sides.mutation, sides.twin, sides.descent, until=until, seed=RESAMPLING_SEED),
        "descent": judge_side(sides.mutation, sides.descent, sides.descent, until=until, seed=RESAMPLING_SEED),
        "loss_of_mean": {
            "time": sides.mutation.time.values.tolist(),
            "loss_of_mean": of_mean.values.tolist(),
            "mean_loss": sides.mutation.loss.mean("trajectory", skipna=True).values.tolist(),
            "descent": sides.descent.loss.values[0].tolist(),
        },
        "acceptance": {
            "time": sides.mutation.time.values[1:].tolist(),
            "measured": sides.mutation.acceptance.mean("trajectory").values[1:].tolist(),
            "theory": manifest["acceptance_theory"],
        },
        "flip_rates": manifest["flip_rates"],
    }
    result["sentences"] = [twin_sentence(result["twin"]), descent_sentence(result["descent"])]
    write_json(folder / "verdict.json", result)
    return result


def twin_sentence(judged: dict[str, Any]) -> str:
    """What the joint test against the noisy twin says, with what it could have seen."""
    joint = judged["together"]
    said = _apart(min(joint["mean_p"], joint["loss_p"]))
    return f"Averaged mutation {said} its averaged noisy twin ({_joint(joint)}); {_could_see(judged)}."


def _apart(p: float) -> str:
    """What one of the two p-values says, at the level for both."""
    return "differs from" if 2 * p < LEVEL else "is not distinguished from"


def descent_sentence(judged: dict[str, Any]) -> str:
    """When averaged mutation leaves noise-free descent behind, or what could have been seen where it does not."""
    last, time = judged["rows"][-1], judged["left_behind_at"]
    share = f"{100 * last['unbiased']:.2g} ± {100 * last['standard_error']:.1g} %"
    where = f"at t = {last['time']:g} unbiased Δ is {share} of the squared distance travelled"
    if time is None:
        return (
            "The weights of averaged mutation are not shown to leave noise-free descent behind; its mean loss"
            f" {_apart(judged['together']['loss_p'])} descent's ({_joint(judged['together'])}); {_could_see(judged)};"
            f" {where}."
        )
    rule = "unbiased Δ above 1 % of the squared distance travelled and above the 95 % quantile of its null law"
    return (
        f"Averaged mutation leaves noise-free descent behind from t = {time:g} on ({rule} at every later recorded time;"
        f" {_joint(judged['together'])}); {where}."
    )


def _joint(joint: dict[str, Any]) -> str:
    numbers = f"p = {joint['mean_p']:.2g} for mean weights, p = {joint['loss_p']:.2g} for mean loss"
    return f"{numbers}, all times to t = {joint['until']:g} together; level {100 * LEVEL:g} % for both"


def _could_see(judged: dict[str, Any]) -> str:
    inside = [row for row in judged["rows"] if row["time"] <= judged["together"]["until"] + 1e-9]
    worst, best = (pick(inside, key=lambda row: row["detectable"]) for pick in (max, min))
    return (
        f"a deviation of {100 * best['detectable']:.2g} % (t = {best['time']:g}) to {100 * worst['detectable']:.2g} %"
        f" (t = {worst['time']:g}) of the squared distance travelled would have been seen with power 0.8"
    )


def order_by_step_ratio(folders: list[Path], at: tuple[float, ...] = (1.0, 2.0)) -> list[dict[str, Any]]:
    """Whether unbiased Δ to noise-free descent grows from each λ to the next, in standard errors of the difference.

    Args:
        folders: finished runs, λ ascending.
        at: common times.

    Returns:
        One entry per time and pair of neighbours: time, both λ, both values over the squared distance travelled, and
        the difference in standard errors.
    """
    loaded = [load_run(folder)[0] for folder in folders]
    entries = []
    for time in at:
        values = []
        for sides in loaded:
            times = sides.mutation.time.values
            if time > times[-1] + 1e-9:
                return entries
            k = int(np.argmin(np.abs(times - time)))
            paths = sides.mutation.path.values[:, [k]].astype(float)
            smooth = sides.descent.path.values[0, [k]].astype(float)
            travel = inference.travelled(sides.descent.path.values[0])[k]
            unbiased, error = (
                inference.unbiased_delta(paths, smooth)[0],
                inference.delta_standard_error(paths, smooth)[0],
            )
            values.append((sides.mutation.attrs["step_ratio"], unbiased / travel, error / travel))
        for (low, a, da), (high, b, db) in itertools.pairwise(values):
            score = (b - a) / np.hypot(da, db)
            entries.append(
                {"time": time, "step_ratios": [low, high], "unbiased": [a, b], "standard_errors_apart": score}
            )
    return entries
