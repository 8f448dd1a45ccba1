"""XLA's arctan is wrong on some processors under 512-bit vectors (jaxlib 0.10): such a loss is refused, others run."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import jax.numpy as jnp, numpy as np, corr
from corr._compiler import _arctan_error
loss = lambda x: jnp.mean(jnp.arctan(x) ** 2)
print(_arctan_error() > 1e-3)
corr.run(corr.mutation(loss, mutation_std=1e-3), jnp.ones(1000), steps=1, trajectories=1, key=corr.root_key(0),
         progress=False, check_decisions=False)
"""


@pytest.mark.parametrize("width", [pytest.param("256", marks=pytest.mark.slow), "512"])
def test_a_loss_with_a_wrong_arctan_is_refused(width: str) -> None:
    flags = {**os.environ, "XLA_FLAGS": f"--xla_cpu_prefer_vector_width={width}"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=flags, capture_output=True, text=True, check=False)
    wrong = done.stdout.strip() == "True"
    assert (done.returncode != 0) == wrong, done.stderr
    assert ("which XLA computes wrongly by up to" in done.stderr) == wrong
