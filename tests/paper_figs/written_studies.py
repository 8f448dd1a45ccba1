"""Synthetic studies, saved in the layout of real ones: numbers in the shape and size of what theory gives."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray

from corr.experiments.foresight.regimes import REGIMES
from corr.experiments.studies import density, drift, levels, mutation_laws, order, precision
from corr.experiments.systems import annealing, genetic, swarm
from corr.figures.studies.architectures import TITLES
from corr.results import save_part, write_json

from .written_runs import PARAMETERS, TIMES, dataset, descent_path

Parts = dict[str, xarray.Dataset]
Sizes = Mapping[str, Any]


def stretches(trajectories: int = 10) -> tuple[Parts, Sizes]:
    """Resets: two stretches of free diffusion from a smooth path."""
    rng, parts = np.random.default_rng(5), {}
    for number in range(2):
        rows = slice(20 * number, 20 * number + 21)
        path, time = descent_path(PARAMETERS)[rows], TIMES[rows]
        steps = rng.normal(size=(trajectories, len(time), PARAMETERS)) * 0.02
        steps[:, 0] = 0.0
        losses = np.exp(-time / 2.5) * np.exp(0.1 * rng.normal(size=(trajectories, len(time))))
        data = dataset(path + np.cumsum(steps, axis=1), losses, "mutation", 1.0, time)
        columns: Any = {"descent": (("time", "parameter"), path), "descent_loss": ("time", np.exp(-time / 2.5))}
        parts[f"stretch {number}"] = data.assign(columns)
    return parts, {"trajectories": trajectories, "step_ratio": 5.0, "points": 250, "descent_learning_rate": 1e-3}


def schemes() -> tuple[Parts, Sizes]:
    """A contest of two: losses of seeds that fall with what is spent."""
    spent, parts = np.linspace(0.0, 600.0, 5), {}
    for number, name in enumerate(("mutation", "Adam")):
        scatter = 1 + 0.02 * np.random.default_rng(number).normal(size=(6, 5))
        values = np.exp(-spent / (300.0 * (2 - number))) * scatter
        parts[name] = xarray.Dataset({"loss": (("seed", "evaluations"), values)}, {"evaluations": spent})
    return parts, {"evaluations": 600, "seeds": 6, "records": 4}


def pairs() -> tuple[Parts, Sizes]:
    """Gains that fall from those of a linear loss, at zero temperature and warm."""
    time, parts = np.linspace(0.5, 5.0, 10), {}
    for name, linear, ratio in (("Figure 1", 3.4, 10.0), ("Figure 6", 60.0, 1.0)):
        gain = linear * (0.5 + 0.5 * np.exp(-time))
        columns = {"gain": gain, "gain_error": 0.1 * gain, "over_many": gain / 2, "over_many_error": 0.05 * gain,
                   "antithetic": gain / 3, "antithetic_error": 0.02 * gain,
                   "acceptance": np.full(10, 0.9), "linear": np.full(10, linear)}  # fmt: skip
        data = {key: ("time", values) for key, values in columns.items()}
        parts[name] = xarray.Dataset(data, {"time": time}, {"trajectories": 12, "step_ratio": ratio})
    return parts, {"trajectories": 12, "shallow": [10.0, 5.0], "wide": [1.0, 5.0], "points": 50}


def losses_of(curve: np.ndarray, time: np.ndarray, count: int, seed: int, scatter: float = 0.02) -> xarray.Dataset:
    """An ensemble whose losses scatter around a curve."""
    noise = np.random.default_rng(seed).normal(size=(count, len(time))) * (time > 0)
    paths = 0.1 * noise[:, :, None] * np.ones(3) * np.sqrt(time)[:, None]
    return dataset(paths, curve * (1 + scatter * noise), "mutation", 1.0, time)


def four_networks() -> tuple[Parts, Sizes]:
    """Architectures: losses that leave descent's curve the later, the smaller λα."""
    step_times, parts, time = (1e-4, 1e-3), {}, np.linspace(0.0, 1.5, 21)
    for number, name in enumerate(TITLES):
        curve = np.exp(-(2.0 + number) * time)
        for part, step_time, count in (("descent", 0.0, 1), *((f"{s:g}", s, 8) for s in step_times)):
            data = losses_of(curve + 100 * step_time * time**2, time, count, number, 0.02 * (step_time > 0))
            parts[f"{name} {part}"] = data.assign_attrs(step_time=step_time, parameters=90 + number)
    sizes = {"step_times": step_times, "trajectories": (8, 8), "descent_learning_rate": 1e-4, "shallow_points": 250}
    return parts, sizes


