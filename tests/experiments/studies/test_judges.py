"""What each study's ``judge`` says of parts whose numbers are known: every number in a sentence is found again."""

import math
import re
from typing import Any

import numpy as np
import pytest
import xarray
from scipy.special import erfcx

from corr.experiments.paper import resets
from corr.experiments.studies import architectures, density, drift, levels, order, pairing, precision, universality


def numbers_in(text: str) -> list[float]:
    return [float(one.replace("+", "")) for one in re.findall(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?", text)]


def two_valued(mean: float, apart: float, count: int = 26) -> np.ndarray:
    """Half of them ``apart`` above the mean, half below: the standard error is apart/√(count - 1)."""
    return mean + apart * np.where(np.arange(count) % 2, 1.0, -1.0)


def test_density_says_the_orders_in_sigma_and_how_stationary_the_law_is() -> None:
    found = {}
    for (name, beta), power in zip(
        ((name, beta) for name in density.LOSSES for beta in density.BETAS), (1.0, 1.5, 2.0, 0.5), strict=True
    ):
        sigma = np.array(density.SIGMAS[name])
        data = {"total_variation": ("sigma", 0.3 * sigma**power), "wasserstein": ("sigma", sigma**3)}
        found[f"{name} {beta:g} against sigma"] = xarray.Dataset(data, {"sigma": sigma})
        found[f"{name} {beta:g}"] = xarray.Dataset({"stationary_error": 3e-7})
    said = density.judge(found)
    assert [re.findall(r"falling as σ\^\S+(?=;)", line)[0] for line in said if "falling" in line] == [
        "falling as σ^1.00",
        "falling as σ^1.50",
        "falling as σ^2.00",
        "falling as σ^0.50",
    ]
    assert all("Wasserstein distance as σ^3.00" in line for line in said if "falling" in line)
    assert said[0].startswith("double well, β = 4, t = 1: ") and "Fokker-Planck 0.120 at σ = 0.4" in said[0]
    assert [line for line in said if "Boltzmann" in line] == [
        f"{name}, β = 4: the kernel moves the Boltzmann law by a share of 3e-07 at most." for name in density.LOSSES
    ]


def test_figs4_takes_the_sampling_noise_off_the_distance() -> None:
    """Every weight 0.3 off: Δ = 0.09; variance 0.4 of 10 trajectories: 0.04; 1 travelled: unbiased 5 %."""
    smooth = np.linspace(0, 1, 3)[:, None] * np.ones(4)
    data = xarray.Dataset(
        {"mean": (("time", "parameter"), smooth + 0.3), "descent": (("time", "parameter"), smooth),
         "variance": (("time", "parameter"), np.full((3, 4), 0.4)), "count": ("time", np.full(3, 10))},
        {"time": [0.5, 0.75, 1.0]},
    )  # fmt: skip
    (said,) = resets.judge({"stretch": data})
    diffusion = 2 * 0.5 / resets.WIDE_BETA / 10
    assert said.startswith(f"t = 0.5 to 1: Δ = 0.09, sampling noise 0.04 (free diffusion would give {diffusion:.3g})")
    assert "unbiased Δ is 5 % of the squared distance" in said and said.endswith("of a weight: 1).")


SPREAD = np.linspace(-0.1, 0.1, 26)


def test_levels_are_told_apart_in_standard_errors() -> None:
    def side(end: float, spread: float = 0.5, away: float = 0.0) -> xarray.Dataset:
        """Three times, two weights that travel by 1; paths ``away`` from them, in the mean."""
        loss = np.stack([np.full(26, 3.0), np.full(26, 2.0), two_valued(end, spread)], axis=1)
        smooth = np.linspace(0, 1, 3)[:, None] * np.ones(2)
        paths = smooth + away + SPREAD[:, None, None]
        return xarray.Dataset(
            {"loss": (("trajectory", "time"), loss), "path": (("trajectory", "time", "parameter"), paths),
             "descent": (("time", "parameter"), smooth), "acceptance": (("trajectory", "time"), np.full((26, 3), 0.25)),
             "predicted_acceptance": ("time", [0.5, 0.4, 0.3])}
        )  # fmt: skip

    found = {"mutation": side(1.0)}
    for k, level in enumerate(levels.LEVELS):
        found |= {level: side(1.0 + 0.2 * k, away=0.1 * k), f"{level} halved": side(1.3 + 0.2 * k)}
    said = levels.judge(found)
    assert said[0] == "Mutation: mean loss 1.00000 ± 0.10000 at the end, acceptance 0.250."
    for k, line in enumerate(said[1:]):
        away = 0.2 * k / math.hypot(0.1, 0.1)
        assert f"{away:+.1f} standard errors from mutation ({0.3 / math.hypot(0.1, 0.1):+.1f} from its own" in line
        share = float(re.findall(r"means (\S+) ±", line)[0])
        # The sampling noise of each side comes off; the sentence has two digits.
        assert share == pytest.approx(100 * ((0.1 * k) ** 2 - 2 * SPREAD.var(ddof=1) / 26), rel=0.06)
        assert line.endswith("predicted acceptance 0.300.")


def test_order_fits_powers_and_compares_mutation_with_its_twin() -> None:
    step_times, betas = np.geomspace(2e-5, 3.2e-4, 5), np.array([5.0, 10.0, 20.0, 40.0, 80.0])

    def runs(away: Any, error: Any, beta: Any, step_time: Any) -> xarray.Dataset:
        columns = {"away": away, "error": error, "beta": beta, "step_time": step_time}
        return xarray.Dataset({name: ("run", np.atleast_1d(np.asarray(one, float))) for name, one in columns.items()})

    cold, warm = 1e5 * step_times**1.5, 3.0 / betas
    found = {
        "cold twins": runs(cold, 0.01 * cold, np.full(5, math.inf), step_times),
        "warm twins": runs(warm, 0.01 * warm, betas, np.zeros(5)),
        "cold mutation 0": runs(cold[1] + 0.05, 0.03, math.inf, step_times[1]),
        "warm mutation 0": runs(0.2, 0.03, 10.0, 1e-3),
        "warm corrected 0": runs(0.3, 0.04, 10.0, 1e-3),
    }
    found["cold twins"]["error"][1] = 0.04
    said = order.judge(found)
    assert "falls as (λα)^p, p = 1.50 ±" in said[0] and "falls as β^-p, p = 1.00 ±" in said[1]
    assert said[2].startswith("β = ∞, λα = 4e-05: mutation ") and said[2].endswith(
        "twin 3 ± 4 % (+1.0 standard errors)."
    )
    assert "mutation 20 ± 3 % of the squared distance travelled, twin of level 1 30 ± 4 % (-2.0 standard" in said[3]
    assert said[3].endswith("Floor for λα → 0: 30.0 ± 0.3 %.")


def test_drift_names_the_largest_deviation_of_each_quantity() -> None:
    names = ("acceptance", "drift", "along", "across")
    exact = drift._level_1(np.asarray(drift.STRENGTHS))
    values = np.stack([np.stack([exact[name], np.full(10, 0.01)], axis=-1) for name in names], axis=1)
    for k, (row, far) in enumerate(((2, 1.5), (4, -5.25), (7, 0.5), (9, 3.0))):
        values[row, k, 0] += far * 0.01
    pull = np.linspace(0.9, 0.1, 9)
    single = xarray.Dataset(
        {"drift": ("s", pull + np.eye(9)[3] * 0.04), "drift_theory": ("s", pull),
         "drift_error": ("s", np.full(9, 0.01)),
         "exponent": ("middle", np.linspace(0.99, 0.02, 8)), "exponent_error": ("middle", np.full(8, 0.03))},
        {"s": drift.SLOPES, "middle": np.sqrt(drift.SLOPES[1:] * drift.SLOPES[:-1])},
    )  # fmt: skip
    said = drift.judge({"isotropic": drift._with_levels(values, names), "one coordinate": single})
    assert [re.findall(r"the largest of 10 deviations is (\S+) standard", line) for line in said[:4]] == [
        ["1.5"], ["5.2"], ["0.5"], ["3.0"],
    ]  # fmt: skip
    off = [100 / erfcx(s / math.sqrt(2)) - 100 for s in drift.COMPARED]
    assert f"level 0 is off by {off[0]:+.2g} % at s = 0.1 and {off[1]:+.2g} % at s = 1." in said[1]
    assert said[4].startswith("β = ∞: variance along the gradient 0.3408 ± 0.0100 σ², level 1 0.3408, isotropic twin")
    assert "across 0.5300 ± 0.0100, expected 0.5000" in said[4]
    assert "largest of 9 deviations is 4.0 standard errors" in said[5] and "0.99 ± 0.03 at s = 0.018" in said[5]


def test_precision_finds_the_worst_place_and_the_fall_beside_descents() -> None:
    sigma, time = np.array([2.5e-8, 2.5e-6, 2.5e-3]), list(precision.TIMES)

    def flips(rates: np.ndarray) -> xarray.Dataset:
        table = {
            "flips": rates * 1000,
            "draws": np.full((3, 3), 1000.0),
            "rate": rates,
            "low": rates / 2,
            "high": 2 * rates,
        }
        return xarray.Dataset(
            {name: (("sigma", "time"), one) for name, one in table.items()}, {"sigma": sigma, "time": time}
        )

    def fallen(fall: float, error: float, acceptance: float) -> xarray.Dataset:
        columns = {"fall": [0.0, fall], "fall_error": [0.0, error]}
        return xarray.Dataset(
            {name: ("time", one) for name, one in columns.items()}
            | {"acceptance": (("trajectory", "time"), np.full((4, 2), acceptance))},
            {"time": [0.0, 2.0]},
        )

    bad = np.zeros((3, 3))
    bad[0, 1], bad[1] = 0.4, (0.1, 0.05, 0.02)
    lines = xarray.Dataset({"foreseen": (("sigma", "time"), 0.9 * bad)}, {"sigma": sigma, "time": time})
    found = {
        "flips, exact change": flips(np.zeros((3, 3))), "flips, subtraction": flips(bad), "rounding": lines,
        "exact change": fallen(0.2, 0.01, 0.49), "subtraction": fallen(0.1, 0.02, 0.6),
        "descent": fallen(0.25, 0.0, 1.0),
        "smaller": xarray.Dataset({"acceptance": ("sigma", [0.9, 0.7, 0.55])}, {"sigma": [1e-7, 2e-7, 4e-7]}),
    }  # fmt: skip
    exact, near, worst, beside, *falls, smaller = precision.judge(found)
    assert "all σ and t: 0 of 9000 differ" in exact and "foreseen" not in near
    assert "all σ and t: 570 of 9000 differ" in worst and worst.endswith("most 40 % at σ = 2.5e-08, t = 2.")
    assert beside.startswith("The same at σ = 2.5e-06: 10 % [5, 20], foreseen 9 % at t = 0; 5 % [2.5, 10]")
    assert "fallen by 0.2 ± 0.01, 80.0 ± 4.0 % of noise-free descent's 0.25; acceptance 0.490" in falls[0]
    assert "fallen by 0.1 ± 0.02, 40.0 ± 8.0 % of noise-free descent's 0.25; acceptance 0.600" in falls[1]
    assert "acceptance 0.900 at σ = 1e-07, 0.700 at σ = 2e-07, 0.550 at σ = 4e-07" in smaller


def test_universality_says_who_leaves_the_common_curve() -> None:
    rng, shape = np.random.default_rng(0), (64, universality.RECORDS + 1)
    smooth = np.linspace(0, 1, shape[1])[:, None] * np.ones(3)
    time = np.linspace(0, 2, shape[1])

    def side(off: float = 0.0, **facts: Any) -> xarray.Dataset:
        losses = 1.0 + 0.1 * rng.normal(size=shape) + off * (time >= 1)
        paths = smooth + 0.01 * rng.normal(size=(*shape, 3))
        data = {"loss": (("trajectory", "time"), losses), "path": (("path_trajectory", "time", "parameter"), paths)}
        return xarray.Dataset(data | facts, {"time": time})

    names = list(universality.CASES)
    gone, facts = names[3], {"along": ("time", np.full(len(time), 0.2 / math.sqrt(2 * math.pi)))}
    found = {"descent": side(), "twin": side()}
    found["descent"]["path"] = found["descent"].path.copy(data=np.broadcast_to(smooth, (64, *smooth.shape)))
    for name in names:
        off = 0.2 if name == gone else 0.0
        found[name] = side(off, across=("time", np.full(len(time), 0.03)), foreseen=name != gone, **facts)
    limit, *said = universality.judge(found)
    assert [line.partition(":")[0] for line in said if ": leaves the common curve" in line] == [gone]
    assert [line.partition(":")[0] for line in said if "not foreseen to follow" in line] == [gone]
    assert all("drift 0.200 to 0.200 of the Gaussian, with 0.03 of it across" in line for line in said)
    # 1 % for all comparisons together, two-sided, 63 degrees of freedom
    assert f"{universality.RECORDS * len(names)} comparisons" in limit and 4 < numbers_in(limit)[0] < 5.5


def test_architectures_date_the_departure_of_each() -> None:
    rng, time, found = np.random.default_rng(0), np.linspace(0, 1.5, 11), {}
    for name in architectures.END_TIMES:
        curve = np.exp(-time)
        found[f"{name} descent"] = xarray.Dataset({"loss": (("trajectory", "time"), curve[None])}, {"time": time})
        for step_time, off in ((1e-4, 0.0), (1e-2, 0.1)):
            losses = curve * (1 + 0.01 * rng.normal(size=(200, 11)) * (time > 0) + off * (time >= 0.6))
            found[f"{name} {step_time:g}"] = xarray.Dataset(
                {"loss": (("trajectory", "time"), losses),
                 "acceptance": (("trajectory", "time"), np.full((200, 11), 0.4))},
                {"time": time}, {"step_time": step_time, "parameters": 91},
            )  # fmt: skip
    said = architectures.judge(found)
    assert len(said) == 2 * len(architectures.END_TIMES)
    for name, still, gone in zip(architectures.END_TIMES, said[::2], said[1::2], strict=True):
        assert still.startswith(f"{name}, N = 91, λα = 0.0001: mean loss is not shown to leave descent's curve by 2 %")
        assert gone.startswith(f"{name}, N = 91, λα = 0.01: mean loss leaves descent's curve") and "at t = 0.6;" in gone
        assert gone.endswith("acceptance 0.400 at the end.")


def test_pairing_says_where_sharing_pays() -> None:
    def gains(first: float, last: float) -> xarray.Dataset:
        columns = {"gain": [2 * first, 2 * last], "gain_error": [0.1, 0.2], "over_many": [first, last],
                   "over_many_error": [0.05, 0.1], "linear": [3.4, 3.4], "antithetic": [1.0, 1.1],
                   "antithetic_error": [0.02, 0.03]}  # fmt: skip
        data = {name: ("time", values) for name, values in columns.items()}
        return xarray.Dataset(data, {"time": [1.0, 2.0]}, {"trajectories": 8})

    cases = {"pays": gains(20.0, 3.0), "pays early alone": gains(3.0, 1.5), "does not pay": gains(1.7, 2.5)}
    said = pairing.judge(cases)
    for (words, _), line in zip(cases.items(), said, strict=True):
        assert f"sharing {words} (limit 2;" in line
    assert "pays early alone: 6 ± 0.1 times fewer pairs at t = 1 (a linear loss: 3.4), 3 ± 0.2 at t = 2." in said[1]
    shown = pairing.numbers(cases)
    assert "have a mean of 1 ± 0.02 and 1.1 ± 0.03 times less variance" in said[1]
    assert len(shown) == 18 and shown["does not pay: over many at t = 2"][:3] == (2.5, 0.1, 8)
