"""Spins on a lattice, each on its sphere: the chiral magnet, Metropolis on it, and descents to its ground states."""

from ._conjugate import Course, conjugate_gradient
from ._magnet import Magnet, energy, exact_change, local_field
from ._minimizers import lbfgs, of_directions, p_descent, projected_descent
from ._moves import Move, cone_move, gaussian_move
from ._stages import Stages, published_stages, staged
from ._sweeps import all_at_once, sweeps
from ._textures import charge, helix, helix_energy, pitch, skyrmion, structure_factor
from ._unit import check_spins, normalized, tangent

__all__ = [
    "Course",
    "Magnet",
    "Move",
    "Stages",
    "all_at_once",
    "charge",
    "check_spins",
    "cone_move",
    "conjugate_gradient",
    "energy",
    "exact_change",
    "gaussian_move",
    "helix",
    "helix_energy",
    "lbfgs",
    "local_field",
    "normalized",
    "of_directions",
    "p_descent",
    "pitch",
    "projected_descent",
    "published_stages",
    "skyrmion",
    "staged",
    "structure_factor",
    "sweeps",
    "tangent",
]