def single_steps() -> tuple[Parts, Sizes]:
    """Drift: measured values that are theory's."""
    names = ("acceptance", "drift", "along", "across")
    exact = drift._level_1(np.asarray(drift.STRENGTHS))
    values = np.stack(
        [np.stack([exact[name], np.full(len(drift.STRENGTHS), 0.002)], axis=-1) for name in names], axis=1
    )
    middle = np.sqrt(drift.SLOPES[1:] * drift.SLOPES[:-1])
    pull, exponent = -exact["drift"][:-1], 1 / (1 + middle)
    single = xarray.Dataset(
        {"drift": ("s", pull), "drift_error": ("s", 0.01 * pull), "drift_theory": ("s", pull),
         "exponent": ("middle", exponent), "exponent_error": ("middle", 0.1 * exponent),
         "curve_drift": ("curve_s", -drift._level_1(drift.CURVE)["drift"]),
         "curve_exponent": ("curve_s", 1 / (1 + drift.CURVE))},
        coords={"s": drift.SLOPES, "middle": middle, "curve_s": drift.CURVE},
    )  # fmt: skip
    parts = {"isotropic": drift._with_levels(values, names), "one coordinate": single}
    return parts, {"draws": 40_000, "coordinate_draws": 4_000_000}


def foreseen() -> xarray.Dataset:
    """A map of regimes with six measured steps, one of them beyond level 3, as ``foresee`` gives it."""
    sigmas, betas, times = np.logspace(-7, -1, 37), np.array([10.0**k for k in range(1, 10)] + [np.inf]), [4.0, 10.0]
    place = np.clip(np.log10(sigmas) + 6, 0, 4).astype(np.int8)
    measured = {f"measured_{name}{tail}": ("step", np.full(6, value)) for name, value in (("acceptance", 0.497),
                ("drift", -0.392)) for tail, value in (("", value), ("_error", 0.002), ("_theory", value))}  # fmt: skip
    return xarray.Dataset(
        {
            "regime": (("map_time", "beta", "sigma"), np.tile(place, (2, len(betas), 1))),
            "step_time": ("step", np.repeat(times, 3)),
            "step_sigma": ("step", np.tile([2.51e-5, 2.51e-4, 2.51e-3], 2)),
            "step_beta": ("step", np.full(6, np.inf)),
            "beyond": ("step", np.arange(6) == 5),
            **measured,
        },
        coords={"map_time": times, "beta": betas, "sigma": sigmas},
        attrs={"mutation_std": 2.5066e-5, "beta": math.inf, "tolerance": 0.1, "names": list(REGIMES)},
    )


def four_levels() -> tuple[Parts, Sizes]:
    """Levels: the higher the level, the nearer the twin to mutation."""
    time = np.linspace(0.0, 1.6, 9)
    descent = np.outer(np.linspace(0.0, 1.0, 9), np.ones(3))
    curve = 0.1 * np.exp(-time)
    parts = {"mutation": losses_of(curve, time, 12, 0).assign(descent=(("time", "parameter"), descent))}
    for number, level in enumerate(levels.LEVELS):
        for name, coarseness in ((level, 1.0), (f"{level} halved", 0.5)):
            data = losses_of(curve * (1 - 0.05 * (3 - number)), time, 8, number + 1)
            accepted = 0.5 - 0.05 * number * np.ones(9)
            parts[name] = data.assign(predicted_acceptance=("time", accepted), coarseness=coarseness)
    for coarseness in levels.COARSENESS[:3]:
        parts[f"level 0 at {coarseness:g}"] = losses_of(curve * coarseness, time, 8, 9).assign(coarseness=coarseness)
    return parts, {"mutation": 12, "twins": 8, "corrected": 8}


