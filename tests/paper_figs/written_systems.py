"""Synthetic results of training schemes, in the layout of real ones: a contest, rows of the atlas and its overview."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray

from corr.experiments.systems import (
    adaptive,
    annealing,
    delay,
    flatness,
    genetic,
    law,
    low_rank,
    noise,
    optimizers,
    smoothing,
    swarm,
)

Parts = dict[str, xarray.Dataset]
Sizes = Mapping[str, Any]


def schemes() -> tuple[Parts, Sizes]:
    """A contest of two: losses of seeds that fall with what is spent."""
    spent, parts = np.linspace(0.0, 600.0, 5), {}
    for number, name in enumerate(("mutation", "Adam")):
        scatter = 1 + 0.02 * np.random.default_rng(number).normal(size=(6, 5))
        values = np.exp(-spent / (300.0 * (2 - number))) * scatter
        parts[name] = xarray.Dataset({"loss": (("seed", "evaluations"), values)}, {"evaluations": spent})
    return parts, {"evaluations": 600, "seeds": 6, "records": 4}


def a_row() -> tuple[Parts, Sizes]:
    """A row of the atlas: two schemes on their laws, one of them followed, whose law ends at long steps."""
    parts: Parts = {}
    for number, name in enumerate(("one of 2", "one of 5")):
        law = {"drift": 0.5 + number, "noise": 1.0, "kappa": 8.0 - number}
        columns = {f"{key}{end}": size * share for key, size in law.items()
                   for end, share in (("", 1.004), ("_error", 0.005), ("_theory", 1.0))}  # fmt: skip
        parts[f"law {name}"] = xarray.Dataset(columns, attrs={"draws": 1000, "evaluations": 2.0})
    length = np.geomspace(1e-4, 0.1, 4)
    ratio = 1 / np.sqrt(1 + (100 * length) ** 2)
    columns = {"ratio": ratio, "ratio_error": 0.005 + 0 * ratio, "curvature": 100 * length}
    parts["limit one of 5"] = xarray.Dataset({k: ("length", v) for k, v in columns.items()}, {"length": length})
    time = np.linspace(0.25, 3.0, 12)
    curve = 0.5 * np.exp(-time)
    columns = {"loss": curve, "loss_error": 0.01 * curve, "twin_loss": 1.01 * curve, "twin_loss_error": 0.01 * curve,
               "descent_loss": 0.95 * curve, "to_twin": 1e-4 * time, "to_twin_error": 1e-3 + 0 * time,
               "to_descent": 0.01 * time, "to_descent_error": 1e-3 + 0 * time,
               "equivalent_p": 0.01 + 0 * time}  # fmt: skip
    attrs = {"length": 1e-3, "generation": 5e-4, "evaluations": 5.0, "trajectories": 96, "plain": 0}
    parts["path one of 5"] = xarray.Dataset({k: ("time", v) for k, v in columns.items()}, {"time": time}, attrs)
    return parts, {
        "evaluations": 40_000,
        "schemes": 2,
        "followed": 1,
        "lengths": length.tolist(),
        "paths": [1e-4, 3, 96],
    }


def an_atlas() -> tuple[Parts, Sizes]:
    """The overview: schemes on their laws, by rank, by value and by neither, and two that are no descent."""
    every = ("g", "g/|g|", "sign g")
    schemes = {"mutation": ("g/|g|", 3.14), "one of 10": ("g/|g|", 4.2), "ranks": ("g/|g|", 1.1), "raw": ("g", 1.0),
               "one coordinate": ("sign g", 3.0), "Pareto": ("sign(g)|g|^H", np.nan)}  # fmt: skip
    parts: Parts = {}
    for number, (name, (follows, kappa)) in enumerate(schemes.items()):
        places = ["bowl, far", "bowl, near", "start", "t = 1"]
        columns = {
            "ratio": [1.004, 0.997, 1.0, 1.002],
            "ratio_error": [0.005] * 4,
            "coefficient": [1.0 / (number + 1)] * 4,
            "across": [0.01] * 4,
            "at_most": [0.04] * 4,
            "kappa": [np.nan_to_num(kappa, nan=130.0)] * 4,
            "kappa_error": [0.05] * 4,
            "model": [1e-3] * 4,
        }
        verdicts = {one: "no: off by more than the share" for one in every}
        verdicts |= {follows: "yes: equivalent, no difference found"}
        told = {f"{loss}: {one}": text for loss in ("bowl", "network") for one, text in verdicts.items()}
        attrs = {"follows": follows, "share": 0.1, "length": 1e-4, "law_kappa": kappa, "exponent": 0.5,
                 "evaluations": 10.0, **told}  # fmt: skip
        parts[name] = xarray.Dataset({k: ("place", v) for k, v in columns.items()}, {"place": places}, attrs)
    attrs = {"follows": "g/|g|", "share": 0.1, "descends": 0, "evaluations": 30.0,
             "bowl: g": "no: off by more than the share", "bowl: g/|g|": "no: off by more than the share"}  # fmt: skip
    grown = {"ratio": ("place", [1.0, 9.5]), "ratio_error": ("place", [0.01, 0.1])}
    parts["swarm"] = xarray.Dataset(grown, {"place": ["age 0", "age 10"]}, attrs)
    parts["adaptive"] = parts["swarm"].assign(ratio_theory=("place", [1.0, 9.6]))
    return parts, {"evaluations": 40_000, "share": 0.1, "network": True}


def fronts() -> tuple[Parts, Sizes]:
    """Genetic algorithm: speeds half way between their laws, κ of the closure, a path on its twin."""
    sizes, parts = genetic.study.preset("quick"), {}
    for kind in sizes.kinds:
        for count in sizes.counts:
            crossed = kind == genetic.UNIFORM
            slow, fast = np.array([genetic.bounds(sizes, share, count, crossed) for share in sizes.shares]).T
            rows = {"speed": (slow + fast) / 2, "speed_error": 0.01 * fast, "slowest": slow, "fastest": fast,
                    "speed_theory": (slow + fast) / 2, "simulation_error": 0.01 * fast}  # fmt: skip
            data = xarray.Dataset({name: ("share", row) for name, row in rows.items()}, {"share": list(sizes.shares)})
            parts[f"{kind}, n = {count}"] = data.assign_attrs(population=count, crossed=int(crossed))
    counts = np.array(sizes.noise_counts, float)
    rows = {"noise": np.ones(3), "noise_error": np.full(3, 0.02), "noise_theory": np.ones(3), "kappa": 1.1 * counts,
            "kappa_error": 0.03 * counts, "kappa_theory": 1.1 * counts, "simulation_error": 0.01 * counts,
            "closure": counts}  # fmt: skip
    columns = {name: ("population", row) for name, row in rows.items()}
    parts["noise"] = xarray.Dataset(columns, {"population": list(sizes.noise_counts)})
    time = np.linspace(0.2, 2.0, 10)
    loss = 0.5 * np.exp(-time / 2)
    columns = {"loss": loss, "loss_error": 0.01 * loss, "twin_loss": loss, "descent_loss": 1.02 * loss}
    parts["path"] = xarray.Dataset({name: ("time", row) for name, row in columns.items()}, {"time": time})
    parts["path"].attrs["trajectories"] = 24
    return parts, sizes._asdict()


def swarms() -> tuple[Parts, Sizes]:
    """Swarm: straight lines in ln(spread) and ln(speed), coefficients that grow beside mutation's that do not."""
    step, rates, ages = np.arange(1, 61), np.array([0.18, 0.05, -0.13]), (0, 10, 20)
    inertia, pull = np.array(swarm.CONSTANTS).T
    columns: Any = {"spread_rate_theory": ("constants", rates), "inertia": ("constants", inertia)}
    columns |= {f"ln_{name}": (("constants", "step"), rates[:, None] * step) for name in ("spread", "speed")}
    growth = xarray.Dataset({**columns, "pull": ("constants", pull)}, {"step": step})
    parts = {"growth": growth.assign_attrs(particles=30, swarms=200, settled=20)}
    for name, rate in (("swarm", 0.12), ("mutation", 0.0)):
        unit = np.exp(rate * np.array(ages))[:, None] * np.ones(2)
        columns = {"unit": (("age", "place"), unit), "unit_error": (("age", "place"), 0.01 * unit)}
        places = {"age": list(ages), "place": ["bowl, far", "bowl, near"]}
        parts[name] = xarray.Dataset(columns, places, {"draws": 4000})
    columns = {"outside": ("numbers", [1e-6, 0.8]), "outside_error": ("numbers", [1e-7, 0.01])}
    parts["span"] = xarray.Dataset(columns, {"numbers": ["shared", "own"]})
    return parts, swarm.study.preset("quick")._asdict()


