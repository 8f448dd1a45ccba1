"""Other mutations than the isotropic Gaussian: one function each, given to ``mutation(loss, proposal=...)``.

Every law is symmetric. ``std`` is the standard deviation σ of one component, so that at finite β all of them share one
drift to leading order in σ. ``stable`` and ``one_coordinate_pareto`` have none; their drift is a power of the gradient.
"""

from ._bounded import rademacher, sphere, uniform
from ._fan_in import by_fan_in
from ._law import Proposal
from ._low_rank import low_rank, same_seed
from ._mirrored import mirrored
from ._normal import covariance, normal
from ._pareto import one_coordinate_pareto
from ._sparse import one_coordinate, sparse
from ._stable import stable
from ._tailed import laplace, student_t

__all__ = [
    "Proposal",
    "by_fan_in",
    "covariance",
    "laplace",
    "low_rank",
    "mirrored",
    "normal",
    "one_coordinate",
    "one_coordinate_pareto",
    "rademacher",
    "same_seed",
    "sparse",
    "sphere",
    "stable",
    "student_t",
    "uniform",
]
