"""Losses: a loss is a function ``params -> scalar``; these build one from a network and data.

A pointwise loss gives one number for every point, ``(outputs (outputs, K), targets) -> (K,)``; ``mean`` makes of it the
loss of a network on data, with weights of points or classes, and ``total`` adds penalties:

    loss = total(mean(cross_entropy(), network.apply, *data, weights=weights), l2(1e-4))

To add one: write one function in ``_regression.py`` or ``_classification.py``, one row in ``_registry.py``, and what it
must equal in ``tests/corr/losses/registry.py``. Its contract tests come free: exact change and derivative on networks
against float64, outputs of any size, decisions at the start, targets that do not fit.
"""

from ._accuracy import accuracy, balanced_accuracy
from ._classification import cross_entropy, focal, hinge, zero_one
from ._mean import mean
from ._penalties import activity, elastic_net, l1, l2, total
from ._registry import CLASSIFICATION, POINTWISE, REGRESSION
from ._regression import huber, log_cosh, mean_squared_error, squared

__all__ = [
    "CLASSIFICATION",
    "POINTWISE",
    "REGRESSION",
    "accuracy",
    "activity",
    "balanced_accuracy",
    "cross_entropy",
    "elastic_net",
    "focal",
    "hinge",
    "huber",
    "l1",
    "l2",
    "log_cosh",
    "mean",
    "mean_squared_error",
    "squared",
    "total",
    "zero_one",
]