def cooled() -> tuple[Parts, Sizes]:
    """Annealing: a path on level 1, behind its clock from s = 1 on; variances on the recursion."""
    time = np.geomspace(0.07, 9.0, 12)
    rows = {"progress": np.ones(12), "progress_error": 0.2 / np.sqrt(1 + time) ** 3,
            "way": 0.1 * time / (1 + 0.1 * time), "progress_clock": 1 + 0.2 * time,
            "strength": 0.5 * time, "beta": 1e4 * time}  # fmt: skip
    path = xarray.Dataset({name: ("time", row) for name, row in rows.items()}, {"time": time})
    steps, every = np.arange(100, 1001, 100), np.arange(1, 1001)
    exact, temperature = 0.06 * every / 300 * np.exp(-every / 300), 0.1 * np.exp(-every / 400)
    bowl = xarray.Dataset(
        {"variance": ("step", exact[steps - 1]), "variance_error": ("step", 0.03 * exact[steps - 1]),
         "curve": ("every", exact), "curve_temperature": ("every", temperature)},
        {"step": steps}, {"mutation_std": annealing.BOWL_STD, "trajectories": 2000},
    )  # fmt: skip
    attrs = {"begin": annealing.BEGIN, "mutation_std": 1.2e-4, "steps": 30_000, "trajectories": 24}
    return {"path": path.assign_attrs(attrs), "bowl": bowl}, annealing.study.preset("quick")._asdict()


