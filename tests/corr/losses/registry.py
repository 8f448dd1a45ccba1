"""What every pointwise loss must equal, in float64, and the networks and data on which it keeps its contract."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy import special

from corr.losses import REGRESSION

FEATURES, UNITS, CLASSES, K = 3, 6, 4, 60

# Points last; (outputs (C, K), targets) -> (K,).
REFERENCES: dict[str, Callable[[Any, Any], Any]] = {
    "squared": lambda outputs, targets: ((outputs - targets) ** 2).mean(axis=0),
    "huber": lambda outputs, targets: special.huber(1.0, outputs - targets).mean(axis=0),
    "log_cosh": lambda outputs, targets: optax.log_cosh(outputs, targets).mean(axis=0),
    "cross_entropy": lambda outputs, labels: optax.softmax_cross_entropy_with_integer_labels(outputs.T, labels),
    "smoothed cross_entropy": lambda outputs, labels: optax.softmax_cross_entropy(
        outputs.T, optax.smooth_labels(np.eye(len(outputs))[labels], 0.1)
    ),
    "hinge": lambda outputs, labels: optax.losses.multiclass_hinge_loss(outputs.T, labels),
    "focal": lambda outputs, labels: focal_in_probabilities(special.softmax(outputs, axis=0), labels),
    "zero_one": lambda outputs, labels: outputs.argmax(axis=0) != labels,
}

ACTIVATIONS: dict[str, Callable[[jax.Array], jax.Array]] = {"tanh": jnp.tanh, "relu": jax.nn.relu}


def focal_in_probabilities(shares: Any, labels: Any) -> Any:
    own = shares[labels, np.arange(len(labels))]
    return -((1 - own) ** 2) * np.log(own)


def network(activation: str) -> Callable[[dict[str, jax.Array], jax.Array], jax.Array]:
    def apply(params: dict[str, jax.Array], points: jax.Array) -> jax.Array:
        hidden = ACTIVATIONS[activation](params["w"] @ points + params["b"][:, None])
        return params["v"] @ hidden + params["c"][:, None]

    return apply


def start(seed: int = 0) -> dict[str, np.ndarray]:
    """Normal weights, kernels over the root of their fan-in."""
    rng = np.random.default_rng(seed)
    shapes = {"w": (UNITS, FEATURES), "b": (UNITS,), "v": (CLASSES, UNITS), "c": (CLASSES,)}
    return {name: (rng.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32) for name, shape in shapes.items()}


POINTS = np.random.default_rng(1).normal(size=(FEATURES, K)).astype(np.float32)
LABELS = np.random.default_rng(2).integers(0, CLASSES, K)
VALUES = np.random.default_rng(3).normal(size=(CLASSES, K)).astype(np.float32)


def targets(name: str) -> np.ndarray:
    return VALUES if name in REGRESSION else LABELS
