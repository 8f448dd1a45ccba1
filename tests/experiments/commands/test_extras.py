"""Packages that a command needs are named before it does anything."""

import importlib.util
from pathlib import Path

import pytest

from corr.experiments import cli


@pytest.mark.parametrize(
    ("command", "package", "extra"),
    [
        ("reproduce all --preset smoke", "matplotlib", "figs"),
        ("reproduce all --preset smoke", "statsmodels", "stats"),
        ("reproduce fig1 --preset smoke", "matplotlib", "figs"),
        ("figure fig1 --preset smoke", "matplotlib", "figs"),
        ("validity fig1 --preset smoke", "matplotlib", "figs"),
        ("test fig1 --preset smoke", "statsmodels", "stats"),
        ("bench", "blackjax", "test"),
        ("bench", "matplotlib", "figs"),
    ],
)
def test_missing_packages_are_named_before_anything_runs(
    command: str,
    package: str,
    extra: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == package else found(name, *rest)
    )
    assert cli.main([*command.split(), "--output", str(tmp_path / "results")]) == 2
    said = capsys.readouterr().err
    assert f"needs {package}" in said and f"extra `{extra}`" in said
    assert not (tmp_path / "results").exists()
