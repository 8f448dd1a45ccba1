"""How far apart two ensembles are, what sampling noise alone would give, and what a test could have seen.

Arrays are (trajectories, times, parameters); a noise-free path is (times, parameters).
"""

from ._bands import Band, confidence_band
from ._distance import delta, delta_standard_error, sampling_noise, travelled, unbiased_delta
from ._loss import LossResult, loss_test
from ._loss_equivalence import LossEquivalence, loss_equivalence
from ._mean_equivalence import MeanEquivalence, mean_equivalence
from ._mean_tests import HotellingResult, hotelling_test
from ._multiplicity import Kind, Verdict, adjust, summary_verdict
from ._planner import trajectories_needed
from ._resample import PathResult, permutation_test, sign_flip_test

__all__ = [
    "Band",
    "HotellingResult",
    "Kind",
    "LossEquivalence",
    "LossResult",
    "MeanEquivalence",
    "PathResult",
    "Verdict",
    "adjust",
    "confidence_band",
    "delta",
    "delta_standard_error",
    "hotelling_test",
    "loss_equivalence",
    "loss_test",
    "mean_equivalence",
    "permutation_test",
    "sampling_noise",
    "sign_flip_test",
    "summary_verdict",
    "trajectories_needed",
    "travelled",
    "unbiased_delta",
]
