"""The Python of README, then of the guide, runs as it stands, block after block; links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "docs/guide.md", "docs/results.md", "theory/README.md")


@pytest.mark.slow
def test_the_blocks_run_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = [(ROOT / name).read_text(encoding="utf-8") for name in PAGES[:2]]
    blocks = [block for page in pages for block in re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)]
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for block in blocks:
        exec(block, names)
    assert len(blocks) >= 4
    assert "mutation against its noisy twin: p = " in capsys.readouterr().out
    assert (tmp_path / "huber" / "manifest.json").exists()


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert links or name == "theory/README.md"
    assert not [link for link in links if not (page.parent / link).exists()]
