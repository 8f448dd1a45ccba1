"""How far apart two ensembles are, what sampling noise alone would give, and what a test could have seen.

Arrays are (trajectories, times, parameters); a noise-free path is (times, parameters).
"""

from ._agreement import Agreement, agreement
from ._arviz import to_arviz
from ._bands import Band, confidence_band
from ._convergence import ConvergenceResult, convergence_in_trajectories
from ._distance import delta, delta_standard_error, sampling_noise, travelled, unbiased_delta
from ._distribution import EnergyResult, ProjectionResult, energy_test, projection_test
from ._draws import OneSteps, one_step_displacements
from ._hotelling import HotellingResult, hotelling_test
from ._loss import LossResult, loss_test
from ._loss_equivalence import LossEquivalence, loss_equivalence
from ._mean_equivalence import MeanEquivalence, mean_equivalence
from ._multiplicity import Verdict, adjust, summary_verdict
from ._one_step import StepComparison, StepResult, drift_and_noise
from ._paired import PairingGain, paired_test, pairing_gain
from ._planner import trajectories_needed
from ._power_law import PowerLaw, fit_power_law
from ._resample import PathResult, permutation_test, sign_flip_test
from ._stationary import StationaryResult, stationary_test
from ._step_moments import Estimate

__all__ = [
    "Agreement",
    "Band",
    "ConvergenceResult",
    "EnergyResult",
    "Estimate",
    "HotellingResult",
    "LossEquivalence",
    "LossResult",
    "MeanEquivalence",
    "OneSteps",
    "PairingGain",
    "PathResult",
    "PowerLaw",
    "ProjectionResult",
    "StationaryResult",
    "StepComparison",
    "StepResult",
    "Verdict",
    "adjust",
    "agreement",
    "confidence_band",
    "convergence_in_trajectories",
    "delta",
    "delta_standard_error",
    "drift_and_noise",
    "energy_test",
    "fit_power_law",
    "hotelling_test",
    "loss_equivalence",
    "loss_test",
    "mean_equivalence",
    "one_step_displacements",
    "paired_test",
    "pairing_gain",
    "permutation_test",
    "projection_test",
    "sampling_noise",
    "sign_flip_test",
    "stationary_test",
    "summary_verdict",
    "to_arviz",
    "trajectories_needed",
    "travelled",
    "unbiased_delta",
]
