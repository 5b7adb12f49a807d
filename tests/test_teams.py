"""Teams: exact in counts, balanced in pairs, one island; against slow and obvious twins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations, combinations_with_replacement
from math import comb
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distribution import teams as module
from distribution.apportion import apportion
from distribution.teams import MOST_TEAMS, Team, expected_pairs, expected_teams, teams
from tests.conftest import table

Table = Sequence[tuple[Team, int]]


def copies(table: Table, people: int) -> list[int]:
    """Count everybody's items."""
    found = Counter[int]()
    for team, count in table:
        for a in team:
            found[a] += count
    return [found[a] for a in range(people)]


def meetings(table: Table, people: int) -> list[list[int]]:
    """Count the items that every two share."""
    met = [[0] * people for _ in range(people)]
    for team, count in table:
        for a, b in combinations(team, 2):
            met[a][b] += count
            met[b][a] += count
    return met


def islands(teams_: Iterable[Team], counts: Sequence[int]) -> int:
    """Count the islands of those who have an item, by gathering them team by team."""
    groups = [{a} for a, count in enumerate(counts) if count]
    for team in teams_:
        hit = [group for group in groups if group & set(team)]
        groups = [group for group in groups if not group & set(team)] + [set().union(*hit)]
    return len(groups)


def check(counts: Sequence[int], columns: int, k: int) -> Table:
    """Deal out, and look at the three laws."""
    table = teams(counts, columns, k)
    assert copies(table, len(counts)) == list(counts)
    assert sum(count for _, count in table) == columns
    assert all(count > 0 and len(set(team)) == k and list(team) == sorted(team) for team, count in table)
    assert len({team for team, _ in table}) == len(table)
    able = sum(count > 0 for count in counts)
    if columns * (k - 1) >= able - 1 and able:
        assert islands((team for team, _ in table), counts) == 1
    return table


@st.composite
def counts(draw: st.DrawFn, most_people: int = 9, most_columns: int = 300) -> tuple[list[int], int, int]:
    """Give counts, items and the size of teams that go together, uneven at will."""
    people = draw(st.integers(2, most_people))
    k = draw(st.integers(2, people))
    columns = draw(st.integers(1, most_columns))
    weights = draw(
        st.lists(st.sampled_from([1, 1, 2, 7, 50, 3000]), min_size=people, max_size=people), label="weights"
    )
    floor = draw(st.integers(0, 1)) if k * columns >= people else 0
    found = apportion(weights, k * columns, floors=[floor] * people, caps=[columns] * people)
    return draw(st.permutations(found)), columns, k


@given(counts())
@example(([1] * 17 + [17, 4, 2], 20, 2))
@example(([3, 0, 3, 3, 0, 3], 6, 2))
@example(([5, 5, 5], 5, 3))
def test_counts_are_exact_nobody_is_twice_in_a_team_and_all_are_one_island(
    given_: tuple[list[int], int, int],
) -> None:
    """The islands whenever there are items enough to connect all who have one."""
    check(*given_)


def test_a_few_with_nearly_everything_leave_enough_to_connect_all_others() -> None:
    """The pairs of the busy come after the chain, else seventeen people with one item each are stranded."""
    counts = [1] * 17 + [17, 4, 2]

    assert islands((team for team, _ in teams(counts, 20, 2)), counts) == 1


@pytest.mark.parametrize(("people", "most"), [(2, 5), (3, 5), (4, 5), (5, 4)])
def test_there_are_as_few_islands_as_any_teams_could_make(people: int, most: int) -> None:
    """Against all ways to deal out few items."""
    for k in range(2, people + 1):
        every = list(combinations(range(people), k))
        for columns in range(1, most + 1):
            best: dict[tuple[int, ...], int] = {}
            for dealt in combinations_with_replacement(every, columns):
                found = Counter(a for team in dealt for a in team)
                have = tuple(found[a] for a in range(people))
                best[have] = min(best.get(have, people), islands(dealt, have))
            for have, fewest in best.items():
                assert islands((team for team, _ in check(have, columns, k)), have) == fewest


@pytest.mark.parametrize(("v", "k", "n"), [(10, 2, 90), (12, 3, 100), (20, 3, 380), (7, 3, 7)])
def test_with_equal_loads_every_pair_is_within_two_of_the_others(v: int, k: int, n: int) -> None:
    """Sizes of the published table of designs."""
    met = meetings(check(apportion([1] * v, k * n), n, k), v)

    pairs = [met[a][b] for a, b in combinations(range(v), 2)]
    assert max(pairs) - min(pairs) <= 2


@pytest.mark.parametrize("row", table("block_designs.csv"), ids=lambda row: f"{row['v']} in {row['k']}s")
@pytest.mark.parametrize("times", [1, 3])
def test_a_balanced_design_is_used_where_one_exists(row: dict[str, str], times: int) -> None:
    """Every pair meets exactly as often as every other."""
    v, b, r, k, least = (int(row[name]) for name in "vbrkl")

    met = meetings(check([r * times] * v, b * times, k), v)

    assert {met[a][b] for a, b in combinations(range(v), 2)} == {least * times}


def test_people_without_items_do_not_stand_in_the_way_of_a_design() -> None:
    """Seven of nine have three items each."""
    met = meetings(check([3, 0, 3, 3, 3, 3, 0, 3, 3], 7, 3), 9)

    able = [0, 2, 3, 4, 5, 7, 8]
    assert {met[a][b] for a, b in combinations(able, 2)} == {1}


