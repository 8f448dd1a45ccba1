"""One smoke run shared by all tests of a worker; runs of all tests compare few decisions with float64."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments import _guard, cli


@pytest.fixture(scope="session", autouse=True)
def few_decisions() -> Iterator[None]:
    """4096 decisions at every checked time would take longer than all else in a small run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_guard, "DRAWS", 64)
        yield


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder with Figures 1 and 2 reproduced at preset smoke; one device compiles its programs once."""
    output = tmp_path_factory.mktemp("results")
    options = ["--preset", "smoke", "--output", str(output), "--devices", "1"]
    assert cli.main(["reproduce", "fig1", "fig2", *options]) == 0
    return output
