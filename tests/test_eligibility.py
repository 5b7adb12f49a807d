"""Whether there is a way at all, and the proof where there is none."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import assume, given, settings

from distribution.eligibility import Board, Kind, NotEnoughRoom, Shortage
from distribution.errors import Infeasible, InvalidInput
from distribution.maxflow import Network
from tests.matching_cases import Case, cases, placed_one_by_one


def refusal(case: Case) -> NotEnoughRoom | None:
    try:
        Board(case.kinds, case.room, case.teams).place()
    except NotEnoughRoom as error:
        return error
    return None


@settings(max_examples=600)
@given(case=cases(largest=6))
def test_there_is_a_way_exactly_where_single_items_can_be_placed(case: Case) -> None:
    """Kinds as a whole against a flow through every single item."""
    needed = sum(kind.needed for kind in case.kinds)

    assert (refusal(case) is None) == (placed_one_by_one(case) == needed)


@given(case=cases(largest=12))
def test_a_shortage_proves_itself(case: Case) -> None:
    """Its kinds need more than limits of those who are full, and one an item of each other team, can ever give."""
    error = refusal(case)
    assume(error)
    assert error is not None
    missing = 0
    for shortage in error.shortages:
        kinds = [kind for kind in case.kinds if kind.name in shortage.kinds]
        limits = [case.room[name] for name in shortage.full]
        others = [kind.size * len(teams_of(case, kind) - whole(case, kind, shortage)) for kind in kinds]

        assert shortage.needed == sum(kind.size * kind.copies for kind in kinds)
        assert None not in limits
        assert shortage.room == sum(limit or 0 for limit in limits) + sum(others) < shortage.needed
        assert shortage.people == tuple(
            name for name in case.room if any(name in kind.eligible for kind in kinds)
        )
        missing += shortage.needed - shortage.room

    assert missing == sum(kind.needed for kind in case.kinds) - placed_one_by_one(case)


def teams_of(case: Case, kind: Kind) -> set[object]:
    """Give the teams of a kind; whoever has none is one of her own."""
    return {case.teams.get(name, (name,)) for name in kind.eligible}


def whole(case: Case, kind: Kind, shortage: Shortage) -> set[object]:
    """Give the teams of a kind all of whose eligible members are full."""
    teams: dict[object, list[str]] = {}
    for name in kind.eligible:
        teams.setdefault(case.teams.get(name, (name,)), []).append(name)
    return {team for team, names in teams.items() if set(names) <= set(shortage.full)}


def kind(name: str, size: int, copies: int, *eligible: str) -> Kind:
    return Kind(name, size=size, copies=copies, eligible=eligible)


def hostile(value: object) -> Any:
    """Give what a type checker would refuse."""
    return value


ALL = "raise their limits, make more people eligible, or ask for fewer copies"
TWICE = "make more people eligible or ask for fewer copies"
FOUR = ["ann", "bob", "eve", "max"]


@pytest.mark.parametrize(
    ("kinds", "room", "teams", "message"),
    [
        (
            [kind("fr", 120, 2, "ann", "bob", "eve"), kind("en", 9, 1, *FOUR)],
            {"ann": 100, "bob": 60, "eve": 40, "max": 50},
            {},
            f"kind 'fr' needs 240 copies, and the 3 people who may take it have room for 200; {ALL}",
        ),
        (
            [kind("fr", 100, 3, "ann", "bob")],
            {"ann": None, "bob": None},
            {},
            (
                "kind 'fr' needs 300 copies, and the 2 people who may take it have room for 200, "
                f"no item twice for anyone; {TWICE}"
            ),
        ),
        (
            [kind("fr", 100, 2, "ann", "bob")],
            {"ann": None, "bob": None},
            {"ann": "x", "bob": "x"},
            (
                "kind 'fr' needs 200 copies, and the 2 people who may take it have room for 100, "
                f"no item twice for anyone or any team; {TWICE}"
            ),
        ),
        (
            [kind("fr", 5, 1, "ann")],
            {"ann": 4},
            {},
            f"kind 'fr' needs 5 copies, and the person who may take it has room for 4; {ALL}",
        ),
        ([kind("fr", 5, 1)], {"ann": 4}, {}, f"kind 'fr' needs 5 copies, and nobody may take it; {TWICE}"),
        (
            [kind(name, 5, 1, "ann", "bob") for name in "abcde"],
            {"ann": 10, "bob": 9},
            {},
            "kinds 'a', 'b', 'c' and 2 more need 25 copies, and the 2 people who may take them have room for 19; "
            + ALL,
        ),
    ],
)
def test_what_is_short_is_said_in_words(
    kinds: list[Kind], room: dict[str, int | None], teams: dict[str, str], message: str
) -> None:
    """Kinds, copies, people, room, and the ways out that there are."""
    with pytest.raises(Infeasible) as error:
        Board(kinds, room, teams).place()

    assert str(error.value) == message


def test_kinds_that_are_short_for_reasons_of_their_own_are_told_apart() -> None:
    """One shortage for each, so that all can be mended at once."""
    kinds = [kind("fr", 5, 1, "ann"), kind("en", 5, 1, "bob", "eve"), kind("de", 5, 1)]

    error = refusal(
        Case(kinds=tuple(kinds), room={"ann": 3, "bob": None, "eve": 1}, teams={}, weights={}, start={})
    )

    assert error is not None
    assert error.shortages == (
        Shortage(kinds=("fr",), needed=5, room=3, people=("ann",), full=("ann",)),
        Shortage(kinds=("de",), needed=5, room=0, people=(), full=()),
    )


def test_the_error_survives_pickling() -> None:
    """With its sentence and its data."""
    error = refusal(Case(kinds=(kind("fr", 5, 1, "ann"),), room={"ann": 3}, teams={}, weights={}, start={}))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes

    assert (str(again), again.shortages) == (str(error), error.shortages if error else None)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: kind("", 1, 1), "name of a kind must not be empty, got ''"),
        (lambda: kind("a", -1, 1), "size of a kind must be a whole number of at least 0, got -1"),
        (lambda: kind("a", True, 1), "size of a kind must be a whole number of at least 0, got True"),
        (lambda: kind("a", 1, 0), "copies of a kind must be a whole number of at least 1, got 0"),
        (lambda: kind("a", 1, 1, "ann", "ann"), "eligible must name each assignee once, got 'ann'"),
        (
            lambda: Kind("a", size=1, eligible=hostile(frozenset(["ann"]))),
            "eligible must be in an order, got frozenset({'ann'}); sort them first",
        ),
        (lambda: kind("a", 1, 1, ""), "assignee id must not be empty, got ''"),
        (lambda: Board(hostile(5), {}), "kinds must be a sequence of Kind, got 5"),
        (lambda: Board(hostile(["a"]), {}), "kinds must hold nothing but Kind, got 'a'"),
        (lambda: Board([kind("a", 1, 1)] * 2, {}), "kinds must have different names, got 'a'"),
        (lambda: Board([], hostile(["ann"])), "room must map assignees to limits, got ['ann']"),
        (lambda: Board([], {"ann": -1}), "room of 'ann' must be a whole number of at least 0, got -1"),
        (lambda: Board([], {"": 1}), "assignee id must not be empty, got ''"),
        (lambda: Board([], {}, {"ann": "x"}), "teams must name people in room only, got 'ann'"),
        (
            lambda: Board([kind("a", 1, 1, "ann")], {}),
            "eligible of kind 'a' must have a limit in room, got 'ann'; give one, or None for no limit",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_value(build, message: str) -> None:  # type: ignore[no-untyped-def]
    """Before anything is searched."""
    with pytest.raises(InvalidInput) as error:
        build()

    assert str(error.value) == message


def test_a_flow_finds_its_way_back_out_of_a_dead_end() -> None:
    """The first path taken would block the second."""
    network = Network(6)
    for tail, head in ((0, 2), (0, 3), (1, 2), (2, 4), (3, 5)):
        network.join(tail, head, 1)
    excess, lack = {0: 1, 1: 1}, {4: 1, 5: 1}

    network.push(excess, lack, range(6))

    assert (excess, lack) == ({0: 0, 1: 0}, {4: 0, 5: 0})


def test_a_flow_stays_within_the_nodes_it_is_given() -> None:
    """There is a way around, through a node that is left out."""
    network = Network(3)
    network.join(0, 1, 1)
    network.join(1, 2, 1)
    excess, lack = {0: 1}, {2: 1}

    network.push(excess, lack, [0, 2])

    assert (excess, lack, network.reach([0], [0, 2])) == ({0: 1}, {2: 1}, {0})


def test_kinds_that_are_short_together_are_told_together() -> None:
    """What is missing of the group is missing in all: so much more room mends it."""
    kinds = tuple(kind(name, 5, 1, "ann", "bob") for name in "abc")

    error = refusal(Case(kinds=kinds, room={"ann": 3, "bob": 1}, teams={}, weights={}, start={}))

    assert error is not None
    assert error.shortages == (
        Shortage(kinds=("a", "b", "c"), needed=15, room=4, people=("ann", "bob"), full=("ann", "bob")),
    )


def test_a_team_that_is_full_in_part_still_takes_each_item_once() -> None:
    """Ann is full with the other kind, which keeps nobody of her team from this one."""
    kinds = (kind("fr", 2, 2, "bob", "ann", "eve"), kind("en", 5, 1, "eve", "ann"))
    room = {"ann": 1, "bob": None, "eve": 1}

    error = refusal(Case(kinds=kinds, room=room, teams={"ann": "x", "bob": "x"}, weights={}, start={}))

    assert error is not None
    assert error.shortages == (
        Shortage(kinds=("fr", "en"), needed=9, room=4, people=("ann", "bob", "eve"), full=("ann", "eve")),
    )
