"""What optax has not, as optax transformations and schedules, and early stopping.

Any optax transformation is a gradient side by ``corr.from_optax``.
"""

from ._power import power_adam, power_amsgrad, power_sgd, scale_by_power, two_power_adam
from ._schedules import checked, triangular
from ._stopping import Stop, early_stopping

__all__ = [
    "Stop",
    "checked",
    "early_stopping",
    "power_adam",
    "power_amsgrad",
    "power_sgd",
    "scale_by_power",
    "triangular",
    "two_power_adam",
]
