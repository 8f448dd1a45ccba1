"""What ``corr test`` and ``corr figure`` say of comparisons of the user's own that cannot be judged."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import corr
from corr.experiments import cli

CLOCK = {"mutation_std": 1e-2, "beta": "inf", "learning_rate": 1e-2, "step_ratio": 1.0}


def save(made: corr.Comparison, folder: Path, loss: np.ndarray) -> None:
    """Descent's loss as given; its weights lost where that is."""
    kept = np.where(np.isfinite(loss), 1.0, np.nan)[None, :, None].astype("f4")
    descent = made.descent.assign(
        loss=made.descent.loss.copy(data=loss[None].astype("f4")), path=made.descent.path * kept,
        step_size=("time", np.full(5, 1e-2)),
    )  # fmt: skip
    corr.save_run(folder, made._replace(mutation=made.mutation.assign_attrs(CLOCK), descent=descent))


NOWHERE = "is not finite from t = 0.5 on: compare to an end_time before that"


@pytest.mark.parametrize(
    ("command", "loss", "said"),
    [
        ("test", [4.0, 3.0, np.nan, np.nan, np.nan], NOWHERE),
        ("figure", [4.0, 3.0, np.nan, np.nan, np.nan], NOWHERE),
        ("test", [4.0, 4.0, 4.0, 4.0, 4.0], "at t = 0.25 noise-free descent stands where it started"),
        ("test", [4.0, 3.0, 4.0, 2.0, 1.0], "at t = 0.5 noise-free descent stands where it started"),
    ],
)
def test_descent_that_leads_nowhere_is_named(
    command: str, loss: list[float], said: str, bowls: Callable[..., corr.Comparison], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    save(bowls(1e-3), tmp_path / "mine", np.array(loss))
    assert cli.main([command, str(tmp_path / "mine")]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_the_command_to_run_first_has_the_options_that_were_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--preset", "smoke", "--output", str(tmp_path), "--lambda", "50.0", "--seed", "3"]
    assert cli.main(["test", "fig1", *asked]) == 2
    first = f"run `corr run fig1 --preset smoke --output {tmp_path} --lambda 50.0 --seed 3` first"
    assert first in capsys.readouterr().err


def test_groups_are_named_among_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "papers"]) == 2
    assert "did you mean 'paper'?" in capsys.readouterr().err
