"""The fewest moves, against trying everything."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from distribution.flow import Movable, fewest_moves

PEOPLE = ("ann", "bob", "eve", "max")
SIDES: list[dict[str, str]] = [
    {},
    {"ann": "red", "bob": "red"},
    {"ann": "red", "bob": "red", "max": "red"},
    {"ann": "red", "bob": "blue", "eve": "red", "max": "blue"},
]
Case = tuple[list[Movable], dict[str, int], dict[str, int], dict[str, str]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Give items with who has them and who cannot take them, who has too much or too little, and teams."""
    some = st.frozensets(st.sampled_from(PEOPLE))
    teams = draw(st.sampled_from(SIDES))
    items = []
    for _ in range(draw(st.integers(0, 4))):
        holders = draw(some)
        crowded = {team for team, count in Counter(teams.get(name) for name in holders).items() if count > 1}
        mates = {name for name in PEOPLE if name in teams and teams[name] in crowded}
        banned = (draw(st.one_of(st.just(frozenset[str]()), some)) | mates) - holders
        company = draw(st.sampled_from([frozenset[str](), banned]))
        items.append(Movable(holders, draw(st.integers(0, max(0, 3 - len(holders)))), banned, company))
    have = Counter(name for item in items for name in item.holders)
    target = {name: draw(st.integers(0, 5)) for name in PEOPLE}
    surplus = {name: max(have[name] - target[name], 0) for name in PEOPLE}
    deficit = {name: target[name] - have[name] for name in PEOPLE if target[name] > have[name]}
    return items, surplus, deficit, teams


def together(team: frozenset[str], item: Movable, sides: dict[str, str]) -> bool:
    """Tell whether two of a side would have an item who had not both of them had it."""
    return any(
        sides.get(a) == sides.get(b) is not None and not {a, b} <= item.holders
        for a, b in combinations(sorted(team), 2)
    )


def best(
    items: list[Movable], surplus: dict[str, int], deficit: dict[str, int], sides: dict[str, str]
) -> tuple[int, int]:
    """Try every way to lay out the copies: how much can be brought to who has too little, by how few moves?"""
    have = Counter(name for item in items for name in item.holders)
    ways = []
    for item in items:
        able = [name for name in PEOPLE if name not in item.banned]
        copies = len(item.holders) + item.waiting
        ways.append(
            [
                frozenset(team)
                for size in range(len(item.holders), copies + 1)
                for team in combinations(able, size)
                if not together(frozenset(team), item, sides)
            ]
        )
    found = (0, 0)
    for teams in product(*ways):
        held = Counter(name for team in teams for name in team)
        fine = all(
            have[who] - surplus.get(who, 0) <= held[who] <= have[who] + deficit.get(who, 0) for who in PEOPLE
        )
        if fine:
            brought = sum(max(held[who] - have[who], 0) for who in PEOPLE)
            moves = sum(len(item.holders - team) for item, team in zip(items, teams, strict=True))
            found = max(found, (brought, -moves))
    return found[0], -found[1]


@given(case=cases())
def test_as_much_as_possible_is_brought_to_who_has_too_little_by_the_fewest_moves_of_all_ways(
    case: Case,
) -> None:
    items, surplus, deficit, teams = case

    moves = fewest_moves(items, surplus, deficit, teams)

    given = Counter(giver for _, giver, _ in moves)
    got = Counter(taker for _, _, taker in moves)
    brought = sum(max(got[who] - given[who], 0) for who in PEOPLE)
    assert (brought, len(moves) - given[None]) == best(*case)
    for who in PEOPLE:
        assert -surplus[who] <= got[who] - given[who] <= deficit.get(who, 0)
    for at, item in enumerate(items):
        gave = [giver for place, giver, _ in moves if place == at]
        takers = [taker for place, _, taker in moves if place == at]
        assert set(gave) - {None} <= item.holders, "only holders give"
        assert gave.count(None) <= item.waiting
        left = item.holders - set(gave)
        assert len(set(takers)) == len(takers), "nobody gets an item twice"
        assert not set(takers) & (left | item.banned)
        assert not together(left | set(takers), item, teams), "two of a team have it"


def test_what_waits_goes_first() -> None:
    ann, waiting = Movable(frozenset({"ann"})), Movable(waiting=1)

    assert fewest_moves([ann, waiting, ann], {"ann": 2}, {"eve": 2}) == [(0, "ann", "eve"), (1, None, "eve")]


def test_of_items_alike_the_earlier_move_and_the_largest_deficit_is_served_first() -> None:
    moves = fewest_moves([Movable(frozenset({"ann"}))] * 4, {"ann": 3}, {"bob": 1, "eve": 2})

    assert moves == [(0, "ann", "eve"), (1, "ann", "eve"), (2, "ann", "bob")]


