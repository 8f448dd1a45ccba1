"""Tournaments: wins by quadrature and the stationary law by its transition matrix."""

import math

import numpy as np
import pytest

from theory import tournament


@pytest.mark.parametrize("difference", [-0.3, 0.0, 0.05, 0.4])
def test_wins_are_those_of_two_normal_evaluations(difference: float) -> None:
    noise, points = 0.2, np.linspace(-12, 12, 4801)
    density = np.exp(-(points**2) / 2) / math.sqrt(2 * math.pi)
    below = np.array([math.erfc(-(x + difference / noise) / math.sqrt(2)) / 2 for x in points])
    wins = float(np.sum(density * below) * (points[1] - points[0]))
    assert tournament.win_probability(difference, noise) == pytest.approx(wins, abs=1e-9)
    if difference:
        assert tournament.win_probability(difference, noise * math.sqrt(2)) != pytest.approx(wins, abs=1e-3)


def test_the_temperature_has_the_slope_of_the_tournament() -> None:
    noise, small = 0.3, 1e-5
    slope = (tournament.win_probability(small, noise) - tournament.win_probability(-small, noise)) / (2 * small)
    assert tournament.barker_beta(noise) / 4 == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize(("population", "win", "mutation"), [(2, 0.6, 0.3), (6, 0.55, 0.02), (9, 0.3, 0.1)])
def test_the_law_stays_under_a_matrix_built_from_draws_of_pairs(population: int, win: float, mutation: float) -> None:
    """Every ordered pair, winner and mutation of one tournament enumerated, without the balance of the formula."""
    size = population
    matrix = np.zeros((size + 1, size + 1))
    for count in range(size + 1):
        kinds = [1] * count + [0] * (size - count)
        for i in range(size):
            for j in range(size):
                if i == j:
                    continue
                first = 0.5 if kinds[i] == kinds[j] else (win if kinds[i] else 1 - win)
                for winner, loser, chance in ((i, j, first), (j, i, 1 - first)):
                    for kind, share in ((kinds[winner], 1 - mutation), (1 - kinds[winner], mutation)):
                        matrix[count, count + kind - kinds[loser]] += chance * share / (size * (size - 1))
    law = tournament.stationary_counts(win, population, mutation)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    np.testing.assert_allclose(law @ matrix, law, atol=1e-12)


@pytest.mark.parametrize("population", [6, 20, 64])
def test_rare_mutation_divides_the_temperature_by_one_less_than_the_population(population: int) -> None:
    win = tournament.win_probability(0.1, 0.5)
    law = tournament.stationary_counts(win, population, 1e-9)
    exact = float(np.log(law[-1] / law[0]))
    assert exact == pytest.approx(tournament.log_odds(win, population), rel=1e-4)
    assert exact == pytest.approx((population - 1) * tournament.barker_beta(0.5) * 0.1, rel=2e-3)
    assert exact != pytest.approx(population * math.log(win / (1 - win)), rel=1e-2)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="noise"):
        tournament.win_probability(0.1, 0.0)
    with pytest.raises(ValueError, match="difference"):
        tournament.win_probability(math.nan, 1.0)
    with pytest.raises(ValueError, match="win"):
        tournament.log_odds(1.0, 6)
    with pytest.raises(ValueError, match="population"):
        tournament.stationary_counts(0.5, 1, 0.1)
    with pytest.raises(ValueError, match="mutation"):
        tournament.stationary_counts(0.5, 6, 0.0)
