"""What theory foresees along the noise-free path, as a table and sentences for the terminal."""

import math
from typing import Any

import numpy as np
import xarray
from rich.console import Console

from ..declaring.rounding import measured, percent, plain
from ..foresight.steps import DRAWS, TOO_FAR
from .content import RIGHT, Table
from .terminal import show_table

LEAST_SHOWN = 5e-4  # smallest error of an acceptance worth its place
LARGEST = ("largest_sigma", "largest_sigma_noise_free")
COLUMNS = {"|∇U|": "gradient_norm", "s": "s", "c": "curvature", "βm": "beta_m", "κ": "kappa",
           "acceptance": "acceptance", "drift / limit": "drift_ratio"}  # fmt: skip
MEANINGS = {
    "s": "s = βσ|∇U|",
    "c": "c = max(σ|tr H|/2, σ‖H‖/√2, σ|ĝᵀHĝ|)/|∇U| with ĝ = ∇U/|∇U| and the Frobenius norm of the Hessian H",
    "βm": "βm = βσ² tr H/2",
    "κ": "κ = σ tr H/(2|∇U|)",
}


def show_foreseen(found: xarray.Dataset, console: Console) -> None:
    """Print what ``foresee`` gives; its attributes name experiment, preset and the paper's end time."""
    facts, cold = found.attrs, math.isinf(found.attrs["beta"])
    show_table(_table(found), console)
    console.print(_legend(cold), highlight=False)
    share = f"{percent(facts['tolerance'])} %"
    reach = f"to t = {facts['end_time']:g}, where preset {facts['preset']} ends"
    if facts["paper_end_time"] > facts["end_time"]:
        reach += f"; preset paper goes to t = {facts['paper_end_time']:g}"
    limit = "paper's limit" if cold else f"paper's limit s → 0 at β = {facts['beta']:g}"
    fixed = "" if cold else " (at finite β this spread does not depend on σ)"
    low, high = (float(end) for end in found.sigma[[0, -1]])
    drift, noise_free = (_largest(facts[name], high) for name in LARGEST)
    console.print(
        f"The one-step drift stays within {share} of the {limit} all the way ({reach}): largest σ {drift}, in the"
        f" sense of the noisy twin. Noise-free descent needs the squared spread of the ensemble below {share} of the"
        f" squared distance travelled as well: largest σ {noise_free}{fixed}. That is necessary, not"
        f" sufficient{_largest_bias(found)}. Both by level 3, looked for from σ = {plain(low)} to {plain(high)};"
        " level 3 is exact for a quadratic loss only.",
        highlight=False,
    )
    for k in range(found.sizes["step"]):
        console.print(_measured_line(found.isel(step=k)), highlight=False)


def _largest_bias(found: xarray.Dataset) -> str:
    if not np.isfinite(found.bias).any():
        return ""
    row = found.isel(time=int(found.bias.argmax("time")))
    return f": at the run's own σ the bias of Δ reaches {percent(float(row.bias))} % at t = {float(row.time):g}"


def _shown_columns(cold: bool) -> dict[str, str]:
    """Heads and variables; s and βm are infinite at β = ∞."""
    return {head: name for head, name in COLUMNS.items() if not (cold and head in ("s", "βm"))}


def _legend(cold: bool) -> str:
    heads = _shown_columns(cold)
    return "; ".join(text for head, text in MEANINGS.items() if head in heads) + (
        ": small where the paper's limit holds. Acceptance (± what random probes of the curvature leave) and drift by"
        " level 3. Bias: unbiased Δ of a small twin ensemble to noise-free descent, in % of the squared distance"
        " travelled."
    )


def _table(found: xarray.Dataset) -> Table:
    facts, cold = found.attrs, math.isinf(found.attrs["beta"])
    columns = _shown_columns(cold)
    caption = (
        f"{facts['experiment']}, preset {facts['preset']}: σ = {plain(facts['mutation_std'], 4)},"
        f" β = {plain(facts['beta'])}"
    )
    within = f"largest σ, drift within {percent(facts['tolerance'])} %"
    heads = ("t", *columns, within, "largest σ, noise-free too", "bias of Δ, %")
    rows = []
    for row in (found.isel(time=k) for k in range(found.sizes["time"])):
        cells = {name: plain(float(row[name])) for name in columns.values()}
        # Without probes the error is rounding, which three digits do not show.
        if row.acceptance_error >= LEAST_SHOWN:
            cells["acceptance"] = measured(float(row.acceptance), float(row.acceptance_error))
        largest = (_largest(float(row[name]), float(found.sigma[-1])) for name in LARGEST)
        bias = percent(float(row.bias)) if np.isfinite(row.bias) else ""
        rows.append((f"{float(row.time):g}", *cells.values(), *largest, bias))
    return Table(caption, heads, rows, (RIGHT,) * len(heads))


def _largest(sigma: float, searched_to: float) -> str:
    if sigma == 0:
        return "none"
    return f"{'≥ ' if sigma >= searched_to else ''}{plain(sigma)}"


def _measured_line(point: Any) -> str:
    (got, error, predicted), (pull, unsure, foreseen) = (
        [float(point[f"measured_{name}{tail}"]) for tail in ("", "_error", "_theory")]
        for name in ("acceptance", "drift")
    )
    fails = f": beyond {TOO_FAR:g} standard errors of level 3, the local quadratic form fails here"
    fails = fails if bool(point.beyond) else ""
    where = f"measured at t = {float(point.step_time):g}, σ = {plain(float(point.step_sigma))}:"
    if got == 0:
        return f"{where} none of {DRAWS} mutations accepted (level 3: {plain(predicted, 2)}){fails}"
    return (
        f"{where} acceptance {measured(got, error)} (level 3: {plain(predicted)}),"
        f" drift {measured(pull, unsure)} σ (level 3: {plain(foreseen)}){fails}"
    )
