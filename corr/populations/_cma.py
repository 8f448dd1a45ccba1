"""CMA-ES: recombination whose mutations learn their covariance and their size."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from .._checks import check_count, check_positive
from .._precision import wide
from .._types import Dynamics, Info, Objective, Params, Scalar, State
from ..proposals import normal
from ._children import moved, mutants, mutations, one_parent, ranks, weighted
from ._covariance import Learned, adapted, coloured

LARGEST = 5000


def cma_es(loss: Callable[[Params], Scalar], *, mutation_std: float, children: int) -> Dynamics:
    """The mean moves by the best half, x → x + Σ w_i ε_i with ε_i ~ N(0, σ²C), ranked; C and σ follow those steps.

    Rank-one and rank-μ updates of C, σ by the length of its path, all with the tutorial's constants and positive
    weights ``cma_weights``. At C = 1, as at the start, a generation on a linear loss moves by -σ ĝ Σ w_i E z_(n+1-i),
    with variance across ĝ σ² Σ w_i²; at another C along -C g/√(gᵀCg).

    Args:
        loss: U, a JAX function ``params -> scalar``.
        mutation_std: σ at the start, a positive float, in the units of the parameters.
        children: n, at least 2; the tutorial takes 4 + ⌊3 ln N⌋ for N parameters.

    Returns:
        A ``Dynamics`` whose ``State.position`` is the mean and whose ``State.aux`` holds g, σ, C and the paths. A step
        costs n ``evaluations``, and of the order of N³ operations beside. A child whose loss is not finite has weight
        0; where the loss at the new mean is not, all stays.

    Raises:
        ValueError: if σ or n is out of range; from ``init``, for more than 5000 parameters.
        TypeError: if σ is no number or n no integer.

    Example:
        >>> scheme = cma_es(lambda x: jnp.sum(x**2), mutation_std=0.1, children=6)
        >>> state, info = scheme.step(jax.random.key(0), scheme.init(jnp.ones(2)))
        >>> state.aux.covariance.shape, scheme.evaluations
        ((2, 2), 6)

    Reference: Hansen, The CMA evolution strategy: a tutorial, arXiv:1604.00772 (2023), Figure 6.
    """
    weights, std = cma_weights(children), check_positive("mutation_std", mutation_std)
    count, law = int(children), normal(1.0)

    def memory(params: Params) -> Learned:
        flat = ravel_pytree(params)[0]
        if flat.size > LARGEST:
            raise ValueError(
                f"the covariance of {flat.size} parameters is too large, expected at most {LARGEST}: use recombination"
            )
        kind = wide(flat.dtype)
        zero = jnp.zeros(flat.size, kind)
        return Learned(jnp.int32(0), jnp.asarray(std, kind), jnp.eye(flat.size, dtype=kind), zero, zero)

    def generation(split: Objective, key: jax.Array, state: State) -> tuple[State, Info]:
        flat, unravel = ravel_pytree(state.position)
        normals = mutations(law, key, state.aux.path, count)
        steps = coloured(state.aux.covariance, normals)
        born = mutants(split, state, jax.vmap(lambda y: unravel((state.aux.std * y).astype(flat.dtype)))(steps))
        padded = jnp.asarray(np.pad(weights, (0, count - len(weights))), steps.dtype)
        chosen = jnp.where(jnp.isfinite(born.changes), padded[ranks(born.changes)], 0)
        learned = adapted(state.aux, chosen, normals, steps, 1 / float(np.sum(weights**2)))
        return moved(split, state, weighted(chosen, born.displacements), learned)

    return one_parent(
        loss, generation, law=law, memory=memory, evaluations=count,
        facts={"dynamics": "cma-es", "mutation_std": std, "children": count},
    )  # fmt: skip


def cma_weights(children: int) -> np.ndarray:
    """Weights of the best ⌊n/2⌋ of n children, the best first, w_i ∝ ln((n + 1)/2) - ln i, of sum 1.

    Args:
        children: n, at least 2.

    Returns:
        Shape (⌊n/2⌋,), float64.

    Raises:
        ValueError: if n is below 2.
        TypeError: if n is no integer.

    Example:
        >>> cma_weights(6).round(3).tolist()
        [0.637, 0.285, 0.078]

    Reference: Hansen, arXiv:1604.00772, eq. 49, its positive weights.
    """
    count = check_count("children", children, least=2)
    weights = math.log((count + 1) / 2) - np.log(np.arange(1, count // 2 + 1))
    return weights / weights.sum()
