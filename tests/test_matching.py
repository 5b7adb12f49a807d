"""Fairest loads under limits, eligibility and teams, against trying everything."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from distribution.apportion import apportion
from distribution.eligibility import Kind, NotEnoughRoom
from distribution.errors import InvalidInput
from distribution.matching import Matching, match, stretches
from tests.matching_cases import Case, cases, every_load, unfairness

THOROUGH = settings(max_examples=600)


def matched(case: Case) -> Matching:
    return match(case.kinds, case.room, teams=case.teams, weights=case.weights, start=case.start)


def matched_or_not(case: Case) -> Matching | None:
    try:
        return matched(case)
    except NotEnoughRoom:
        return None


@THOROUGH
@given(case=cases())
def test_loads_are_the_fairest_of_all_there_are(case: Case) -> None:
    """Several copies, teams, weights and starts: no way to give the items out is fairer, and none is missed."""
    ways = every_load(case)
    found = matched_or_not(case)

    assert (found is None) == (not ways)
    if found is not None:
        loads = tuple(found.loads.values())
        assert loads in ways
        assert unfairness(case, loads) == min(unfairness(case, way) for way in ways)


@given(case=cases())
def test_fairest_loads_of_equal_people_are_fairest_by_every_measure(case: Case) -> None:
    """Decreasingly minimal is min-max, max-min and least squares at once."""
    ways = every_load(case)
    assume(ways)
    found = match(case.kinds, case.room, teams=case.teams)
    loads = list(found.loads.values())

    assert max(loads) == min(max(way) for way in ways)
    assert min(loads) == max(min(way) for way in ways)
    assert sum(x * x for x in loads) == min(sum(x * x for x in way) for way in ways)


@given(case=cases(largest=40))
def test_amounts_keep_every_limit(case: Case) -> None:
    """Whatever the sizes: needed copies, nobody above her limit, no team above the size."""
    found = matched_or_not(case)
    assume(found)
    assert found is not None
    for kind in case.kinds:
        amounts = found.amounts[kind.name]
        assert sum(amounts.values()) == kind.needed
        assert set(amounts) <= set(kind.eligible)
        assert all(amounts.values())
        for team in {case.teams.get(name, (name,)) for name in amounts}:
            assert sum(n for name, n in amounts.items() if case.teams.get(name, (name,)) == team) <= kind.size
    for name, limit in case.room.items():
        assert found.loads[name] == sum(amounts.get(name, 0) for amounts in found.amounts.values())
        assert limit is None or found.loads[name] <= limit


def moved_one_by_one(
    kinds: tuple[Kind, ...], people: list[str], amounts: dict[str, dict[str, int]]
) -> list[int]:
    """Move single items along cost-reducing paths until there are none; give the loads, sorted."""

    def load(name: str) -> int:
        return sum(given.get(name, 0) for given in amounts.values())

    def path(start: str) -> list[tuple[str, str, str]] | None:
        ways: dict[str, list[tuple[str, str, str]]] = {start: []}
        front = [start]
        for name in front:
            if load(name) <= load(start) - 2:
                return ways[name]
            for kind in kinds:
                given = amounts[kind.name]
                for other in kind.eligible:
                    if given.get(name, 0) and given.get(other, 0) < kind.size and other not in ways:
                        ways[other] = [*ways[name], (kind.name, name, other)]
                        front.append(other)
        return None

    while moves := next((way for name in people if (way := path(name))), None):
        for kind_name, giver, taker in moves:
            amounts[kind_name][giver] -= 1
            amounts[kind_name][taker] = amounts[kind_name].get(taker, 0) + 1
    return sorted(map(load, people))


@given(data=st.data(), sizes=st.lists(st.integers(0, 30), min_size=1, max_size=5), copies=st.integers(1, 3))
def test_many_items_at_once_and_one_at_a_time_end_at_the_same_loads(
    data: st.DataObject, sizes: list[int], copies: int
) -> None:
    """Whole amounts are shifted, as far as single steps would go."""
    people = [f"p{i}" for i in range(7)]
    some = st.lists(st.sampled_from(people), unique=True, min_size=copies)
    kinds = tuple(
        Kind(f"k{i}", size=size, copies=copies, eligible=data.draw(some)) for i, size in enumerate(sizes)
    )
    anyhow = {kind.name: dict.fromkeys(kind.eligible[:copies], kind.size) for kind in kinds}

    assert sorted(match(kinds, dict.fromkeys(people)).loads.values()) == moved_one_by_one(
        kinds, people, anyhow
    )


@given(case=cases(largest=20), shuffle=st.randoms())
def test_the_order_of_names_changes_no_load_but_among_equals(case: Case, shuffle: Random) -> None:
    """The ratios from the largest down are the same whoever is named first; so is whether there is a way."""
    people = list(case.room.items())
    shuffle.shuffle(people)
    kinds = [*case.kinds]
    shuffle.shuffle(kinds)
    other = Case(
        kinds=tuple(kinds), room=dict(people), teams=case.teams, weights=case.weights, start=case.start
    )
    one, two = matched_or_not(case), matched_or_not(other)

    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert unfairness(case, tuple(one.loads.values())) == unfairness(other, tuple(two.loads.values()))


@given(case=cases(largest=20))
def test_the_same_question_has_the_same_answer(case: Case) -> None:
    """Nothing is left to chance."""
    assert matched_or_not(case) == matched_or_not(case)


@given(
    weights=st.lists(st.integers(1, 50), min_size=1, max_size=8).map(lambda w: sorted(w, reverse=True)),
    size=st.integers(0, 1000),
)
def test_where_all_may_take_all_loads_are_an_apportionment(weights: list[int], size: int) -> None:
    """One copy and no limits: D'Hondt's, with ties to the larger weight."""
    people = [f"p{i}" for i in range(len(weights))]
    found = match(
        [Kind("all", size=size, eligible=people)],
        dict.fromkeys(people),
        weights=dict(zip(people, weights, strict=True)),
    )

    assert list(found.loads.values()) == apportion(weights, size, "dhondt")


def test_weight_zero_gets_only_what_nobody_else_can_take() -> None:
    """The others fill up first."""
    kinds = [Kind("en", size=9, eligible=("ann", "bob")), Kind("fr", size=2, eligible=("ann",))]

    found = match(kinds, {"ann": None, "bob": 6}, weights={"ann": 0})

    assert found.loads == {"ann": 5, "bob": 6}


def test_what_people_hold_counts_but_is_not_in_the_loads() -> None:
    """Ann starts with four of ten: both end with seven."""
    kinds = [Kind("en", size=10, eligible=("ann", "bob"))]

    assert match(kinds, {"ann": None, "bob": None}, start={"ann": 4}).loads == {"ann": 3, "bob": 7}


def test_millions_of_items_of_a_kind_are_no_more_work_than_few() -> None:
    """Sizes are numbers, never lists."""
    kinds = [
        Kind("a", size=10**15, copies=2, eligible=("ann", "bob", "eve")),
        Kind("b", size=10**15 + 1, eligible=("eve", "max")),
    ]

    found = match(kinds, dict.fromkeys(["ann", "bob", "eve", "max"]), teams={"ann": "x", "bob": "x"})

    assert found.loads == {"ann": 5 * 10**14, "bob": 5 * 10**14, "eve": 10**15 + 1, "max": 10**15}


def test_nothing_to_match_gives_nobody_anything() -> None:
    """No kinds, no people, empty kinds."""
    assert match([], {}) == Matching(amounts={}, loads={})
    assert match([Kind("a", size=0, eligible=())], {"ann": 3}) == Matching(
        amounts={"a": {}}, loads={"ann": 0}
    )


@given(case=cases(largest=25))
@example(
    case=Case(
        kinds=(Kind("k", size=3, copies=2, eligible=("p0", "p1", "p2")),),
        room={"p0": None, "p1": None, "p2": None},
        teams={"p0": "x", "p2": "x"},
        weights={},
        start={},
    )
)
def test_items_get_different_assignees_of_different_teams_and_amounts_are_exact(case: Case) -> None:
    """Laying out what was matched."""
    found = matched_or_not(case)
    assume(found)
    assert found is not None
    for kind in case.kinds:
        amounts = found.amounts[kind.name]
        laid = list(stretches(amounts, size=kind.size, copies=kind.copies, teams=case.teams))
        assert sum(count for _, count in laid) == kind.size
        for assignees, count in laid:
            assert count > 0
            assert len({case.teams.get(name, (name,)) for name in assignees}) == kind.copies == len(assignees)
        held = {name: sum(count for assignees, count in laid if name in assignees) for name in amounts}
        assert held == amounts


def test_very_many_items_are_laid_out_as_quickly_as_few() -> None:
    """Whoever has the same people is one stretch."""
    laid = stretches({"ann": 10**15, "bob": 10**15}, size=10**15, copies=2)

    assert list(laid) == [(("ann", "bob"), 10**15)]


@pytest.mark.parametrize(
    ("amounts", "options", "message"),
    [
        (5, {"size": 1}, "amounts must map assignees to whole numbers, got 5"),
        ({"ann": 2}, {"size": 3}, "amounts must sum to 3 x 1, got 2"),
        ({"ann": -1}, {"size": 3}, "amount of 'ann' must be a whole number of at least 0, got -1"),
        ({"ann": 3, "bob": 1}, {"size": 2, "copies": 2}, "amount of 'ann' must be at most the size 2, got 3"),
        (
            {"ann": 2, "bob": 2},
            {"size": 2, "copies": 2, "teams": {"ann": "x", "bob": "x"}},
            "amounts of team 'x' must be at most the size 2, got 4",
        ),
        ({}, {"size": -1}, "size must be a whole number of at least 0, got -1"),
        ({}, {"size": 0, "copies": 0}, "copies must be a whole number of at least 1, got 0"),
    ],
)
def test_amounts_that_cannot_be_laid_out_are_refused_at_once(
    amounts: object, options: dict[str, object], message: str
) -> None:
    """Before the first item is read."""
    with pytest.raises(InvalidInput) as error:
        stretches(amounts, **options)  # type: ignore[arg-type]

    assert str(error.value) == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": {"eve": 1}}, "weights must name people in room only, got 'eve'"),
        ({"weights": {"ann": -1}}, "weight of 'ann' must not be negative, got -1"),
        ({"weights": {"ann": float("nan")}}, "weight of 'ann' must be a finite number, got nan"),
        ({"start": {"ann": 1.5}}, "start of 'ann' must be a whole number of at least 0, got 1.5"),
        ({"start": [1]}, "start must map assignees to values, got [1]"),
        ({"teams": {"ann": ""}}, "team of 'ann' must not be empty, got ''"),
    ],
)
def test_what_is_said_of_people_is_checked(options: dict[str, object], message: str) -> None:
    """With the name and the value."""
    with pytest.raises(InvalidInput) as error:
        match([], {"ann": 1}, **options)  # type: ignore[arg-type]

    assert str(error.value) == message


def test_weights_are_read_as_callers_write_them() -> None:
    """Text, floats and Fractions of one value are one weight."""
    kinds, room = [Kind("a", size=9, eligible=("ann", "bob"))], {"ann": None, "bob": None}

    for half in (0.5, "1/2", Fraction(1, 2)):
        assert match(kinds, room, weights={"bob": half}).loads == {"ann": 6, "bob": 3}
