"""Suppression: who is alike, who is kept and what replaces the rest; replicas in a bowl; what the judge says."""

import jax
import numpy as np
import pytest

import corr
from corr.experiments.problems.digits import digits
from corr.experiments.systems import law, replicas, suppressed, suppression
from corr.experiments.systems.suppressed import RUNS
from corr.theory import selection as theory

from ...paper_figs.written_suppression import on_digits

K = 4.0
RANDOM = np.random.default_rng(0)
GROUPS = np.array([0, 1, 0, 2, 1, 0])
LAYERS = [slice(0, 20), slice(20, 50)]


def updates(groups: np.ndarray = GROUPS) -> np.ndarray:
    """Of individuals in groups, at angles of about 0.2 inside of one, of many lengths."""
    directions = RANDOM.normal(size=(9, 50))
    near = directions[groups] + 0.15 * RANDOM.normal(size=(len(groups), 50))
    return near * np.geomspace(0.1, 10, len(groups))[:, None]


def same(clusters: np.ndarray) -> np.ndarray:
    return clusters[:, None] == clusters[None, :]


def test_updates_of_one_direction_are_alike_whatever_their_length() -> None:
    both = [updates()[:, layer] for layer in LAYERS]
    np.testing.assert_array_equal(same(suppressed.alike(both)), same(GROUPS))
    opposite = [layer * np.where(np.arange(6) == 5, -1, 1)[:, None] for layer in both]
    np.testing.assert_array_equal(same(suppressed.alike(opposite)), same(np.where(np.arange(6) == 5, 3, GROUPS)))


def test_those_alike_in_one_layer_only_are_not_alike() -> None:
    other = np.array([0, 1, 3, 2, 1, 0])
    found = suppressed.alike([updates()[:, :20], updates(other)[:, 20:]])
    np.testing.assert_array_equal(same(found), same(GROUPS) & same(other))


def test_the_fittest_of_each_cluster_is_kept_and_controls_replace_as_many() -> None:
    losses = np.stack([[5.0, 4, 3, 2, 1, 0]] * 4)
    losses[RUNS.index("least fit")] = [0, 9, 9, 0.5, 1, 9]
    draws = np.array([0.9, 0.1, 0.8, 0.2, 0.3, 0.7])
    kept = dict(zip(RUNS, suppressed.survivors(updates(), losses, draws, LAYERS), strict=True))
    assert kept["suppressed"].tolist() == [False, False, False, True, True, True]
    assert kept["random"].tolist() == [False, True, False, True, True, False]
    assert kept["least fit"].tolist() == [True, False, False, True, True, False]
    assert kept["independent"].all()


def test_children_are_crossed_from_the_kept_alone_and_scattered() -> None:
    """Kept are untouched; of a child half comes from either parent, with noise of the declared size."""
    population = np.broadcast_to(np.arange(4.0)[:, None], (1, 300, 4, 200)).astype(np.float32)
    kept = np.zeros((1, 300, 4), bool)
    kept[..., 1:3] = True
    born = suppressed.children(np.random.default_rng(1), population, kept)
    np.testing.assert_array_equal(born[..., 1:3, :], population[..., 1:3, :])
    fresh = born[..., [0, 3], :]
    parent = np.round(fresh)
    assert set(np.unique(parent)) == {1.0, 2.0}
    assert (fresh - parent).std() == pytest.approx(suppressed.STD, rel=K / np.sqrt(2 * fresh.size))
    shares = (parent == 1).mean(axis=-1).ravel()  # of two parents drawn with replacement one or both may be the first
    for share, chance in ((1.0, 1 / 4), (0.0, 1 / 4), (0.5, 1 / 2)):
        found = (np.abs(shares - share) < 0.2).mean()
        assert abs(found - chance) < K * np.sqrt(chance * (1 - chance) / len(shares)), share


def test_the_mean_cosine_is_that_over_pairs() -> None:
    some = updates()
    unit = some / np.linalg.norm(some, axis=1, keepdims=True)
    pairs = (unit @ unit.T)[np.triu_indices(6, 1)]
    np.testing.assert_allclose(suppressed.cosines(np.stack([some, -some])), pairs.mean())


def test_images_to_learn_from_to_judge_by_and_to_test_on_are_disjoint() -> None:
    learn, held, test = suppressed.split()
    every, tested = digits(0)
    np.testing.assert_array_equal(np.sort(np.hstack([learn.points, held.points])), np.sort(every.points))
    np.testing.assert_array_equal(test.targets, tested.targets)
    assert [len(one.targets) for one in (learn, held, test)] == [1079, 359, 359]


def test_the_best_is_chosen_by_held_out_loss_and_the_average_is_of_weights() -> None:
    at = RANDOM.normal(size=(len(RUNS), 2, 3, 4))
    fake = suppressed.Problem(*[lambda *_: None] * 2, lambda x: (x[..., 0], x[..., 1] ** 2, x[..., 2]), 0, [])
    data = suppressed._read(fake, at, np.zeros((len(RUNS), 5, 2)), np.zeros((4, 2)))
    for run in range(len(RUNS)):
        for seed in range(2):
            one = at[run, seed]
            best = one[np.argmin(one[:, 0])]
            expected = [(one[:, 1] ** 2).mean(), best[1] ** 2, one[:, 1].mean() ** 2]
            np.testing.assert_allclose(data.test_loss[run, :, seed], expected)


