"""Where a cheaper tanh may stand in for the full one: it gives NaN for the displacements it does not cover.

For an unbounded displacement the full rule keeps the argument of every tanh and evaluates tanh twice. The short form is
a series in Δz that needs neither, for |Δz| < 1/4. Beyond, its NaN must reach the function's output, so it is offered
only for graphs made of operations that cannot swallow one.
"""

from ._flow import is_float
from ._graph import Graph

SHORT = "tanh"
_CARRY_NAN = (
    "tanh add add_any sub neg mul div dot_general conv_general_dilated square integer_pow reduce_sum reshape"
    " broadcast_in_dim transpose squeeze expand_dims concatenate convert_element_type copy copy_p"
)
CARRY_NAN = frozenset(_CARRY_NAN.split())


def has_shortcut(graph: Graph, bounds: dict[int, float], limit: float) -> bool:
    """Whether some tanh moves by a bound unknown or above ``limit``, and every operation hands a NaN on."""
    if any(node.primitive.name not in CARRY_NAN for node in graph.nodes):
        return False
    if not all(is_float(graph.avals[key]) for node in graph.nodes for key in node.outputs):
        return False
    moving = (ref for node in graph.nodes if node.primitive.name == SHORT for ref in node.inputs)
    return any(bounds[ref] > limit for ref in moving if isinstance(ref, int))
