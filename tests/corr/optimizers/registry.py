"""Every optimizer of the gradient side by name: a new one becomes a row here, and the contract tests hold for it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from corr import optimizers

RATE, MU, DECAY, WEIGHT_DECAY = 0.1, 0.5, 0.5, 0.3
Steady = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Row(NamedTuple):
    """An optimizer, and what it is expected to do.

    Attributes:
        rule: the optax transformation.
        more: what a plain loop must give its update by name, beside gradients, state and parameters.
        evaluations: of a step, those of a line search apart.
        steady: its displacement on a constant gradient once its memory is full, (gradient, position) -> displacement;
            None where it has none.
    """

    rule: Any
    more: tuple[str, ...] = ()
    evaluations: float = 3
    steady: Steady | None = None


def uphill(radius: float) -> optax.GradientTransformation:
    return optax.chain(optax.contrib.normalize(), optax.sgd(radius))


def plain(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    del x
    return -RATE * g


def ballistic(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    del x
    return -RATE * g / (1 - MU)


def signs(g: np.ndarray, x: np.ndarray) -> np.ndarray:
    del x
    return -RATE * np.sign(g)


SGD = optax.sgd(RATE)
SCHEDULES: dict[str, Callable[[Any], Any]] = {
    "step": optax.piecewise_constant_schedule(RATE, {2: 0.5, 5: 0.1}),
    "exponential": optax.exponential_decay(RATE, transition_steps=2, decay_rate=0.7),
    "polynomial": optax.polynomial_schedule(RATE, 0.01, power=2, transition_steps=6),
    "cosine": optax.cosine_decay_schedule(RATE, decay_steps=8, alpha=0.1),
    "warm-up": optax.warmup_cosine_decay_schedule(0.01, RATE, warmup_steps=3, decay_steps=8),
    "triangular": optimizers.triangular(0.02, RATE, 2),
}

OPTIMIZERS: dict[str, Row] = {
    "SGD": Row(SGD, steady=plain),
    "momentum": Row(optax.sgd(RATE, momentum=MU), steady=ballistic),
    "Nesterov": Row(optax.sgd(RATE, momentum=MU, nesterov=True), steady=ballistic),
    "RMSprop": Row(optax.rmsprop(RATE, decay=DECAY), steady=signs),
    "Adam": Row(optax.adam(RATE), steady=signs),
    "AMSGrad": Row(optax.amsgrad(RATE), steady=signs),
    "AdamW": Row(
        optax.adamw(RATE, weight_decay=WEIGHT_DECAY), steady=lambda g, x: -RATE * (np.sign(g) + WEIGHT_DECAY * x)
    ),
    "Lion": Row(optax.lion(RATE, weight_decay=0.0), steady=signs),
    "Muon": Row(optax.contrib.muon(RATE)),
    "L-BFGS": Row(optax.lbfgs(), ("value", "grad", "value_fn")),
    "backtracking": Row(
        optax.chain(optax.sgd(8.0), optax.scale_by_backtracking_linesearch(12)), ("value", "grad", "value_fn")
    ),
    "SAM": Row(optax.contrib.sam(SGD, uphill(0.3), opaque_mode=True), ("grad_fn",), evaluations=6, steady=plain),
    "SAM, two steps up": Row(
        optax.contrib.sam(SGD, uphill(0.3), sync_period=3, opaque_mode=True), ("grad_fn",), evaluations=9, steady=plain
    ),
    "lookahead": Row(optax.lookahead(optax.adam(RATE), sync_period=3, slow_step_size=0.5)),
    "clipped by value": Row(optax.chain(optax.clip(0.2), SGD), steady=lambda g, x: -RATE * np.clip(g, -0.2, 0.2)),
    "clipped by norm": Row(
        optax.chain(optax.clip_by_global_norm(0.2), SGD), steady=lambda g, x: -RATE * 0.2 * g / np.linalg.norm(g)
    ),
    "clipped adaptively": Row(optax.chain(optax.adaptive_grad_clip(0.1), SGD)),
    "reduced on plateaus": Row(
        optax.chain(SGD, optax.contrib.reduce_on_plateau(factor=0.5, patience=1, rtol=0.2)), ("value",)
    ),
    "power gradient": Row(optimizers.power_sgd(RATE, 0.5), steady=lambda g, x: -RATE * np.sign(g) * np.sqrt(abs(g))),
    **{f"schedule, {name}": Row(optax.sgd(schedule)) for name, schedule in SCHEDULES.items()},
}

SLOW = {"L-BFGS", "SAM, two steps up", "Muon"}  # a second or more of compiling each


def peer(row: Row, loss: Callable[[jax.Array], jax.Array], start: jax.Array, steps: int) -> list[jax.Array]:
    """Positions after 1, 2, ... steps of a loop as optax's own pages write it."""
    pair = isinstance(row.rule.init(optax.LookaheadParams.init_synced(start)), optax.LookaheadState)
    params: Any = optax.LookaheadParams.init_synced(start) if pair else start
    found = []
    with jax.numpy_dtype_promotion("standard"):
        memory = row.rule.init(params)
        for _ in range(steps):
            value, gradient = jax.value_and_grad(loss)(params.fast if pair else params)
            known = {"value": value, "grad": gradient, "value_fn": loss, "grad_fn": lambda x, _: jax.grad(loss)(x)}
            more = {name: known[name] for name in row.more}
            update, memory = row.rule.update(gradient, memory, params, **more)
            params = optax.apply_updates(params, update)
            found.append(params.fast if pair else params)
    return found


SLOPES = jnp.array([[0.5, -1.0], [2.0, 0.25], [-0.7, 0.3]])
START = jnp.array([[0.4, -0.2], [0.1, 0.9], [-1.1, 0.6]])


def slope(x: jax.Array) -> jax.Array:
    """A loss with one gradient everywhere."""
    return jnp.sum(SLOPES * x)


def valley(x: jax.Array) -> jax.Array:
    """Neither symmetric nor a bowl; without a product of matrices."""
    return jnp.sum(jnp.cosh(SLOPES * x)) + jnp.sum((x[0] - x[1] * x[2] - 0.3) ** 2)
