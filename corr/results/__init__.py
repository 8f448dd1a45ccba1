"""Result folders: written so that nothing saved is ever lost or half there, read each file once."""

from ._claim import claim_folder, claimed, saved_configuration
from ._error import DAMAGED, MISSING, UNFINISHED, ResultError
from ._files import make_writable, read_json, replacing, write_json, writing
from ._lock import locked
from ._results import Results
from ._runs import OWN, finished_manifest, load_parts, load_run, read_manifest, save_part, save_run

__all__ = [
    "DAMAGED",
    "MISSING",
    "OWN",
    "UNFINISHED",
    "ResultError",
    "Results",
    "claim_folder",
    "claimed",
    "finished_manifest",
    "load_parts",
    "load_run",
    "locked",
    "make_writable",
    "read_json",
    "read_manifest",
    "replacing",
    "save_part",
    "save_run",
    "saved_configuration",
    "write_json",
    "writing",
]