def test_a_chain_of_hands_leads_where_no_direct_move_does() -> None:
    not_for_eve = Movable(frozenset({"ann"}), 0, frozenset({"eve"}))
    of_bob = Movable(frozenset({"bob"}))

    moves = fewest_moves([not_for_eve, of_bob], {"ann": 1, "bob": 0}, {"eve": 1})

    assert moves == [(0, "ann", "bob"), (1, "bob", "eve")]


def test_two_copies_of_an_item_never_go_to_one_person() -> None:
    both = Movable(frozenset({"ann", "bob"}))

    moves = fewest_moves([both, both], {"ann": 1, "bob": 1}, {"eve": 2})

    assert sorted(at for at, _, _ in moves) == [0, 1]


def test_a_team_mate_gets_what_her_mate_gives_up_and_nobody_gets_what_her_mate_keeps() -> None:
    item = Movable(frozenset({"ann", "eve"}))
    red = {"ann": "red", "bob": "red"}

    assert fewest_moves([item] * 2, {"ann": 1}, {"bob": 2}, red) == [(0, "ann", "bob")]
    assert fewest_moves([item] * 2, {"eve": 2}, {"bob": 2}, red) == []
    assert fewest_moves([item] * 2, {"eve": 1, "ann": 1}, {"bob": 1, "max": 1}, red) == [
        (0, "ann", "bob"),
        (0, "eve", "max"),
    ]


def shared(items: list[Movable], moves: list[tuple[int, str | None, str]]) -> Counter[tuple[str, str]]:
    """Count the items that every two share afterwards."""
    have = [set(item.holders | item.company) for item in items]
    for at, giver, taker in moves:
        have[at] ^= {taker} if giver is None else {giver, taker}
    return Counter(pair for team in have for pair in combinations(sorted(team), 2))


def test_somebody_new_meets_everybody_and_takes_from_those_who_met_often() -> None:
    """Two of each pair of six, ten each; five come to the seventh."""
    people = "abcdef"
    pairs = [Movable(frozenset(pair)) for pair in combinations(people, 2) for _ in range(2)]

    moves = fewest_moves(pairs, dict.fromkeys(people, 1), {"new": 6})

    assert len(moves) == 6
    found = shared(pairs, moves)
    assert {found[who, "new"] for who in people} == {1}
    assert {found[pair] for pair in combinations(people, 2)} == {1, 2}


def test_whoever_has_finished_her_copy_is_company_too() -> None:
    """Ann hands over the item of which bob's copy is done before that of which eve's is, if eve is met already."""
    met = Movable(frozenset({"new"}), 0, frozenset({"eve"}), frozenset({"eve"}))
    by_eve = Movable(frozenset({"ann"}), 0, frozenset({"eve"}), frozenset({"eve"}))
    by_bob = Movable(frozenset({"ann"}), 0, frozenset({"bob"}), frozenset({"bob"}))

    assert fewest_moves([met, by_eve, by_bob], {"ann": 1}, {"new": 1}) == [(2, "ann", "new")]


def test_what_waits_goes_to_whoever_knows_its_people_least() -> None:
    """Nobody gives it, so nobody loses a meeting by it."""
    waiting = [Movable(frozenset({who}), 1) for who in ("ann", "bob", "ann", "bob")]
    known = Movable(frozenset({"ann", "new"}))

    assert fewest_moves([*waiting, known, known], {}, {"new": 2}) == [(1, None, "new"), (3, None, "new")]


def test_a_hundred_thousand_items_are_handed_over_in_a_few_parts() -> None:
    """Not one by one: everybody is met, by numbers that differ by a tenth at most."""
    people = [f"p{n}" for n in range(20)]
    pairs = [Movable(frozenset(pair)) for pair in combinations(people, 2) for _ in range(500)]

    moves = fewest_moves(pairs, dict.fromkeys(people, 450), {"new": 9000})

    assert len(moves) == 9000
    found = shared(pairs, moves)
    met = [found[tuple(sorted((who, "new")))] for who in people]  # type: ignore[index]
    assert max(met) - min(met) <= 45


def test_what_nobody_may_take_stays() -> None:
    item = Movable(frozenset({"ann"}), 0, frozenset({"bob", "eve"}))

    assert fewest_moves([item], {"ann": 1}, {"bob": 1, "eve": 1}) == []


def test_nothing_moves_where_nobody_has_too_little() -> None:
    assert fewest_moves([Movable(frozenset({"ann"}))], {"ann": 1}, {}) == []