def orders() -> tuple[Parts, Sizes]:
    """Order: Δ of every part is the square of its λα, or that of 1/β above a floor."""

    def part(rows: list[tuple[float, float]]) -> xarray.Dataset:
        beta, step_time = np.array(rows).T
        away = np.where(np.isinf(beta), (1e3 * step_time) ** 2, 1 / beta**2 + step_time)
        columns = {"away": away, "error": 0.1 * away, "beta": beta, "step_time": step_time}
        return xarray.Dataset({name: ("run", values) for name, values in columns.items()})

    sizes = order.study.presets["smoke"]._replace(cold_step_times=(1.6e-4, 6.4e-4), floor_step_times=(1e-2, 1e-4))
    parts = {"cold twins": part([(math.inf, step_time) for step_time in sizes.cold_twin_step_times]),
             "warm twins": part([(beta, 0.0) for beta in sizes.warm_twin_betas])}  # fmt: skip
    for name in order.parts(sizes):
        if name not in parts:
            side, _, *at = name.split()
            parts[name] = part([(math.inf, float(at[0])) if side == "cold" else (float(at[0]), float(at[1]))])
    return parts, sizes._asdict()


def densities() -> tuple[Parts, Sizes]:
    """Density: normal laws that narrow with time, and distances that fall with σ."""
    x, edges, parts = np.linspace(-2.5, 2.5, 101), np.linspace(-2.5, 2.5, density.BINS + 1), {}
    middle = (edges[1:] + edges[:-1]) / 2
    for name, sigmas in density.SIGMAS.items():
        for beta in ("4", "inf"):
            laws = {"kernel": x, "fokker_planck": x + 0.02, "particles": middle}
            columns: Any = {
                law: (("time", "bin" if law == "particles" else "x"),
                      [np.exp(-((across - 0.3) ** 2) * (1 + time)) for time in density.TIMES])
                for law, across in laws.items()
            }  # fmt: skip
            coords = {"time": list(density.TIMES), "x": x, "bin": middle}
            parts[f"{name} {beta}"] = xarray.Dataset(columns, coords=coords)
            far = {kind: ("sigma", np.square(sigmas)) for kind in ("total_variation", "wasserstein")}
            parts[f"{name} {beta} against sigma"] = xarray.Dataset(far, coords={"sigma": list(sigmas)})
    return parts, {"particles": 2000}


def many_proposals() -> tuple[Parts, Sizes]:
    """Universality: all that theory puts on the curve scatter around it, the others leave it."""
    time = np.linspace(0.0, 4.0, 9)
    curve = 0.5 * np.exp(-time)
    parts = {"descent": losses_of(curve, time, 1, 0, 0.0), "twin": losses_of(curve, time, 40, 0)}
    for number, (name, case) in enumerate(mutation_laws.CASES.items()):
        data = losses_of(curve * (1.0 if case.foreseen else 1.5), time, 12, number + 1)
        parts[name] = data.assign(foreseen=case.foreseen, mutation_std=mutation_laws.STD)
    return parts, {"trajectories": 12, "twins": 40, "end_time": 4.0}


