"""B5: one averaged trajectory for every proposal with the same σ, once time is scaled by the proposal's drift."""

import functools
import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree
from scipy.stats import t as student

import corr
from corr import inference, proposals
from theory import level0
from theory import proposals as theory

from ._study import Parts, Study
from .fig1 import shallow_sine

STEP_TIME = 1e-4
STD = corr.matched_mutation_std(learning_rate=STEP_TIME, step_ratio=1.0)
DESCENT_RATE, TWIN_STEP = 1e-3, 2e-3
RECORDS, FINE = 8, 40
SHARE = 0.1
DEGREES, HEAVY = 3.0, 1.5
BLOCKS = (2.0, 1.0, 0.5)
LEVEL = 0.01
Drift = Callable[[jax.Array], jax.Array]


class Sizes(NamedTuple):
    """Trajectories of each proposal and of the twin, and the end time."""

    trajectories: int
    twins: int
    end_time: float


class Case(NamedTuple):
    """A proposal, its drift in units of σ by theory for a unit gradient, and whether the common path is foreseen."""

    proposal: Callable[[], proposals.Proposal]
    drift: Drift
    foreseen: bool = True


def _along(factor: float) -> Drift:
    return lambda unit: -factor * unit


def _independent(law: theory.Law, std: float = 1.0) -> Drift:
    return lambda unit: theory.independent_drift(unit, law, mutation_std=std, beta=math.inf)


def _invariant(law: str) -> Drift:
    return lambda unit: _along(theory.rotation_invariant_factor(size=unit.size, law=law, degrees=DEGREES))(unit)


def _single(unit: jax.Array) -> jax.Array:
    return theory.one_coordinate_drift(unit, mutation_std=math.sqrt(unit.size), beta=math.inf)


