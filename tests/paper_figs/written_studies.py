"""Synthetic studies, saved in the layout of real ones: numbers in the shape and size of what theory gives."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray

from corr.experiments.foresight.regimes import REGIMES
from corr.experiments.studies import density, drift, levels, mutation_laws, order, precision
from corr.figures.studies.architectures import TITLES
from corr.results import save_part, write_json

from . import written_systems as systems
from .written_depth import deep
from .written_digits import two_networks
from .written_imbalance import imbalances
from .written_narrow import few_bits
from .written_neat import evolved
from .written_pathnet import paths
from .written_runs import PARAMETERS, TIMES, dataset, descent_path
from .written_sparse import gathered
from .written_suppression import suppressions
from .written_systems import Parts, Sizes
from .written_trainers import trained


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
    "budget": systems.schemes,
    "best_of": systems.a_row,
    "recombination": systems.a_row,
    "strategies": systems.a_row,
    "descents": systems.an_atlas,
    "genetic": systems.fronts,
    "swarm": systems.swarms,
    "heavy_tails": systems.tails,
    "noise": systems.noises,
    "delay": systems.delays,
    "adaptive": systems.adapted,
    "low_rank": systems.ranks,
    "optimizers": systems.optimized,
    "smoothing": systems.smoothed,
    "suppression": suppressions,
    "trainers": trained,
    "narrow": few_bits,
    "neat": evolved,
    "pathnet": paths,
    "sparse": gathered,
    "depth": deep,
    "imbalance": imbalances,
    "digits": two_networks,
    "annealing": systems.cooled,
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
