"""The functions somebody else would try next, each from SIZE numbers to one."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jax.scipy import linalg, special

SIZE = 12
TABLE = np.linspace(-3.0, 3.0, 9)
TARGET = np.sin(np.arange(12.0))
TIMES = np.linspace(0.0, 1.0, 6)


def like(constant: Any, x: Any) -> Any:
    return jnp.asarray(constant, x.dtype)


def interpolation(x: Any) -> Any:
    return jnp.sum(jnp.interp(x, like(TABLE, x), like(np.sin(TABLE), x)))


def moving_table(x: Any) -> Any:
    return jnp.sum(jnp.interp(like(TARGET, x), jnp.sort(x[:6]), x[6:]))


def mixture(x: Any) -> Any:
    parts = (
        jax.nn.log_softmax(x[:3])[None]
        - jnp.square((like(TARGET, x)[:, None] - x[None, 3:6]) / jnp.exp(x[None, 6:9])) / 2
    )
    return -jnp.mean(special.logsumexp(parts - x[None, 6:9], axis=1))


def hidden_markov(x: Any) -> Any:
    log_moves = jax.nn.log_softmax(x[:9].reshape(3, 3), axis=1)

    def forward(alpha: Any, seen: Any) -> tuple[Any, None]:
        return special.logsumexp(alpha[:, None] + log_moves, axis=0) - jnp.square(seen - x[9:]) / 2, None

    return -special.logsumexp(lax.scan(forward, jnp.zeros(3, x.dtype), like(TARGET, x))[0])


def masked_cross_entropy(x: Any) -> Any:
    losses = optax.softmax_cross_entropy_with_integer_labels(x.reshape(4, 3), jnp.array([0, 2, 1, 1]))
    return jnp.sum(losses * like([1, 1, 0, 1], x)) / 3


def attention(x: Any) -> Any:
    tokens = x.reshape(4, 3)
    scores = jnp.where(jnp.tril(jnp.ones((4, 4), bool)), tokens @ tokens.T, -jnp.inf)
    return jnp.sum(jnp.square(jax.nn.softmax(scores, axis=1) @ tokens))


def layer_norm(x: Any) -> Any:
    return jnp.sum(jnp.sin(jax.nn.standardize(x.reshape(3, 4), axis=1, epsilon=1e-6)))


def max_pooling(x: Any) -> Any:
    return jnp.sum(jnp.square(nn.max_pool(x.reshape(1, 3, 4, 1), (2, 2), padding="SAME")))


def pendulum(x: Any) -> Any:
    def step(k: Any, state: Any) -> Any:
        angle, speed = state
        speed = speed - jnp.sin(angle) / 20 + x[k % 12] / 100
        return angle + speed / 20, speed

    angle, speed = lax.fori_loop(0, 30, step, (x[0], x[1]))
    return jnp.square(angle) + jnp.square(speed)


def bouncing_ball(x: Any) -> Any:
    def step(state: Any, _: Any) -> tuple[Any, Any]:
        height, speed = state
        hit = height < 0
        speed = jnp.where(hit, jnp.abs(speed) * 0.9, speed - 0.05)
        return (height + speed / 10, speed), height

    return jnp.mean(jnp.square(lax.scan(step, (1 + x[0] / 10, x[1]), None, length=40)[1]))


def rounded_network(x: Any) -> Any:
    def rounded(w: Any) -> Any:
        return w + lax.stop_gradient(jnp.round(w * 8) / 8 - w)

    hidden = jax.nn.relu(rounded(x[:6])[:, None] * like(TIMES, x)[None] + x[:6, None])
    return jnp.mean(jnp.square(rounded(x[6:]) @ hidden - like(TIMES, x)))


def spectral(x: Any) -> Any:
    return jnp.sum(jnp.log1p(jnp.square(jnp.abs(jnp.fft.rfft(x)))))


def matrix_exponential(x: Any) -> Any:
    return jnp.sum(jnp.square(linalg.expm(x[:9].reshape(3, 3) / 4)))


def log_determinant(x: Any) -> Any:
    factor = x[:9].reshape(3, 3)
    return jnp.linalg.slogdet(factor @ factor.T + jnp.eye(3, dtype=x.dtype))[1]


def gaussian_process(x: Any) -> Any:
    gap = jnp.square(x[:6, None] - x[None, :6])
    factor = jnp.linalg.cholesky(jnp.exp(-gap) + jnp.eye(6, dtype=x.dtype))
    return jnp.sum(jnp.square(linalg.solve_triangular(factor, x[6:], lower=True))) + jnp.sum(jnp.log(jnp.diag(factor)))


def linear_system(x: Any) -> Any:
    return jnp.sum(jnp.linalg.solve(x[:9].reshape(3, 3) + 5 * jnp.eye(3, dtype=x.dtype), x[9:]))


def eigenvalues(x: Any) -> Any:
    return jnp.sum(jnp.sqrt(1 + jnp.square(jnp.linalg.eigvalsh(x[:9].reshape(3, 3) + x[:9].reshape(3, 3).T))))


def kalman(x: Any) -> Any:
    noise = jnp.exp(x[:2])

    def step(state: Any, seen: Any) -> tuple[Any, Any]:
        mean, variance = state
        mean, variance = x[2] * mean, jnp.square(x[2]) * variance + noise[0]
        spread = variance + noise[1]
        loss = jnp.log(spread) + jnp.square(seen - mean) / spread
        gain = variance / spread
        return (mean + gain * (seen - mean), (1 - gain) * variance), loss

    return jnp.sum(lax.scan(step, (x[3], noise[0]), like(TARGET, x))[1])


def order_statistics(x: Any) -> Any:
    return jnp.median(x) + jnp.quantile(x, like(0.9, x)) - jnp.sum(lax.top_k(x, 3)[0])


def transport(x: Any) -> Any:
    return jnp.mean(jnp.abs(jnp.sort(x) - jnp.sort(like(TARGET, x))))


def tukey(x: Any) -> Any:
    residual = (x - like(TARGET, x)) / 2
    return jnp.mean(jnp.where(jnp.abs(residual) < 1, 1 - (1 - residual**2) ** 3, 1)) + jnp.mean(optax.huber_loss(x))


def root_of_a_cubic(x: Any) -> Any:
    def move(state: Any) -> tuple[Any, Any]:
        root, count = state
        return root - (root**3 + root - x[0]) / (3 * root**2 + 1), count + 1

    return jnp.square(lax.while_loop(lambda state: state[1] < 12, move, (x[1] / 4, 0))[0])


def potts(x: Any) -> Any:
    spins, coupling = jnp.array([0, 2, 1, 1, 0, 2]), x[:9].reshape(3, 3)
    return jnp.sum(coupling[spins[:-1], spins[1:]]) + jnp.sum(x[9:][spins]) + special.logsumexp(coupling)


def elastic_rod(x: Any) -> Any:
    bend = jnp.diff(x)
    return jnp.sum(1 - jnp.cos(bend)) + jnp.sum(jnp.hypot(jnp.cumsum(jnp.cos(x)) - 12, jnp.cumsum(jnp.sin(x))))


def student_t(x: Any) -> Any:
    freedom = 1 + jnp.exp(x[0])
    body = (freedom + 1) / 2 * jnp.log1p(jnp.square(like(TARGET, x) - x[1]) / freedom)
    return jnp.mean(body) + special.gammaln(freedom / 2) - special.gammaln((freedom + 1) / 2) + jnp.log(freedom) / 2


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        interpolation,
        moving_table,
        mixture,
        hidden_markov,
        masked_cross_entropy,
        attention,
        layer_norm,
        max_pooling,
        pendulum,
        bouncing_ball,
        rounded_network,
        spectral,
        matrix_exponential,
        log_determinant,
        gaussian_process,
        linear_system,
        eigenvalues,
        kalman,
        order_statistics,
        transport,
        tukey,
        root_of_a_cubic,
        potts,
        elastic_rod,
        student_t,
    )
}
