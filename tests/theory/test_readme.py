"""theory/README.md: its examples give the numbers beside them, and the sections that docstrings point to are there."""

import doctest
import re
from pathlib import Path

import pytest

import theory

ROOT = Path(__file__).parents[2]
TEXT = Path(theory.__file__).with_name("README.md")


def test_the_examples_give_the_numbers_beside_them() -> None:
    found = doctest.testfile(str(TEXT), module_relative=False, encoding="utf-8")
    assert found.attempted > 8 and not found.failed


@pytest.mark.parametrize("package", ["corr", "theory"])
def test_docstrings_point_to_sections_that_are_there(package: str) -> None:
    sections = set(re.findall(r"^#+ (.+)$", TEXT.read_text(encoding="utf-8"), re.MULTILINE))
    pointed = [
        (file.name, name)
        for file in (ROOT / package).rglob("*.py")
        for name in re.findall(r'theory/README\.md, "([^"]+)"', file.read_text(encoding="utf-8"))
    ]
    assert len(pointed) > 5
    assert not [place for place in pointed if place[1] not in sections]