def _blockwise(unit: jax.Array) -> jax.Array:
    scales = jnp.repeat(jnp.asarray(_block_scales(), unit.dtype), unit.size // len(BLOCKS))
    return level0.drift(unit, mutation_std=scales, beta=math.inf)


def _block_scales() -> np.ndarray:
    """σ of the three kinds of weights over σ, with mean square 1."""
    return np.asarray(BLOCKS) / math.sqrt(np.mean(np.square(BLOCKS)))


def _block_proposal() -> proposals.Proposal:
    tree = jax.tree.structure(_start())
    return proposals.normal(jax.tree.unflatten(tree, [STD * float(scale) for scale in _block_scales()]))


def _heavy() -> proposals.Proposal:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Student's t with", UserWarning)
        return proposals.student_t(STD, HEAVY)


# Student's t with 3 degrees of freedom and variance 1 has φ(u) = (1 + |u|) e^{-|u|}.
STUDENT: theory.Law = (lambda u: (1 + jnp.abs(u)) * jnp.exp(-jnp.abs(u)), lambda u: u * jnp.exp(-jnp.abs(u)))
GAUSSIAN = _along(1 / math.sqrt(2 * math.pi))
SPARSE = theory.component_law("sparse", probability=SHARE)
CASES = {
    "Gaussian": Case(lambda: proposals.normal(STD), GAUSSIAN),
    "uniform": Case(lambda: proposals.uniform(STD), _independent(theory.component_law("uniform"))),
    "Laplace": Case(lambda: proposals.laplace(STD), _independent(theory.component_law("laplace"))),
    "Rademacher": Case(lambda: proposals.rademacher(STD), GAUSSIAN),
    "sphere": Case(lambda: proposals.sphere(STD), _invariant("sphere")),
    "t, ν = 3": Case(lambda: proposals.student_t(STD, DEGREES), _independent(STUDENT)),
    "joint t, ν = 3": Case(lambda: proposals.student_t(STD, DEGREES, joint=True), _invariant("t")),
    "sparse, p = 0.1": Case(
        lambda: proposals.sparse(STD / math.sqrt(SHARE), SHARE), _independent(SPARSE, 1 / math.sqrt(SHARE))
    ),
    "one coordinate": Case(
        lambda: proposals.one_coordinate(STD * math.sqrt(ravel_pytree(_start())[0].size)), _single, foreseen=False
    ),
    "block-wise": Case(_block_proposal, _blockwise, foreseen=False),
    "t, ν = 1.5": Case(_heavy, GAUSSIAN, foreseen=False),
}


def _start() -> Any:
    return shallow_sine().init(corr.trajectory_key(corr.root_key(0), corr.Stream.START, 0))


@functools.cache
def _descent(end_time: float) -> tuple[xarray.Dataset, np.ndarray]:
    """Noise-free normalized descent at 41 times, and its unit gradients there, (41, N)."""
    problem, steps = shallow_sine(), round(end_time / DESCENT_RATE)
    side = corr.descent(problem.loss, learning_rate=DESCENT_RATE, normalized=True)
    marks = np.linspace(0, steps, FINE + 1).round().astype(int).tolist()
    data = corr.run(side, _start(), steps=steps, record_at=marks, time_step=DESCENT_RATE, trajectories=1,
                    key=corr.root_key(0), block_size=1, devices=1, progress=False)  # fmt: skip
    unravel = ravel_pytree(_start())[1]
    gradient = jax.jit(lambda x: ravel_pytree(jax.grad(problem.loss)(unravel(x)))[0])
    slopes = np.stack([np.asarray(gradient(jnp.asarray(x)), float) for x in data.path.values[0]])
    return data, slopes / np.linalg.norm(slopes, axis=1, keepdims=True)


def clock(drift: Drift, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drift against the unit gradients in units of σ, and the size of its part across them over it, (times)."""
    with jax.enable_x64(True):
        moved = np.asarray(jax.lax.map(drift, jnp.asarray(units)))
    along = -np.sum(moved * units, axis=1)
    return along, np.linalg.norm(moved + along[:, None] * units, axis=1) / along


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Noise-free descent, the averaged noisy twin of Gaussian mutation, and mutation by every proposal."""

    def twin(key: jax.Array) -> xarray.Dataset:
        side = corr.langevin(shallow_sine().loss, time_step=TWIN_STEP, moments=corr.paper_moments(step_time=STEP_TIME))
        steps = round(sizes.end_time / TWIN_STEP)
        marks = np.linspace(0, steps, RECORDS + 1).round().astype(int).tolist()
        return corr.run(side, _start(), steps=steps, record_at=marks, time_step=TWIN_STEP, trajectories=sizes.twins,
                        key=key, keep=sizes.twins, label="twin")  # fmt: skip

    found = {"descent": lambda key: _descent(sizes.end_time)[0], "twin": twin}
    return found | {name: functools.partial(_mutated, name=name, sizes=sizes) for name in CASES}


def _mutated(key: jax.Array, name: str, sizes: Sizes) -> xarray.Dataset:
    """Mutation by a proposal at the step numbers where theory's drift, along noise-free descent, makes common time."""
    case, (smooth, units) = CASES[name], _descent(sizes.end_time)
    along, across = clock(case.drift, units)
    times = smooth.time.values
    pace = 1 / (STD * along)
    numbers = np.concatenate([[0.0], np.cumsum(np.diff(times) * (pace[1:] + pace[:-1]) / 2)])
    shown = slice(None, None, FINE // RECORDS)
    marks = numbers[shown].round().astype(int).tolist()
    walk = corr.mutation(shallow_sine().loss, proposal=case.proposal())
    data = corr.run(walk, _start(), steps=marks[-1], record_at=marks, times=times[shown].tolist(), label=name,
                    trajectories=sizes.trajectories, key=key, keep=sizes.trajectories)  # fmt: skip
    return data.assign(along=("time", along[shown]), across=("time", across[shown]), foreseen=case.foreseen)


def scores(walk: xarray.Dataset, twin: xarray.Dataset) -> np.ndarray:
    """Mean loss of mutation less that of the twin in standard errors, after t = 0."""
    sides = [data.loss.values[:, 1:].astype(float) for data in (walk, twin)]
    error = np.sqrt(sum(losses.var(axis=0, ddof=1) / len(losses) for losses in sides))
    return (sides[0].mean(axis=0) - sides[1].mean(axis=0)) / error


def judge(found: Parts) -> list[str]:
    """Which proposals follow the common curve, by their largest deviation over all recorded times."""
    twin, way = found["twin"], inference.travelled(found["descent"].path.values[0])[-1]
    held = {name: found[name] for name in CASES}
    count = RECORDS * len(held)
    fewest = min(data.sizes["trajectory"] for data in held.values())
    limit = float(student.isf(LEVEL / 2 / count, fewest - 1))
    said = [
        f"Limit: {limit:.1f} standard errors, {100 * LEVEL:g} % for all {count} comparisons with the twin together."
    ]
    for name, data in held.items():
        score = scores(data, twin)
        worst = int(np.argmax(np.abs(score)))
        paths, other = (side.path.values[:, -1:].astype(float) for side in (data, twin))
        away, unsure = inference.unbiased_delta(paths, other)[0], inference.delta_standard_error(paths, other)[0]
        pull = math.sqrt(2 * math.pi) * data.along.values
        verdict = "follows" if abs(score[worst]) < limit else "leaves"
        said.append(
            f"{name}: {verdict} the common curve, {score[worst]:+.1f} standard errors at most (t ="
            f" {float(data.time[worst + 1]):g}); at the end mean loss {float(data.loss[:, -1].mean()):.4f} (twin"
            f" {float(twin.loss[:, -1].mean()):.4f}), unbiased Δ {100 * away / way:.2g} ± {100 * unsure / way:.1g} % of"
            f" the squared distance travelled; drift {pull.min():.3f} to {pull.max():.3f} of the Gaussian, with"
            f" {float(data.across.max()):.2f} of it across the gradient at most;"
            f" {'foreseen to follow' if data.foreseen else 'not foreseen to follow'}."
        )
    return said


study = Study(
    name="universality",
    title="one averaged trajectory for all proposals with the same σ, on the clock of their drift",
    presets={"smoke": Sizes(4, 8, 0.08), "quick": Sizes(16, 200, 2.0), "paper": Sizes(1000, 10_000, 5.0)},
    parts=parts,
    judge=judge,
    minutes={"smoke": 1.0, "quick": 2.5, "paper": 300.0},
)