@pytest.mark.parametrize("columns", [10**4, 10**5])
@pytest.mark.parametrize(("people", "k"), [(30, 3), (25, 3), (30, 2), (12, 3), (10, 2)])
@pytest.mark.parametrize("seed", [1, 2])
def test_with_uneven_loads_pairs_meet_as_often_as_chance_would_let_them(
    people: int, k: int, columns: int, seed: int
) -> None:
    """Within two items, or five percent."""
    weights = Random(seed).choices(range(1, 11), k=people)
    have = apportion(weights, k * columns, caps=[columns] * people)

    met, expected = meetings(check(have, columns, k), people), expected_pairs(have, columns, k)

    for a, b in combinations(range(people), 2):
        assert abs(met[a][b] - expected[a][b]) <= max(2, 0.05 * expected[a][b])


@given(counts(most_people=12))
def test_expected_pairs_sum_to_what_everybody_meets(given_: tuple[list[int], int, int]) -> None:
    """Each item of hers lets her meet k - 1 others."""
    have, columns, k = given_

    expected = expected_pairs(have, columns, k)

    for a, count in enumerate(have):
        assert expected[a][a] == 0
        assert sum(expected[a]) == pytest.approx((k - 1) * count, rel=1e-3, abs=1e-3)
        assert expected[a] == [row[a] for row in expected]


@given(counts(most_people=7))
def test_expected_pairs_are_those_of_the_expected_teams(given_: tuple[list[int], int, int]) -> None:
    """Slow and obvious: all teams, one by one."""
    have, columns, k = given_

    twin = [[0.0] * len(have) for _ in have]
    for team, chance in expected_teams(have, columns, k):
        assert len(team) == k
        for a, b in combinations(team, 2):
            twin[a][b] += chance
            twin[b][a] += chance

    for row, found in zip(twin, expected_pairs(have, columns, k), strict=True):
        assert found == pytest.approx(row, rel=1e-6, abs=1e-6)


@given(counts(most_people=7))
def test_the_odds_of_a_team_are_the_product_of_those_of_its_members(
    given_: tuple[list[int], int, int],
) -> None:
    """Conditional Poisson sampling: exchanging a for b changes the chance of every team alike."""
    have, columns, k = given_
    chance = dict(expected_teams(have, columns, k))

    for a, b in combinations(range(len(have)), 2):
        ratios = [
            some / chance[other]
            for team, some in chance.items()
            if a in team and b not in team and (other := tuple(sorted({*team} - {a} | {b}))) in chance
        ]
        assert ratios == pytest.approx(ratios[:1] * len(ratios), rel=1e-6)


def test_nobody_is_expected_to_meet_where_nothing_is_dealt_out() -> None:
    """No items, or no people."""
    assert expected_pairs([0, 0], 0, 2) == [[0, 0], [0, 0]]
    assert expected_teams([0, 0], 0, 2) == []
    assert teams([0, 0], 0, 2) == []
    assert teams([], 0, 2) == []


@given(counts(), st.randoms(use_true_random=False))
def test_the_same_counts_give_the_same_teams(given_: tuple[list[int], int, int], random: Random) -> None:
    """Also those of people with nothing, wherever they stand."""
    have, columns, k = given_
    places = sorted(random.sample(range(len(have) + 3), len(have)))
    wider = [0] * (len(have) + 3)
    for place, count in zip(places, have, strict=True):
        wider[place] = count

    table = teams(have, columns, k)

    assert teams(tuple(have), columns, k) == table
    assert teams(wider, columns, k) == [(tuple(places[a] for a in team), count) for team, count in table]


@given(counts(most_people=14, most_columns=4000))
def test_many_items_in_many_possible_teams_are_dealt_out_in_rounds_and_stay_exact(
    given_: tuple[list[int], int, int],
) -> None:
    """As if there were too many teams to look at them all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_TEAMS", 0)
        patch.setattr(module, "EFFORT", 1)
        check(*given_)


def test_so_many_people_in_threes_that_teams_are_not_looked_at_still_all_meet() -> None:
    """Equal loads: every pair from half to twice as often as due."""
    assert comb(120, 3) > MOST_TEAMS

    met = meetings(check([2500] * 120, 10**5, 3), 120)

    pairs = [met[a][b] for a, b in combinations(range(120), 2)]
    assert 21 <= min(pairs) <= max(pairs) <= 84


def test_a_hundred_people_in_threes_meet_nearly_as_often_as_chance_would_let_them() -> None:
    """Uneven loads, all of a hundred thousand items: from half to three times as often."""
    weights = Random(1).choices(range(1, 11), k=100)
    have = apportion(weights, 3 * 10**5)

    met, expected = meetings(check(have, 10**5, 3), 100), expected_pairs(have, 10**5, 3)

    rates = [met[a][b] / expected[a][b] for a, b in combinations(range(100), 2)]
    assert 0.5 <= min(rates) <= max(rates) <= 3


def test_odds_that_say_nothing_leave_all_to_be_dealt_out_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Floats may be too coarse for the odds, never for the counts."""
    monkeypatch.setattr(module, "expected_teams", lambda *_: [])

    assert len(check([40, 30, 20, 10], 50, 2)) > 3


def test_a_thousand_million_items_are_dealt_out_as_exactly_as_ten() -> None:
    """What is left after whole parts is no more than there are teams."""
    check([10**9, 123_456_789, 1, 1, 600_000_000, 276_543_209], 10**9, 2)
    check([999_999_999, 700_000_000, 300_000_000, 1_000_000, 1, 999_000_000], 10**9, 3)
