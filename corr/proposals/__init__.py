"""Other mutations than the isotropic Gaussian: one function each, given to ``mutation(loss, proposal=...)``.

Every law is symmetric. ``std`` is the standard deviation σ of one component, so that at finite β all of them share one
drift to leading order in σ.
"""

from ._bounded import rademacher, sphere, uniform
from ._law import Proposal
from ._mirrored import mirrored
from ._normal import covariance, normal
from ._sparse import one_coordinate, sparse
from ._tailed import laplace, student_t

__all__ = [
    "Proposal",
    "covariance",
    "laplace",
    "mirrored",
    "normal",
    "one_coordinate",
    "rademacher",
    "sparse",
    "sphere",
    "student_t",
    "uniform",
]
