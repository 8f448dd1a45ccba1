"""Proposals of one σ for Figure 1's network, each with theory's drift at β = ∞."""

import math
import warnings
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import corr
from corr import proposals
from theory import level0
from theory import proposals as theory

from ..problems.sines import SHALLOW_UNITS, shallow_sine

STEP_TIME = 2e-4
STD = corr.matched_mutation_std(learning_rate=STEP_TIME, step_ratio=1.0)
SHARE = 0.1
DEGREES, HEAVY = 3.0, 1.5
BLOCKS = (2.0, 1.0, 0.5)
COUNT = len(BLOCKS) * SHALLOW_UNITS
Drift = Callable[[jax.Array], jax.Array]


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
    return _along(theory.rotation_invariant_factor(size=COUNT, law=law, degrees=DEGREES))


def _single(unit: jax.Array) -> jax.Array:
    return theory.one_coordinate_drift(unit, mutation_std=math.sqrt(COUNT), beta=math.inf)


def _blockwise(unit: jax.Array) -> jax.Array:
    scales = jnp.repeat(jnp.asarray(_block_scales(), unit.dtype), SHALLOW_UNITS)
    return level0.drift(unit, mutation_std=scales, beta=math.inf)


def _block_scales() -> np.ndarray:
    """σ of the three kinds of weights over σ, with mean square 1."""
    return np.asarray(BLOCKS) / math.sqrt(np.mean(np.square(BLOCKS)))


def _block_proposal() -> proposals.Proposal:
    tree = jax.tree.structure(shallow_sine().start())
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
    # Follows where many weights mutate at once (N p >> 1); here N p = 9, and part of the drift is across the gradient.
    "sparse, p = 0.1": Case(
        lambda: proposals.sparse(STD / math.sqrt(SHARE), SHARE),
        _independent(SPARSE, 1 / math.sqrt(SHARE)),
        foreseen=False,
    ),
    "one coordinate": Case(lambda: proposals.one_coordinate(STD * math.sqrt(COUNT)), _single, foreseen=False),
    "block-wise": Case(_block_proposal, _blockwise, foreseen=False),
    "t, ν = 1.5": Case(_heavy, GAUSSIAN, foreseen=False),
}


def clock(drift: Drift, units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drift against the unit gradients in units of σ, and the size of its part across them over it, (times)."""
    with jax.enable_x64(True):
        moved = np.asarray(jax.lax.map(drift, jnp.asarray(units)))
    along = -np.sum(moved * units, axis=1)
    return along, np.linalg.norm(moved + along[:, None] * units, axis=1) / along
