"""Figures of missing or damaged studies say what is wrong and which command to run."""

from pathlib import Path

import pytest
import xarray

from corr import ResultError
from corr.experiments.catalogue import STUDIES
from corr.experiments.commands.actions import draw, planned, reader
from corr.experiments.commands.edge import mending
from corr.experiments.declaring.options import Options
from corr.experiments.running.fingerprints import study_fingerprint
from corr.results import save_part, write_json

DAMAGES = {
    "missing": "no results",
    "unfinished": "not finished",
    "truncated": "damaged",
    "a part missing": "missing or damaged",
    "lacks variables": "lack",
    "manifest lacks the parts": "lack",
}


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_missing_or_damaged_studies_name_the_command(name: str, damage: str, tmp_path: Path) -> None:
    study, folder = STUDIES[name], tmp_path / "smoke" / name
    if damage != "missing":
        folder.mkdir(parents=True)
        sizes, program = study.presets["smoke"], study_fingerprint(study.parts)
        parts = list(study.parts(sizes))
        for part in parts:
            save_part(folder, part, xarray.Dataset({"seconds": 1.0}))
        last = folder / f"{parts[-1]}.nc"
        if damage == "truncated":
            last.write_bytes(last.read_bytes()[:100])
        elif damage == "a part missing":
            last.unlink()
        if damage != "unfinished":
            listed = {} if damage == "manifest lacks the parts" else {"parts": parts}
            configuration = {"study": name, "preset": "smoke", "seed": 0, **sizes._asdict(), "program": program}
            write_json(folder / "manifest.json", {"configuration": configuration, **listed, "complete": True})
    with pytest.raises(ResultError, match=rf"(?s){DAMAGES[damage]}.*corr run"):
        options = Options(preset="smoke", output=tmp_path)
        with mending(name, options):
            draw(planned(study, options), reader())
    assert not list(tmp_path.glob("smoke/figures/*"))
