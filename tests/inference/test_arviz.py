"""What ArviZ is given: chains and draws of the recorded paths, and clear words where that cannot be."""

import functools
import sys
import types

import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import corr
from corr import inference


@functools.cache
def walked() -> xarray.Dataset:
    walk = corr.mutation(lambda x: jnp.sum(jnp.square(x)), mutation_std=0.1)
    return corr.run(walk, jnp.ones(2), steps=6, trajectories=10, record_at=range(0, 7, 2), key=corr.root_key(5),
                    block_size=10, devices=1, progress=False)  # fmt: skip


class Container:
    def __init__(self, **groups: xarray.Dataset):
        self.groups = groups


@pytest.mark.parametrize("module", [types.SimpleNamespace(InferenceData=Container), types.SimpleNamespace()])
def test_arviz_groups(module, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the container of arviz 0, and without it as in arviz 1."""
    monkeypatch.setitem(sys.modules, "arviz", module)
    data = walked()
    converted = inference.to_arviz(data.isel(path_trajectory=slice(3, 8)))
    groups = converted.groups if isinstance(converted, Container) else converted.children
    assert set(groups) == {"posterior", "sample_stats"}
    posterior, statistics = groups["posterior"], groups["sample_stats"]
    assert posterior["x"].dims == ("chain", "draw", "parameter")
    assert statistics["loss"].dims == ("chain", "draw")
    np.testing.assert_array_equal(posterior["chain"], np.arange(3, 8))
    np.testing.assert_array_equal(posterior["time"], data.time)
    np.testing.assert_array_equal(posterior["x"], data.path[3:8])
    np.testing.assert_array_equal(statistics["loss"], data.loss[3:8])


def test_arviz_absent_or_unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arviz", None)
    data = walked()
    with pytest.raises(ImportError, match="pip install arviz"):
        inference.to_arviz(data)
    for bad, message in ((data.drop_vars("path"), "lacks"), (data.isel(path_trajectory=slice(0)), "no paths"),
                         (data.assign(loss=data.loss.where(data.loss < 1)), "not finite")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            inference.to_arviz(bad)
