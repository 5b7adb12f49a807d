"""The fewest moves, against trying everything."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from distribution.flow import Name, fewest_moves

PEOPLE = ("ann", "bob", "eve")


@st.composite
def cases(
    draw: st.DrawFn, *, banning: bool
) -> tuple[list[Name], list[frozenset[str]], dict[str, int], dict[str, int]]:
    """Give items with who has them and who cannot take them, and who has too much or too little."""
    sources: list[Name] = draw(st.lists(st.sampled_from([*PEOPLE, None]), max_size=6))
    have = {name: sources.count(name) for name in PEOPLE}
    target = {name: draw(st.integers(0, 4)) for name in PEOPLE}
    some = st.frozensets(st.sampled_from(PEOPLE)) if banning else st.just(frozenset[str]())
    # Who has an item can keep it.
    banned = [draw(some) - {source} for source in sources]
    surplus = {name: max(have[name] - target[name], 0) for name in PEOPLE}
    deficit = {name: target[name] - have[name] for name in PEOPLE if target[name] > have[name]}
    return sources, banned, surplus, deficit


def best(
    sources: list[Name], banned: list[frozenset[str]], surplus: dict[str, int], deficit: dict[str, int]
) -> int:
    """Try every way to give items from who has too much to who has too little: how many can move at most?"""
    most = 0
    for owners in product([*PEOPLE, None], repeat=len(sources)):
        moves = [(s, o) for s, o in zip(sources, owners, strict=True) if s != o]
        given = all(
            sum(s == who for s, _ in moves) <= surplus[who]
            and sum(o == who for _, o in moves) <= deficit.get(who, 0)
            for who in PEOPLE
        )
        able = all(o not in out for o, out, s in zip(owners, banned, sources, strict=True) if o != s)
        if given and able and all(o is not None for _, o in moves):
            most = max(most, len(moves))
    return most


@given(case=cases(banning=True))
def test_as_many_move_as_possible_and_each_once_where_some_people_cannot_take_some_items(
    case: tuple[list[Name], list[frozenset[str]], dict[str, int], dict[str, int]],
) -> None:
    sources, banned, surplus, deficit = case
    moves = fewest_moves(sources, banned, surplus, deficit)

    assert len(moves) == best(*case)
    assert len({at for at, _ in moves}) == len(moves)
    for at, target in moves:
        assert target not in banned[at]
    for who in PEOPLE:
        assert sum(sources[at] == who for at, _ in moves) <= surplus[who]
        assert sum(target == who for _, target in moves) <= deficit.get(who, 0)


def nearest(sources: list[Name], target: dict[str, int]) -> tuple[int, int]:
    """Try every assignment: how far from the targets is the nearest, and how many moves does it need?"""
    return min(
        (
            sum(abs(owners.count(who) - target[who]) for who in PEOPLE),
            sum(s != o for s, o in zip(sources, owners, strict=True)),
        )
        for owners in product(PEOPLE, repeat=len(sources))
    )


@given(sources=st.lists(st.sampled_from([*PEOPLE, None]), max_size=6), data=st.data())
def test_the_number_of_moves_is_the_minimum_over_all_assignments(
    sources: list[Name], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.tuples(st.integers(0, len(sources)), st.integers(0, len(sources)))))
    target = {"ann": cuts[0], "bob": cuts[1] - cuts[0], "eve": len(sources) - cuts[1]}
    have = {name: sources.count(name) for name in PEOPLE}
    surplus = {name: max(have[name] - target[name], 0) for name in PEOPLE}
    deficit = {name: target[name] - have[name] for name in PEOPLE if target[name] > have[name]}
    moves = fewest_moves(sources, [frozenset()] * len(sources), surplus, deficit)
    after = list(sources)
    for at, who in moves:
        after[at] = who

    assert nearest(sources, target) == (0, len(moves))
    assert len(moves) == sum(surplus.values()) + sources.count(None)
    assert {name: after.count(name) for name in PEOPLE} == target


def test_what_is_with_nobody_goes_first() -> None:
    moves = fewest_moves(["ann", None, "ann"], [frozenset()] * 3, {"ann": 2}, {"eve": 2})

    assert moves == [(0, "eve"), (1, "eve")]


def test_the_earlier_items_of_a_holder_move_and_the_largest_deficit_is_filled_first() -> None:
    moves = fewest_moves(["ann"] * 4, [frozenset()] * 4, {"ann": 3}, {"bob": 1, "eve": 2})

    assert moves == [(0, "eve"), (1, "eve"), (2, "bob")]


def test_one_item_makes_way_for_another_where_people_cannot_take_everything() -> None:
    not_eve, not_max = frozenset({"eve"}), frozenset({"max"})

    # The first would go to bob, who lacks as much as eve, and leave nobody for the second.
    moves = fewest_moves(["ann", "ann"], [not_max, not_eve], {"ann": 2}, {"bob": 1, "eve": 1})

    assert moves == [(0, "eve"), (1, "bob")]


def test_all_that_waits_may_go_whoever_cannot_take_it() -> None:
    out = [frozenset({"ann"}), frozenset({"bob"}), frozenset[str]()]

    assert fewest_moves([None] * 3, out, {}, {"eve": 3}) == [(0, "eve"), (1, "eve"), (2, "eve")]


def test_nothing_moves_where_nobody_lacks_anything() -> None:
    assert fewest_moves(["ann"], [frozenset()], {"ann": 1}, {}) == []
