"""What goes with what: losses, networks, randomness and optimizers beside sides, theory and tests, in one table."""

from typing import NamedTuple


class Row(NamedTuple):
    """One row of the table.

    Attributes:
        name: what it is about.
        mutation: whether mutation takes it, and how.
        gradient: the same of the gradient sides, twin and noise-free descent.
        theory: which levels or laws hold.
        test: what compares the sides.
        otherwise: what happens where it is asked for all the same.
    """

    name: str
    mutation: str
    gradient: str
    theory: str
    test: str
    otherwise: str


ALL, COMPARED = "levels 0 to 3", "all of `compare`"
TABLE = (
    Row("smooth: `squared`, `huber`, `log_cosh`, `cross_entropy`, `focal`, `l2`", "yes", "yes", ALL, COMPARED, "—"),
    Row(
        "kinks: `hinge`, `l1`, relu", "yes", "yes, but for the kinks themselves", "levels 0 and 1", COMPARED,
        "levels 2 and 3 take the curvature beside the kinks for all of it",
    ),
    Row(
        "steps: `zero_one`", "yes", "no: zero gradient", "`theory.smoothing` (Barker)",
        "`characterize`, a candidate of your own", "`compare` warns, `characterize` refuses",
    ),
    Row("`while_loop` in the loss", "yes", "no derivative", "none", "none", "`compare` refuses; run mutation alone"),
    Row("NaN gradient behind a guard", "yes", "no", "none", "none", "`compare` refuses and names the leaf"),
    Row("parameters that are no real floating-point numbers", "no", "no", "none", "none", "refused before compilation"),
    Row(
        "one draw a step: `minibatch`, a dropout mask", "yes", "yes", "mean of (at β = ∞ normalized) gradients",
        "`characterize`, `run` of both sides", "—",
    ),
    Row(
        "a draw for each of two losses: `two_batches`", "yes", "no: a step has one loss", "`theory.noise`: temperature",
        "`characterize`", "the noise of the draws heats",
    ),
    Row(
        "batch normalization", "yes", "yes", ALL, COMPARED,
        "by the points it is given; other points by `training_points=`; weights before it have no scale and grow",
    ),
    Row(
        "running averages (flax)", "no", "no", "none", "none", "`from_flax` goes by the points' own statistics instead",
    ),
    Row(
        "SGD, with a schedule", "its clock is Σα", "yes", ALL, COMPARED, "—",
    ),
    Row(
        "momentum, Adam, Lion, Muon and others of optax", "—", "`from_optax`", "`theory.optimizers`",
        "`run`, `characterize`", "`compare` has no such side",
    ),
    Row(
        "line searches: `lbfgs`", "—", "`from_optax`", "Newton's step in a bowl", "`run`",
        "`evaluations` differ by trajectory; `characterize` warns that it does not count them",
    ),
    Row("`sam` not in opaque mode", "—", "no: every other position is perturbed", "none", "none", "refused"),
)  # fmt: skip
HEADS = ("what", "mutation", "gradient sides", "theory", "tests", "otherwise")


def compatibility() -> str:
    """What goes with what, as a table in Markdown.

    Returns:
        A row for each kind of loss, randomness and optimizer: whether mutation and the gradient sides take it, which
        theory holds, what tests it, and what happens otherwise.

    Example:
        >>> print(compatibility().splitlines()[0])
        | what | mutation | gradient sides | theory | tests | otherwise |

    Reference: theory/README.md has the levels and laws.
    """
    rows = [HEADS, ("---",) * len(HEADS), *TABLE]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
