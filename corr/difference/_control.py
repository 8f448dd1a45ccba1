"""Control flow made known to the propagation of changes: its primitives hold graphs of their own."""

from ._branches import change_cond
from ._loops import change_while
from ._propagate import CONTROL, TAPED, Taped
from ._scan import change_scan, evaluate_scan

CONTROL.update({"cond": change_cond, "while": change_while})
TAPED["scan"] = Taped(evaluate_scan, change_scan)