def tails() -> tuple[Parts, Sizes]:
    """Heavy tails: drifts on their power laws, paths on power descent and off gradient descent."""
    parts: Parts = {}
    for kind, slopes in (("all coordinates", np.geomspace(1e-2, 1, 9)), ("one coordinate", np.geomspace(1, 1e2, 9))):
        for exponent in (0.3, 0.5, 0.8):
            law = -(slopes**exponent)
            rows = {"drift": 1.002 * law, "drift_error": 0.005 * np.abs(law), "drift_theory": law}
            attrs = {"exponent": exponent, "fitted": exponent, "fitted_error": 0.01, "fitted_theory": exponent}
            columns = {name: ("slope", row) for name, row in rows.items()}
            parts[f"{kind}, H = {exponent}"] = xarray.Dataset(columns, {"slope": slopes}, attrs)
    turned = {"cosine_power": 0.995, "cosine_gradient": 0.859}
    parts["Student's t, ν = 1.5"] = parts["all coordinates, H = 0.5"].assign_attrs(turned)
    time = np.linspace(0.15, 1.5, 10)
    for name in ("bowl", "network"):
        rows = {"to_power": 0.001 + 0 * time, "to_power_error": 0.001 + 0 * time, "to_gradient": 0.05 * time,
                "to_gradient_error": 0.002 + 0 * time, "equivalent_p": 0.01 + 0 * time, "loss": 1 / (1 + time),
                "power_loss": 0.99 / (1 + time)}  # fmt: skip
        columns = {key: ("time", row) for key, row in rows.items()}
        parts[f"path, {name}"] = xarray.Dataset(columns, {"time": time}, {"runs": 256, "scale": 1e-4})
    return parts, {"draws": 2_000_000, "exponents": 3, "bowl": [1e-4, 1.5, 256], "network": [3e-5, 0.2, 64]}


def _laws(sizes: Sizes, **parts: tuple[str, list[str], str]) -> tuple[Parts, Sizes]:
    """Pages of laws: every quantity measured half a percent above theory, which the other law is not."""
    at, made = np.geomspace(0.1, 10.0, 5), {}
    for name, (parameter, quantities, other) in parts.items():
        theory = 1 / (1 + at)
        row = law.Row(1.005 * theory, 0.01 * theory, theory, 0 * at + 1.0)
        made[name.replace("_", " ")] = law.against(parameter, at, dict.fromkeys(quantities, row), other=other)
    return made, sizes


