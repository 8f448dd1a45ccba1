"""Evolution strategy in the manner of OpenAI's: all children move the parent, each by its fitness."""

import math
from collections.abc import Callable
from typing import Literal, get_args

import jax
import jax.numpy as jnp

from .._checks import check_count, check_positive
from .._precision import wide
from .._types import Dynamics, Info, Objective, Params, Scalar, State
from ..difference._sums import tree_sum
from ..proposals import normal
from ._children import bounded, moved, mutants, mutations, one_parent, ranks, weighted

Fitness = Literal["raw", "z-score", "centred ranks"]


def evolution_strategy(
    loss: Callable[[Params], Scalar],
    *,
    mutation_std: float,
    children: int,
    learning_rate: float,
    fitness: Fitness = "raw",
    antithetic: bool = False,
) -> Dynamics:
    """The parent moves by the mutations times their fitness, x → x - (α/n) Σ f_i z_i with ε_i = σ z_i ~ N(0, σ²).

    Raw fitness f = [U(x + ε) - U(x)]/σ: the mean displacement is -α ∇U_σ, U_σ = E U(x + ε) the smoothed loss, on any
    loss; the variance across g on a linear one α²|g|²/n. "z-score", f = (ΔU - mean)/std: -α E[s_n] ĝ, with s_n the
    standard deviation of n normals, and α²/n. "centred ranks", f = rank/(n - 1) - 1/2: -α ĝ/(2√π) and
    α² (n + 1)/(12 n (n - 1)), at any n. Antithetic pairs double the variance across.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        mutation_std: σ, a positive float, in the units of the parameters.
        children: n, at least 2, even if ``antithetic``.
        learning_rate: α: of raw fitness as in ``descent``, else a length in the units of the parameters.
        fitness: "raw", "z-score" or "centred ranks". Without any spread of the loss the z-score is 0.
        antithetic: mutations come as ε and -ε.

    Returns:
        A ``Dynamics``; a step costs n ``evaluations``. A child whose loss is not finite is last by rank and has fitness
        0 in the other two; where the loss at the new mean is not finite, the parent stays.

    Raises:
        ValueError: if σ, α or n is out of range, the fitness unknown, or n odd where pairs are asked for.
        TypeError: if an argument has the wrong type.

    Example:
        >>> scheme = evolution_strategy(lambda x: jnp.sum(x**2), mutation_std=0.01, children=8, learning_rate=0.1)
        >>> state, info = scheme.step(jax.random.key(0), scheme.init(jnp.ones(2)))
        >>> state.position.shape, scheme.evaluations
        ((2,), 8)

    Reference: Salimans et al. (2017), arXiv:1703.03864, whose 1/(nσ) is, on ranks, α/n here with their α/σ; their code
    has no σ. theory/README.md, "Populations".
    """
    count = check_count("children", children, least=2)
    std, rate = check_positive("mutation_std", mutation_std), check_positive("learning_rate", learning_rate)
    if fitness not in get_args(Fitness):
        raise ValueError(f"fitness must be one of {', '.join(map(repr, get_args(Fitness)))}, got {fitness!r}")
    if antithetic and count % 2:
        raise ValueError(f"children must be even, since antithetic mutations are pairs, got {count}: give {count + 1}")
    law = normal(std)

    def bound(params: Params) -> float:
        return math.inf if fitness == "raw" else max(1, rate / std) * bounded(law, params)

    def generation(split: Objective, key: jax.Array, state: State) -> tuple[State, Info]:
        drawn = mutations(law, key, state.position, count // 2 if antithetic else count)
        if antithetic:
            drawn = jax.tree.map(lambda leaf: jnp.concatenate([leaf, -leaf]), drawn)
        born = mutants(split, state, drawn)
        weights = -rate / (count * std) * shaped(born.changes, fitness, std)
        return moved(split, state, weighted(weights, born.displacements))

    return one_parent(
        loss, generation, law=law, bound=bound, evaluations=count,
        facts={"dynamics": "evolution strategy", "mutation_std": std, "children": count, "learning_rate": rate,
               "fitness": fitness, "antithetic": antithetic},
    )  # fmt: skip


def shaped(changes: jax.Array, fitness: Fitness, std: float) -> jax.Array:
    """Fitness (n,), lower is better, from changes of the loss, ∞ where they are not finite."""
    values, finite = changes.astype(wide(changes.dtype)), jnp.isfinite(changes)
    if fitness == "centred ranks":
        return ranks(values).astype(values.dtype) / (len(values) - 1) - 0.5
    known = jnp.where(finite, values, 0)
    if fitness == "raw":
        return known / std
    # Brought to the size of 1 first: the square of 1e-20 or 1e20 is no float32 number.
    largest, found = jnp.max(jnp.abs(known)), jnp.maximum(jnp.sum(finite), 1)
    known = known / jnp.where(largest > 0, largest, 1)
    centred = jnp.where(finite, known - tree_sum(known, (0,)) / found.astype(known.dtype), 0)
    spread = jnp.sqrt(tree_sum(centred * centred, (0,)) / found.astype(known.dtype))
    return centred / jnp.where(spread > 0, spread, 1)
