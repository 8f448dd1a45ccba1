"""docs/numbers.md: every expected number as a page; `python -m experiments.reporting.numbers_page` prints it."""

import json
from collections.abc import Iterator

from ..declaring.rounding import measured
from ..judging.expected import FOLDER
from .naming import label

HEAD = """# Numbers

What `corr reproduce all --check` holds fresh results to, with standard errors over trajectories: made by
`python -m experiments.reporting.numbers_page > docs/numbers.md` from experiments/expected, which
`corr reproduce all --update-expected` writes.
"""


def lines() -> Iterator[str]:
    """The page, the larger presets first."""
    yield HEAD
    for file in sorted(FOLDER.glob("*.json")):
        saved = json.loads(file.read_text(encoding="utf-8"))
        yield f"## Preset {file.stem}, seed {saved['seed']}, start networks of seed {saved['start_seed']}\n"
        for figure, numbers in saved["figures"].items():
            yield f"### {label(figure)}\n\n| number | value ± standard error |\n|---|---|"
            for name, one in numbers.items():
                yield f"| {name.replace('|', chr(92) + '|')} | {measured(one['value'], one['error'])} |"
            yield ""


if __name__ == "__main__":
    print("\n".join(lines()).rstrip())