@pytest.mark.slow
def test_runs_share_starts_and_batches_until_some_are_replaced() -> None:
    shared, own = (suppressed.evolve(corr.root_key(1), 2, 4, 2, own) for own in (False, True))
    assert float(np.ptp(shared.cosine.values[:, 0], axis=0).max()) == 0 and float(shared.cosine[:, 0].min()) > 0.95
    assert shared.replaced.values.min() == 3 and float(np.ptp(shared.test_loss.values, axis=0).max()) > 0
    assert float(np.abs(own.cosine.values).max()) < 0.1 and not own.replaced.values.any()
    assert float(np.ptp(own.test_loss.values, axis=0).max()) == 0


@pytest.mark.slow
def test_gradient_steps_are_those_of_sgd_on_the_batches() -> None:
    made, (learn, _, _) = suppressed.problem(), suppressed.split()
    start = np.asarray(made.start(jax.random.split(corr.root_key(0), 1)))[None, None]
    rows = RANDOM.integers(made.images, size=(1, 1, suppressed.STEPS, suppressed.BATCH))
    (one, two), ends = made.layers, start[0, 0, 0].astype(float)
    for batch in rows[0, 0]:
        ends -= suppressed.RATE * slope(ends, one, two, np.asarray(learn.points, float)[:, batch], learn.targets[batch])
    np.testing.assert_allclose(made.steps(start, rows)[0, 0, 0], ends, atol=1e-4)


def slope(flat: np.ndarray, one: slice, two: slice, x: np.ndarray, labels: jax.Array) -> np.ndarray:
    """By hand: mean cross-entropy of logits W₂ tanh(W₁x + b₁) + b₂, a layer's biases before its weights."""
    width = suppressed.HIDDEN
    (b1, w1), (b2, w2) = ((part[:size], part[size:].reshape(size, -1)) for part, size in
                          ((flat[one], width), (flat[two], 10)))  # fmt: skip
    hidden = np.tanh(w1 @ x + b1[:, None])
    logits = w2 @ hidden + b2[:, None]
    chance = np.exp(logits - logits.max(axis=0))
    back = (chance / chance.sum(axis=0) - np.eye(10)[:, np.asarray(labels)]) / x.shape[1]
    inner = (w2.T @ back) * (1 - hidden**2)
    parts = inner.sum(axis=1), inner @ x.T, back.sum(axis=1), back @ hidden.T
    return np.concatenate([part.ravel() for part in parts])


@pytest.mark.slow
def test_replicas_have_their_law_and_as_many_equal_directions_as_parameters_have_another() -> None:
    data = replicas.bowl(corr.root_key(0), 400)
    for name in law.names(data):
        assert law.scores(data, name).max() < K < law.scores(data, name, "other").max(), name
    alike = np.eye(len(replicas.CURVATURES))
    wrong = [theory.best_share(count, alike, alike) for count in replicas.COUNTS]
    name = "share gained by the best"
    assert law.scores(data.assign({f"{name}_theory": ("value", wrong)}), name).max() > K


def told(**shifts: float) -> str:
    return "\n".join(suppression.judge({"digits, one start": on_digits(**shifts)}))


def test_where_nothing_differs_the_judge_sees_no_difference() -> None:
    text = told()
    assert "replaces 15.0 of 16 at first and 3.0 at last" in text
    assert text.count("no difference seen") == 9 and "BETTER" not in text
    assert "WORSE" in text.split(f"suppressed, best - {suppression.AVERAGE}: ")[1] and text.count("WORSE") == 1
    assert f"The lowest loss has {suppression.AVERAGE}, told apart from all others" in text


@pytest.mark.parametrize(
    ("shifts", "expected", "differing"),
    [
        ({"suppressed": -0.01}, "BETTER", ["independent", "random", "least fit"]),
        ({"suppressed": 0.01}, "WORSE", ["independent", "random", "least fit"]),
        ({"random": 0.01}, "BETTER", ["random"]),
    ],
)
def test_what_differs_is_told_apart(shifts: dict[str, float], expected: str, differing: list[str]) -> None:
    text = told(**shifts)
    for readout in suppressed.READOUTS:
        for control in ("independent", "random", "least fit"):
            said = text.split(f"{readout}: suppressed - {control}: ")[1].split(";")[0]
            assert (expected in said) == (control in differing), said
    assert ("The lowest loss has suppressed, best" in text) == (shifts.get("suppressed", 0) < 0)


def test_where_none_are_alike_all_runs_are_one() -> None:
    data = on_digits(own=True)
    text = "\n".join(suppression.judge({"digits, own starts": data}))
    assert "replaces NONE" in text and "suppressed -" not in text
    assert "NOT told apart from independent, mean" in text or "NOT told apart from independent, best" in text
    found = suppression.numbers({"digits, own starts": data})
    assert "digits, own starts: test loss, random, best" not in found
    assert found["digits, own starts: replaced in a generation"].value == 0


def test_differences_are_paired() -> None:
    """Seeds scatter by 0.002, pairs by less than a tenth of that."""
    found = suppression.numbers({"digits, one start": on_digits(suppressed=-0.01)})
    pair = found["digits, one start: best: suppressed - random"]
    assert abs(pair.value + 0.01) < K * pair.error < K * 2e-4
    assert found["digits, one start: test loss, random, best"].error > 4 * pair.error
    assert suppression.probability(pair) < 1e-3


def test_every_preset_names_its_parts() -> None:
    assert list(suppression.parts(suppression.study.preset("smoke"))) == ["bowl", "digits, one start"]
    assert list(suppression.parts(suppression.study.preset("quick")))[2] == "digits, own starts"
