"""Networks whose links, paths or genomes change while they learn, around any dynamics."""

from ._evolved import Evolved, Window, evolved
from ._forward import Wires, outputs
from ._genome import Fixed, network_of, packed
from ._links import erdos_renyi, grown, pruned
from ._network import rewired
from ._pathnet import PathNet, PathParams
from ._paths import mutated_path, tournament
from ._sparse import Wired, sparse

__all__ = [
    "Evolved",
    "Fixed",
    "PathNet",
    "PathParams",
    "Window",
    "Wired",
    "Wires",
    "erdos_renyi",
    "evolved",
    "grown",
    "mutated_path",
    "network_of",
    "outputs",
    "packed",
    "pruned",
    "rewired",
    "sparse",
    "tournament",
]