def noises() -> tuple[Parts, Sizes]:
    """Noisy evaluations."""
    cold = "what it is without noise"
    return _laws(
        noise.study.preset("quick")._asdict(), slope=("τ/σ|g|", ["drift in σ", "acceptance"], cold),
        network=("τ", ["β of the clock"], "√(2/π)/τ alone"), bowl=("τ", ["temperature"], "1/β of the clock"),
        two_batches=(
            "points in a batch", ["drift in σ, two batches", "drift in σ, one batch"], "the other number of batches"
        ),
    )  # fmt: skip


def delays() -> tuple[Parts, Sizes]:
    """Late steps."""
    parts = {"stability": ("delay (steps)", ["limit of ηh"]), "heat": ("θ", ["βh⟨x²⟩"]),
             "momentum": ("step", ["mean weight"]),
             "shared_array": ("processes", ["variance over its law"])}  # fmt: skip
    return _laws(delay.study.preset("quick")._asdict(), **{k: (*v, delay.IN_TIME) for k, v in parts.items()})


def adapted() -> tuple[Parts, Sizes]:
    """Adaptive Monte Carlo."""
    return _laws(
        adaptive.study.preset("quick")._asdict(),
        course=("step", ["m", "way in σ", "variance across in σ²"], "twice the rate"),
        forgetting=("ρ", ["m at rest"], "without forgetting"),
    )


def optimized() -> tuple[Parts, Sizes]:
    """Optimizers."""
    plain, signs = optimizers.PLAIN, optimizers.SIGN
    return _laws(
        optimizers.study.preset("quick")._asdict(), finite=("βσ|g|", ["drift in σ"], optimizers.HARD),
        one_coordinate=("slope of a parameter", ["drift in σ"], plain),
        SGD=("slope over its noise", ["mean step over η"], signs),
        Adam=("slope over its noise", ["mean step over η"], signs),
        Muon=("singular value", ["step over mean"], plain),
    )  # fmt: skip


def smoothed() -> tuple[Parts, Sizes]:
    """Weight perturbation: laws, and routes on digits that grow flat at different rates."""
    routes = {name.replace(" ", "_"): ("σ", ["drift along ∇U_σ"], smoothing.PLAIN) for name in smoothing.ROUTES}
    parts, sizes = _laws(
        smoothing.study.preset("quick")._asdict(), sharpness=("ρ", ["step over ηg, stiffest"], smoothing.FLAT),
        perceptron=("slope of U_σ", ["drift in quarters of βσ²"], smoothing.HALF), **routes,
    )  # fmt: skip
    names, time = list(flatness.routes(2)), np.linspace(16.0, 64.0, 4)
    curves = 10 * np.exp(-np.outer(0.01 * np.arange(1, 1 + len(names)), time))
    runs = curves[..., None] * (1 + 0.01 * np.random.default_rng(0).normal(size=(*curves.shape, 8)))
    scales = {"tr H": 1.0, "U_σ": 0.02, "gap": 0.02, "test loss": 0.03, "training loss": 0.01, "accuracy": 0.1}
    columns = {name: (("route", "time", "run"), scale * runs) for name, scale in scales.items()}
    attrs = {"images": flatness.IMAGES, "std": flatness.STD}
    return parts | {smoothing.DIGITS: xarray.Dataset(columns, {"route": names, "time": time}, attrs)}, sizes


def ranks() -> tuple[Parts, Sizes]:
    """Mutations of low rank."""
    return _laws(
        low_rank.study.preset("quick")._asdict(), rank_1=("singular value", ["drift in σ"], low_rank.STRAIGHT),
        rank_2=("singular value", ["drift in σ"], low_rank.STRAIGHT),
        full_rank=("singular value", ["drift in σ"], "the map of rank 1"),
        warm=("singular value", ["warm drift in half of βσ²"], "the map of rank 1"),
        two_points=("η/η_max", ["ΔU in η|g|²"], "without curvature"),
        from_seeds=("parameters", ["bytes kept an individual", "bytes in use an individual"], low_rank.STORED),
    )  # fmt: skip
