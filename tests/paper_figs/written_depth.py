"""Synthetic starts, steps and losses of deep networks, in the layout of real ones."""

import numpy as np
import xarray

from corr.experiments.systems import depth, depth_steps, law
from corr.experiments.systems.depth_training import SCHEMES

from .written_systems import Parts, Sizes

LAYERS = (4, 8, 16, 32)


def losses_at_end(**means: list[float]) -> xarray.Dataset:
    """Losses near 0.1 that scatter by seed; means of some schemes by the number of hidden layers."""
    scatter = 1 + 0.02 * np.random.default_rng(0).normal(size=(len(SCHEMES), len(LAYERS), 4))
    values = 0.1 * np.ones((len(SCHEMES), len(LAYERS)))
    for name, each in means.items():
        values[list(SCHEMES).index(name)] = each
    taken = 0.1 + 0 * scatter
    columns = {"loss": (("scheme", "layers", "seed"), values[..., None] * scatter),
               "taken": (("scheme", "layers", "seed"), taken), "c": ("layers", [0.1, 0.2, 3.0, 600.0])}  # fmt: skip
    sizes = [scheme.size for scheme in SCHEMES.values()]
    coordinates = {"scheme": list(SCHEMES), "layers": list(LAYERS), "size": ("scheme", sizes)}
    return xarray.Dataset(columns, coordinates, {"evaluations": 6000})


def deep() -> tuple[Parts, Sizes]:
    """Gradients that vanish with depth, steps that curvature stops, and mutation that trains where descent stalls."""
    at = np.array(LAYERS, float)
    shrunk = 0.05 * 0.7 ** (2 * at)

    def part(names: dict[str, np.ndarray], other: str) -> xarray.Dataset:
        rows = {name: law.Row(1.003 * known, 0.01 * known, known, known[0] + 0 * at) for name, known in names.items()}
        return law.against("hidden layers", at, rows, other=other)

    pulled = np.exp(-at / 10) / np.sqrt(2 * np.pi)
    steps = {f"{kind}, {name}": pulled for name in depth_steps.SCALES for kind in ("acceptance", "drift in σ")}
    starts = {"|g|²": shrunk, "tr H": 2 + at**-1, "c per σ": shrunk**-0.5}
    parts = {"starts": part(starts, depth_steps.VANISHING), "steps": part(steps, depth_steps.FLAT),
             depth.TRAINING: losses_at_end(mutation=[0.1, 0.1, 0.5, 2.3], descent=[0.1, 0.1, 2.3, 2.3])}  # fmt: skip
    return parts, depth.study.preset("quick")._asdict()
