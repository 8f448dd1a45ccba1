"""Every pointwise loss by name. A new one becomes a row here, and the contract tests hold for it."""

from ._classification import Pointwise, cross_entropy, focal, hinge, zero_one
from ._regression import huber, log_cosh, squared

# Of values (outputs, K).
REGRESSION: dict[str, Pointwise] = {"squared": squared, "huber": huber(), "log_cosh": log_cosh}

# Of labels (K,).
CLASSIFICATION: dict[str, Pointwise] = {
    "cross_entropy": cross_entropy(),
    "smoothed cross_entropy": cross_entropy(label_smoothing=0.1),
    "hinge": hinge,
    "focal": focal(),
    "zero_one": zero_one,
}

POINTWISE = REGRESSION | CLASSIFICATION
