"""What is foreseen is printed in full, with plain digits; at β = ∞ what is infinite there is left out."""

import io
import math

import pytest
import xarray
from rich.console import Console

from corr.experiments.foresight.steps import DRAWS
from corr.experiments.reporting.foreseen import COLUMNS, show_foreseen


def found(beta: float) -> xarray.Dataset:
    """Two places on a path, a step measured at the first."""
    along = {name: ("time", [0.25, 1e-5]) for name in (*COLUMNS.values(), "largest_sigma", "largest_sigma_noise_free")}
    step = {"acceptance": 0.4, "acceptance_error": 0.0123, "drift": -0.3, "drift_error": 0.02}
    measured = {f"measured_{name}": ("step", [value]) for name, value in step.items()}
    theory = {f"measured_{name}_theory": ("step", [0.39]) for name in ("acceptance", "drift")}
    return xarray.Dataset(
        {
            **along, **measured, **theory, "acceptance_error": ("time", [0.02, 0.0]),
            "bias": ("time", [0.123, math.nan]), "step_time": ("step", [0.5]),
            "step_sigma": ("step", [1e-5]), "beyond": ("step", [False]),
        },
        coords={"time": [0.5, 1.0], "sigma": [1e-7, 0.1]},
        attrs={
            "experiment": "bowl", "preset": "smoke", "mutation_std": 1e-5, "beta": beta, "tolerance": 0.1,
            "end_time": 1.0, "paper_end_time": 3.0, "largest_sigma": 0.1, "largest_sigma_noise_free": 0.0,
        },
    )  # fmt: skip


def printed(data: xarray.Dataset, width: int = 200) -> str:
    text = io.StringIO()
    show_foreseen(data, Console(file=text, width=width))
    return text.getvalue()


@pytest.mark.parametrize("width", [100, 200])
def test_everything_is_said(width: int) -> None:
    words = " ".join(printed(found(100.0), width).split())
    assert "…" not in words and "e-0" not in words
    assert "bowl, preset smoke: σ = 0.00001, β = 100" in words and "βm = βσ² tr H/2" in words
    assert "largest σ ≥ 0.1, in the sense" in words and "largest σ none (at finite β" in words
    assert "the bias of Δ reaches 12 % at t = 0.5" in words
    assert "acceptance 0.400 ± 0.012 (level 3: 0.39), drift -0.30 ± 0.02 σ (level 3: 0.39)" in words


def test_rows_have_an_error_where_it_is_seen() -> None:
    rows = [line.split() for line in printed(found(100.0)).splitlines()]
    assert [
        "0.5",
        "0.25",
        "0.25",
        "0.25",
        "0.25",
        "0.25",
        "0.25",
        "±",
        "0.02",
        "0.25",
        *["≥", "0.25"] * 2,
        "12",
    ] in rows
    assert ["1", *["0.00001"] * 9] in rows


def test_what_is_infinite_is_left_out() -> None:
    text = printed(found(math.inf))
    assert "βm" not in text and "inf" not in text and "β = ∞" in text


def test_no_step_accepted_is_said() -> None:
    none = found(math.inf).assign(measured_acceptance=("step", [0.0]), beyond=("step", [True]))
    assert f"none of {DRAWS} mutations accepted (level 3: 0.39): beyond" in " ".join(printed(none).split())
