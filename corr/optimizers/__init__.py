"""Optimizers that optax has not, as optax transformations; any of them is a gradient side by ``corr.from_optax``."""

from ._power import power_adam, power_amsgrad, power_sgd, scale_by_power, two_power_adam

__all__ = ["power_adam", "power_amsgrad", "power_sgd", "scale_by_power", "two_power_adam"]