def roundings() -> tuple[Parts, Sizes]:
    """Precision: flip rates that fall as 1/σ, none where few are expected, and the fall of the loss by both rules."""
    sigmas, times, parts = np.geomspace(*precision.SIGMA_RANGE, 6), list(precision.TIMES), {}
    where = {"coords": {"sigma": sigmas, "time": times}}
    for rule, scale in (("subtraction", 1e-8), ("exact change", 1e-12)):
        rate = np.minimum(scale / sigmas, 0.5)[:, None] * np.ones(3)
        rate[rate < 1e-4] = 0.0
        columns = {"rate": rate, "low": 0.7 * rate, "high": 1.3 * rate + 1e-4}
        parts[f"flips, {rule}"] = xarray.Dataset(
            {name: (("sigma", "time"), values) for name, values in columns.items()}, **where
        )
    parts["rounding"] = xarray.Dataset(
        {"foreseen": (("sigma", "time"), np.minimum(1e-8 / sigmas, 0.5)[:, None] * np.ones(3))}, **where
    )
    time = np.linspace(0.0, 1e-3, 11)
    for name, count, share in (("descent", 1, 1.0), ("exact change", 8, 1.0), ("subtraction", 8, 0.7)):
        data = losses_of(np.exp(-time), time, count, 0)
        fall: Any = {"fall": ("time", share * (1 - np.exp(-time))), "fall_error": ("time", 1e-2 * time)}
        parts[name] = data.assign({**fall, "mutation_std": precision.MUTATION_STD})
    return parts, {"draws": 2**20, "trajectories": 8}


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
    """The overview: schemes on their laws, by rank and by value."""
    parts: Parts = {}
    for number, (name, kappa) in enumerate((("mutation", 3.14), ("one of 10", 4.2), ("ranks", 1.1), ("raw", 1.0))):
        follows, other = ("g", "g/|g|") if name == "raw" else ("g/|g|", "g")
        places = ["bowl, far", "bowl, near", "start", "t = 1"]
        columns = {
            "ratio": [1.004, 0.997, 1.0, 1.002],
            "ratio_error": [0.005] * 4,
            "across": [0.01] * 4,
            "at_most": [0.04] * 4,
            "kappa": [kappa] * 4,
            "kappa_error": [0.05] * 4,
            "model": [1e-3] * 4,
        }
        verdicts = {follows: "yes: equivalent, no difference found", other: "no: off by more than the share"}
        told = {f"{loss}: {one}": text for loss in ("bowl", "network") for one, text in verdicts.items()}
        attrs = {"follows": follows, "share": 0.1, "length": 1e-4, "law_kappa": kappa, "drift": 1.0 / (number + 1),
                 "noise": 1.0, "evaluations": 10.0, **told}  # fmt: skip
        parts[name] = xarray.Dataset({k: ("place", v) for k, v in columns.items()}, {"place": places}, attrs)
    return parts, {"evaluations": 40_000, "share": 0.1, "network": True}


def fronts() -> tuple[Parts, Sizes]:
    """Genetic algorithm: speeds half way between their laws, κ of the closure, a path on its twin."""
    sizes, parts = genetic.study.preset("quick"), {}
    for kind in sizes.kinds:
        for count in sizes.counts:
            crossed = kind == genetic.UNIFORM
            slow, fast = np.array([genetic.bounds(sizes, share, count, crossed) for share in sizes.shares]).T
            rows = {"speed": (slow + fast) / 2, "speed_error": 0.01 * fast, "slowest": slow, "fastest": fast}
            data = xarray.Dataset({name: ("share", row) for name, row in rows.items()}, {"share": list(sizes.shares)})
            parts[f"{kind}, n = {count}"] = data.assign_attrs(population=count, crossed=int(crossed))
    counts = np.array(sizes.noise_counts, float)
    rows = {"noise": np.ones(3), "noise_error": np.full(3, 0.02), "noise_theory": np.ones(3), "kappa": 1.1 * counts,
            "kappa_error": 0.03 * counts, "kappa_theory": counts}  # fmt: skip
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


WRITTEN: dict[str, Callable[[], tuple[Parts, Sizes]]] = {
    "figs4": stretches,
    "architectures": four_networks,
    "drift": single_steps,
    "regimes": lambda: ({"map": foreseen()}, {"path_of": "quick"}),
    "levels": four_levels,
    "order": orders,
    "density": densities,
    "pairing": pairs,
    "universality": many_proposals,
    "precision": roundings,
    "budget": schemes,
    "best_of": a_row,
    "recombination": a_row,
    "strategies": a_row,
    "descents": an_atlas,
    "genetic": fronts,
    "swarm": swarms,
    "annealing": cooled,
}


def write_study(name: str, folder: Path) -> Path:
    """Save one of these, as finished."""
    parts, sizes = WRITTEN[name]()
    folder.mkdir(parents=True)
    for part, data in parts.items():
        save_part(folder, part, data)
    configuration = {"study": name, "preset": "quick", **sizes}
    write_json(folder / "manifest.json", {"configuration": configuration, "parts": list(parts), "complete": True})
    return folder
