"""What theory foresees along the noise-free path, as a table and sentences for the terminal."""

import math
from typing import Any

import numpy as np
import xarray
from rich.console import Console
from rich.table import Table

from ..foresight.steps import DRAWS, TOO_FAR

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
    console.print(_table(found))
    share = f"{100 * facts['tolerance']:g} %"
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
        f" sufficient{_largest_bias(found)}. Both by level 3, looked for from σ = {low:g} to {high:g}; level 3 is exact"
        " for a quadratic loss only.",
        highlight=False,
    )
    for k in range(found.sizes["step"]):
        console.print(_measured_line(found.isel(step=k)), highlight=False)


def _largest_bias(found: xarray.Dataset) -> str:
    if not np.isfinite(found.bias).any():
        return ""
    row = found.isel(time=int(found.bias.argmax()))
    return f": at the run's own σ the bias of Δ reaches {100 * float(row.bias):.2g} % at t = {float(row.time):g}"


def _table(found: xarray.Dataset) -> Table:
    facts, share, cold = found.attrs, f"{100 * found.attrs['tolerance']:g} %", math.isinf(found.attrs["beta"])
    hidden = ("s", "βm") if cold else ()
    columns = {head: name for head, name in COLUMNS.items() if head not in hidden}
    caption = "; ".join(text for head, text in MEANINGS.items() if head not in hidden) + (
        ": small where the paper's limit holds. Acceptance (± what random probes of the curvature leave) and drift by"
        " level 3. Bias: unbiased Δ of a small twin ensemble to noise-free descent, in % of the squared distance"
        " travelled."
    )
    beta = "∞" if cold else f"{facts['beta']:g}"
    title = f"{facts['experiment']}, preset {facts['preset']}: σ = {facts['mutation_std']:.4g}, β = {beta}"
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left")
    for head in ("t", *columns, f"largest σ, drift within {share}", "largest σ, noise-free too", "bias of Δ, %"):
        table.add_column(head, justify="right")
    for row in (found.isel(time=k) for k in range(found.sizes["time"])):
        cells = {name: f"{float(row[name]):.3g}" for name in columns.values()}
        # Without probes the error is rounding, which three digits do not show.
        if row.acceptance_error >= LEAST_SHOWN:
            cells["acceptance"] += f" ± {float(row.acceptance_error):.1g}"
        largest = (_largest(float(row[name]), float(found.sigma[-1])) for name in LARGEST)
        bias = f"{100 * float(row.bias):.2g}" if np.isfinite(row.bias) else ""
        table.add_row(f"{float(row.time):g}", *cells.values(), *largest, bias)
    return table


def _largest(sigma: float, searched_to: float) -> str:
    if sigma == 0:
        return "none"
    return f"≥ {sigma:.3g}" if sigma >= searched_to else f"{sigma:.3g}"


def _measured_line(point: Any) -> str:
    (got, error, predicted), (pull, unsure, foreseen) = (
        [float(point[f"measured_{name}{tail}"]) for tail in ("", "_error", "_theory")]
        for name in ("acceptance", "drift")
    )
    fails = f": beyond {TOO_FAR:g} standard errors of level 3, the local quadratic form fails here"
    fails = fails if bool(point.beyond) else ""
    where = f"measured at t = {float(point.step_time):g}, σ = {float(point.step_sigma):.3g}:"
    if got == 0:
        return f"{where} none of {DRAWS} mutations accepted (level 3: {predicted:.2g}){fails}"
    return (
        f"{where} acceptance {got:.3f} ± {error:.3f}"
        f" (level 3: {predicted:.3f}), drift {pull:.3f} ± {unsure:.3f} σ (level 3: {foreseen:.3f}){fails}"
    )
