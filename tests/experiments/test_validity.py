"""``corr validity``: what is foreseen of a small problem, its map, and its figure."""

import json
import math
from pathlib import Path
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from experiments import Experiment, Preset, Problem, _foresight, _tables, _work, cli, validity
from experiments._foresight import REGIMES
from experiments._runner import Options

BOWL = Experiment(
    name="bowl",
    title="a stiff quadratic bowl",
    problem=lambda: Problem(lambda x: jnp.sum(jnp.asarray([20.0, 1.0, 0.5]) * x * x) / 2, lambda key: jnp.ones(3)),
    presets={"smoke": Preset(1e-3, (1.0,), (6,), 12, end_time=1.0, record_every=0.2)},
)


@pytest.mark.slow
def test_a_bowl_is_foreseen() -> None:
    found = validity(BOWL, Options(preset="smoke"), progress=False)
    rows = found["rows"]
    assert [row["time"] for row in rows] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert all(0 < row["acceptance"] <= 0.5 for row in rows)
    assert rows[0]["largest_sigma"] > rows[-1]["largest_sigma"] > 0
    assert found["largest_sigma"] == min(row["largest_sigma"] for row in rows)
    for point in found["measured"]:
        for got, error, predicted in (point["acceptance"], point["drift"]):
            assert abs(got - predicted) < 4 * error
    cold = np.asarray(found["regimes"][-1]["regime"])[-1]
    assert REGIMES[cold[0]] == "follows noise-free descent"
    assert REGIMES[cold[-1]] in ("follows the corrected twin only", "learns otherwise")
    assert "stuck" in {REGIMES[k] for k in np.ravel(found["regimes"][-1]["regime"])}


@pytest.mark.slow
def test_command_writes_table_json_and_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bowl.py"
    file.write_text(
        "import jax.numpy as jnp\nfrom experiments import Experiment, Preset, Problem\n"
        "experiment = Experiment('bowl', 'a bowl', lambda: Problem(lambda x: jnp.sum(x * x), lambda key: jnp.ones(2)),"
        " {'smoke': Preset(1e-3, (1.0,), (6,), 12, end_time=1.0, record_every=0.2)})\n"
    )
    assert cli.main(["validity", str(file), "--preset", "smoke", "--output", str(tmp_path), "--beta", "100"]) == 0
    assert "stays within 10 %" in capsys.readouterr().out
    folder = tmp_path / "smoke" / "validity-bowl-beta-100"
    saved = json.loads((folder / "validity.json").read_text())
    assert saved["clock"]["beta"] == 100.0
    assert math.isfinite(saved["rows"][0]["bias"])
    assert (folder / "figures" / "validity.pdf").stat().st_size > 1000


def test_other_values_lie_in_other_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_foresight, "validity", lambda found, options, tolerance: {"beta": str(options.beta)})
    monkeypatch.setattr(_work, "figure_module", lambda name: SimpleNamespace(draw=lambda file, folder: []))
    monkeypatch.setattr(_tables, "show_validity", lambda result, console: None)
    for options in ([], ["--beta", "100"], ["--beta", "1e3"], ["--lambda", "2"], ["--seed", "5", "--tolerance", "0.2"]):
        assert cli.main(["validity", "fig1", "--output", str(tmp_path), *options]) == 0
    assert sorted(folder.name for folder in (tmp_path / "quick").iterdir()) == [
        "validity-fig1", "validity-fig1-beta-100", "validity-fig1-beta-1000", "validity-fig1-lambda-2",
        "validity-fig1-seed-5-tolerance-0.2",
    ]  # fmt: skip


def test_damaged_file_is_named(tmp_path: Path) -> None:
    from paper_figs.validity import draw

    with pytest.raises(ValueError, match="corr validity EXPERIMENT"):
        draw(tmp_path / "validity.json", tmp_path)
