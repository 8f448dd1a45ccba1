"""Strict numerics in every test: two devices, no rank promotion, strict dtype promotion."""

from collections.abc import Iterator

import jax
import pytest

jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture
def x64() -> Iterator[None]:
    """Double precision for one test, restored after it."""
    with jax.enable_x64(True):
        yield
