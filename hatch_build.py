"""The wheel holds one top-level package, `corr`: theory, experiments and paper_figs go inside it, imports rewritten.

Beside it their names would hide a user's own `experiments/`, or be hidden by it. In the repository they stay where
they are; `corr/_house.py` gives them their second names there.
"""

import ast
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

INSIDE = {"theory": "corr.theory", "experiments": "corr.experiments", "paper_figs": "corr.figures"}
LEFT_OUT = ("__pycache__", "*.py[co]", ".*", "notebooks", "gallery")
NAME = f"(?P<name>{'|'.join(INSIDE)})"
# At the start of a line, in a docstring's example behind its prompt.
START = r"^(?P<before>[ \t]*(?:(?:>>>|\.\.\.)[ \t]+)?)"
FROM = re.compile(rf"{START}from {NAME}(?P<rest>(?:\.\w+)* import )", re.MULTILINE)
IMPORT = re.compile(rf"{START}import {NAME}(?P<rest>(?:\.\w+)* as \w+| *$)", re.MULTILINE)
# Names of packages given as text: these calls take one.
TEXT = re.compile(rf"""\b(?P<call>files|style\.use|style\.context|import_module)\((?P<quote>["']){NAME}(?=[."'])""")
LOADERS = ("__import__", "context", "files", "find_spec", "import_module", "use")
EXAMPLE = re.compile(rf"^[ \t]*(?:>>>|\.\.\.)[ \t]+(?:from|import) {NAME}\b.*", re.MULTILINE)


class CustomBuildHook(BuildHookInterface):
    """Called by hatchling; `pip install -e` is left alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Put rewritten copies of the three packages in the wheel."""
        if version == "editable":
            return
        self._copies = tempfile.TemporaryDirectory()
        for package, name in INSIDE.items():
            copy = copied(Path(self.root) / package, Path(self._copies.name) / package)
            build_data["force_include"][str(copy)] = name.replace(".", "/")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the copies."""
        del build_data, artifact_path
        if version != "editable":
            self._copies.cleanup()


def copied(package: Path, copy: Path) -> Path:
    """A copy of a package that works inside corr; returns its folder."""
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for file in copy.rglob("*"):
        if file.suffix in (".py", ".md"):
            text = rewritten(file.read_text(encoding="utf-8"))
            check(text, package / file.relative_to(copy))
            file.write_text(text, encoding="utf-8", newline="\n")
    return copy


def rewritten(text: str) -> str:
    """Source, or a page with examples, whose imports of the three packages go through corr."""

    def imported(found: re.Match[str]) -> str:
        rest = found["rest"] if " as " in found["rest"] else f" as {found['name']}"
        return f"{found['before']}import {INSIDE[found['name']]}{rest}"

    text = FROM.sub(lambda found: f"{found['before']}from {INSIDE[found['name']]}{found['rest']}", text)
    text = IMPORT.sub(imported, text)
    return TEXT.sub(lambda found: f"{found['call']}({found['quote']}{INSIDE[found['name']]}", text)


def check(text: str, file: Path) -> None:
    """Raises ``ValueError`` for what would still import one of the packages by its name in the repository."""
    left = [found[0].strip() for found in EXAMPLE.finditer(text)]
    if file.suffix == ".py":
        left += [ast.unparse(node) for node in ast.walk(ast.parse(text)) if any(map(_taken, _names(node)))]
    if left:
        raise ValueError(
            f"{file}: hatch_build.py cannot put `{left[0]}` in a wheel: write `from PACKAGE import NAME` or"
            " `import PACKAGE as NAME`, each on its line; modules by name: import_module(f'.{name}', __package__)"
        )


def _names(node: ast.AST) -> list[str]:
    """What a node imports, or may import by a text it holds."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [] if node.level else [node.module or ""]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if re.fullmatch(r"\w+(\.\w*)+", node.value) else []
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in LOADERS:
        return [str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)]
    return []


def _taken(name: str) -> bool:
    return name.partition(".")[0] in INSIDE
