"""The manifest of a finished run: what was asked, what it ran on, what happened, what theory says of it."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from corr import Clock, Comparison
from theory import level1
from theory.spectrum import LARGEST_FULL
from theory.validity import measure_curvature, validity

from ..declaring.number import plain
from .decisions import CHECKED_POINTS
from .task import Run

PROBES, PROBE_SEED = 256, 0
LAYOUT = ("devices", "block_size", "refresh_every")
PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "xarray")
OPTIONAL = ("neat-python",)  # whose releases change results


def build_manifest(run: Run, sides: Comparison, flips: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Plain numbers and texts for ``manifest.json``."""
    walk = sides.mutation
    return {
        "configuration": run.configuration,
        **machine_facts(),
        "device": f"{jax.devices()[0].device_kind} x {walk.attrs['devices']}",
        "processes": jax.process_count(),
        "layout": {name: {key: side.attrs[key] for key in LAYOUT} for name, side in sides._asdict().items()},
        "flip_rates": flips,
        "acceptance": float(walk.acceptance.mean()),
        "loss_drift": float(walk.loss_drift.max()),
        **_predictions(run.problem.loss, run.params, sides.descent, run.task.clock),
        "trajectories": {
            "asked": run.task.trajectories,
            "finite": int(walk.finite.sum()),
            "lost": [int(i) for i in walk.trajectory.values[~walk.finite.values]],
            "nonfinite_proposals": int(walk.nonfinite.sum()),
        },
        "seconds": round(seconds, 1),
    }


def machine_facts() -> dict[str, Any]:
    """Versions, revision and platform: what else the numbers of a result depend on."""
    return {
        "versions": {name: version(name) for name in (*PACKAGES, *filter(_installed, OPTIONAL))}
        | {"python": platform.python_version()},
        "git": _git_revision(),
        "device": f"{jax.devices()[0].device_kind} x {jax.device_count()}",
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "platform": platform.platform(),
    }


def _installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _predictions(loss: Any, params: Any, descent: Any, clock: Clock) -> dict[str, Any]:
    """Validity numbers at a few times, and level-1 acceptance at every recorded time, along noise-free descent."""
    _, unravel = ravel_pytree(params)
    flat_loss = lambda flat: loss(unravel(flat))  # noqa: E731
    path, times = jnp.asarray(descent.path.values[0]), descent.time.values
    norms = jax.jit(jax.vmap(lambda row: jnp.linalg.norm(jax.grad(flat_loss)(row))))(path)
    strengths = level1.strength(norms, mutation_std=clock.mutation_std, beta=clock.beta)
    signs = _probes(path.shape[1], path.dtype)
    measure = jax.jit(lambda row: measure_curvature(flat_loss, row, signs))
    rows = []
    for k in np.linspace(0, len(times) - 1, CHECKED_POINTS + 1).round().astype(int):
        numbers = validity(*measure(path[k]), mutation_std=clock.mutation_std, beta=clock.beta)
        found = {name: plain(value) for name, value in numbers._asdict().items()}
        rows.append({"time": float(times[k]), "gradient_norm": float(norms[k]), **found})
    probes = None if signs is None else len(signs)
    return {
        "validity": rows,
        "curvature_probes": probes,
        "acceptance_theory": [float(a) for a in level1.acceptance(strengths)[1:]],
    }


def _probes(size: int, dtype: Any) -> jax.Array | None:
    """Random signs for curvature estimates of large networks, where all N Hessian-vector products take minutes."""
    if size <= LARGEST_FULL:
        return None
    return jax.random.rademacher(jax.random.key(PROBE_SEED, impl="threefry2x32"), (PROBES, size), dtype)


def _git_revision() -> str | None:
    here = Path(__file__).parent
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
