"""The backward pass of spikes at active pairs only, gathered into buffers of fixed size."""

import math

import jax
import jax.numpy as jnp

BLOCK = 32


def size_of(buffer: float | None, pairs: int) -> int:
    """Places of a buffer that holds this share of the pairs, all of them for None."""
    return pairs if buffer is None else math.ceil(buffer * pairs)


def places_of(active: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
    """Places of the first ``size`` true values in order, and which of the buffer are used; the others hold place 0.

    ``jnp.nonzero`` scatters every value; here blocks are counted and only those of the buffer are searched.
    """
    flat = active.reshape(-1)
    blocks = jnp.pad(flat, (0, -flat.size % BLOCK)).reshape(-1, BLOCK)
    until = jnp.cumsum(jnp.sum(blocks, axis=1, dtype=jnp.int32))
    wanted = jnp.arange(size, dtype=jnp.int32)
    used = wanted < until[-1]
    block = jnp.minimum(jnp.searchsorted(until, wanted, side="right").astype(jnp.int32), len(until) - 1)
    before = jnp.where(block > 0, until[block - 1], 0)
    rank = jnp.cumsum(blocks[block], axis=1, dtype=jnp.int32)
    inside = jnp.argmax(rank > (wanted - before)[:, None], axis=1).astype(jnp.int32)
    return jnp.where(used, block * BLOCK + inside, 0), used


def gathered_kernel(active: jax.Array, felt: jax.Array, traces: jax.Array, size: int) -> jax.Array:
    """dL/dW_ji = Σ x_i[t] e_j[t] over active (j, t), with e = g dL/dS (T, K, out) and traces x (T, K, in)."""
    places, used = places_of(active, size)
    units, inputs = felt.shape[-1], traces.shape[-1]
    weights = jnp.where(used, felt.reshape(-1)[places], 0)
    parts = traces.reshape(-1, inputs)[places // units] * weights[:, None]
    return jax.ops.segment_sum(parts, places % units, num_segments=units)


def gathered_below(active: jax.Array, kernel: jax.Array, later: jax.Array, size: int) -> jax.Array:
    """dL/dS_i[t] = Σ_j W_ji δ_j[t+1] at active (i, t), zero at the others; ``later`` holds δ[t+1], (T, K, out)."""
    places, used = places_of(active, size)
    units, outputs = active.shape[-1], later.shape[-1]
    values = jnp.sum(kernel.T[places % units] * later.reshape(-1, outputs)[places // units], axis=1)
    unused = jnp.where(used, places, active.size)
    return jnp.zeros(active.size, later.dtype).at[unused].set(values, mode="drop").reshape(active.shape)
