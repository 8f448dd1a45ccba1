"""How far apart two ensembles are, what sampling noise alone would give, and what a test could have seen.

Arrays are (trajectories, times, parameters); a noise-free path is (times, parameters).
"""

from ._distance import delta, delta_standard_error, sampling_noise, travelled, unbiased_delta
from ._loss import LossResult, loss_test
from ._resample import PathResult, permutation_test, sign_flip_test

__all__ = [
    "LossResult",
    "PathResult",
    "delta",
    "delta_standard_error",
    "loss_test",
    "permutation_test",
    "sampling_noise",
    "sign_flip_test",
    "travelled",
    "unbiased_delta",
]
