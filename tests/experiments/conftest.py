"""One smoke run shared by all tests of a worker."""

from pathlib import Path

import pytest

from experiments import cli


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder with Figures 1 and 2 reproduced at preset smoke."""
    output = tmp_path_factory.mktemp("results")
    assert cli.main(["reproduce", "fig1", "fig2", "--preset", "smoke", "--output", str(output)]) == 0
    return output
