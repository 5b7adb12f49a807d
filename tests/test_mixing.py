"""Who meets whose work: fair loads first, then pairs as even as they allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations, product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from distribution.eligibility import Kind, NotEnoughRoom
from distribution.evening import even_out
from distribution.matching import Matching, match
from distribution.mixing import mixed

Rows = dict[str, dict[str, int]]


def review(
    authored: Mapping[str, int],
    room: Mapping[str, int | None],
    *,
    copies: int = 1,
    weights: Mapping[str, int] | None = None,
    own: bool = False,
) -> Matching:
    """Give the work of each author to others, in the fairest way, and mix it."""
    kinds = [
        Kind(who, size=size, copies=copies, eligible=tuple(name for name in room if own or name != who))
        for who, size in authored.items()
    ]
    return mixed(kinds, match(kinds, room, weights=weights), {who: [who] for who in authored})


def rows_of(total: int, columns: list[str], most: int) -> Iterator[dict[str, int]]:
    """Give every way to fill a row."""
    for amounts in product(range(min(total, most) + 1), repeat=len(columns)):
        if sum(amounts) == total:
            yield dict(zip(columns, amounts, strict=True))


def tables(rows: list[tuple[int, int, list[str]]], columns: dict[str, int]) -> Iterator[list[dict[str, int]]]:
    """Give every table with these rows (total, most of a cell, columns) and these sums of columns."""
    if not rows:
        if not any(columns.values()):
            yield []
        return
    (total, most, cells), *others = rows
    for row in rows_of(total, cells, most):
        left = {name: count - row.get(name, 0) for name, count in columns.items()}
        if min(left.values()) >= 0:
            yield from ([row, *rest] for rest in tables(others, left))


def cost(sizes: list[int], table: list[dict[str, int]]) -> Fraction:
    return sum(
        (
            Fraction(amount**2, size)
            for size, row in zip(sizes, table, strict=True)
            for amount in row.values()
            if size
        ),
        Fraction(0),
    )


@settings(max_examples=150)
@given(
    counts=st.lists(st.integers(0, 4), min_size=2, max_size=4),
    copies=st.integers(1, 2),
    weights=st.lists(st.integers(1, 3), min_size=4, max_size=4),
    limits=st.lists(st.none() | st.integers(2, 9), min_size=4, max_size=4),
    own=st.booleans(),
)
def test_pairs_are_as_even_as_the_fairest_loads_allow(
    counts: list[int], copies: int, weights: list[int], limits: list[int | None], own: bool
) -> None:
    """Against every table with the same loads: no smaller sum of amount squared by items of the author."""
    people = [f"p{i}" for i in range(4)]
    authored = dict(zip(people, counts, strict=False))
    room, weight = dict(zip(people, limits, strict=True)), dict(zip(people, weights, strict=True))
    try:
        found = review(authored, room, copies=copies, weights=weight, own=own)
    except NotEnoughRoom:
        assume(False)
    others = {author: [name for name in people if own or name != author] for author in authored}
    kinds = [Kind(a, size=n, copies=copies, eligible=tuple(others[a])) for a, n in authored.items()]
    best = min(
        cost(counts, table)
        for table in tables([(n * copies, n, others[a]) for a, n in authored.items()], dict(found.loads))
    )

    assert found.loads == match(kinds, room, weights=weight).loads
    assert cost(counts, [dict(found.amounts[author]) for author in authored]) == best
    assert all(own or author not in given for author, given in found.amounts.items())


def pairs(found: Matching, people: list[str]) -> list[int]:
    return [found.amounts[a].get(b, 0) for a in people for b in people if a != b]


@given(team=st.integers(2, 12), items=st.integers(0, 40))
def test_where_all_are_alike_no_two_pairs_differ_by_more_than_one(team: int, items: int) -> None:
    """Everybody reviews everybody."""
    people = [f"p{i}" for i in range(team)]
    found = review(dict.fromkeys(people, items), dict.fromkeys(people))

    assert set(found.loads.values()) == {items}
    assert max(pairs(found, people)) - min(pairs(found, people)) <= 1


@given(team=st.integers(3, 12), data=st.data())
def test_few_items_of_equal_people_make_no_pairs_who_review_each_other(
    team: int, data: st.DataObject
) -> None:
    """As long as there are not more items than half the others."""
    people = [f"p{i}" for i in range(team)]
    found = review(dict.fromkeys(people, data.draw(st.integers(1, (team - 1) // 2))), dict.fromkeys(people))

    assert not [(a, b) for a, b in combinations(people, 2) if b in found.amounts[a] and a in found.amounts[b]]


def test_weights_and_limits_of_reviewers_hold() -> None:
    """Zoe writes nothing and reviews twice as much; max takes three at most."""
    found = review(
        {"ann": 12, "bob": 6, "max": 6},
        {"ann": None, "bob": None, "max": 3, "zoe": None},
        weights={"zoe": 2},
    )

    assert found.loads == {"ann": 5, "bob": 5, "max": 3, "zoe": 11}


def test_kinds_that_are_left_out_stay_as_they_are() -> None:
    """Loads of all kinds together too."""
    kinds = [Kind(name, size=4, eligible=("a", "b", "c")) for name in "xyz"]
    before = match(kinds, {"a": 4, "b": 4, "c": 4})
    found = mixed(kinds[1:], before, {})

    assert found.loads == before.loads
    assert found.amounts["x"] == before.amounts["x"]
    assert [sum(found.amounts[kind].get(who, 0) for kind in "xyz") for who in "abc"] == [4, 4, 4]


@given(effort=st.integers(0, 400), weights=st.lists(st.integers(1, 9), min_size=6, max_size=6))
def test_without_the_effort_to_end_it_loads_hold_all_the_same(effort: int, weights: list[int]) -> None:
    """Nobody has her own, and it is no worse than where it began."""
    people = [f"p{i}" for i in range(6)]
    kinds = [
        Kind(who, size=7 * at, eligible=tuple(name for name in people if name != who))
        for at, who in enumerate(people)
    ]
    before = match(kinds, dict.fromkeys(people), weights=dict(zip(people, weights, strict=True)))
    sizes, authors = [kind.size for kind in kinds], {who: [who] for who in people}

    def worth(found: Matching) -> Fraction:
        return cost(sizes, [dict(found.amounts[who]) for who in people])

    ends = [mixed(kinds, before, authors, effort=some) for some in (0, effort, 10**9)]
    assert worth(ends[0]) >= worth(ends[1]) >= worth(ends[2])
    for found in ends:
        assert [sum(found.amounts[who].values()) for who in people] == sizes
        loads = {who: sum(amounts.get(who, 0) for amounts in found.amounts.values()) for who in people}
        assert loads == before.loads
        assert not any(who in found.amounts[who] for who in people)


def test_nothing_to_review_gives_nobody_anything() -> None:
    """No authors, and authors without items."""
    assert review({}, {}) == Matching(amounts={}, loads={})
    assert review({"ann": 0}, {"bob": 1}) == Matching(amounts={"ann": {}}, loads={"bob": 0})


@given(
    amounts=st.lists(st.lists(st.none() | st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=3),
    slack=st.lists(st.integers(0, 2), min_size=3, max_size=3),
    avoided=st.sets(st.tuples(st.sampled_from("012"), st.sampled_from("abc"))),
)
def test_a_table_is_evened_as_far_as_it_can_be_and_then_what_is_to_be_avoided_is(
    amounts: list[list[int | None]], slack: list[int], avoided: set[tuple[str, str]]
) -> None:
    """Against every table with the same sums and the same empty cells."""
    table: Rows = {
        str(at): {c: n for c, n in zip("abc", row, strict=True) if n is not None}
        for at, row in enumerate(amounts)
    }
    caps = {row: max(cells.values(), default=0) + slack[int(row)] for row, cells in table.items()}
    sums = {c: sum(cells.get(c, 0) for cells in table.values()) for c in "abc"}

    def rank(some: list[dict[str, int]]) -> tuple[Fraction, int]:
        wrong = sum(n for at, row in enumerate(some) for c, n in row.items() if (str(at), c) in avoided)
        return cost(list(caps.values()), some), wrong

    every = tables(
        [(sum(cells.values()), caps[row], list(cells)) for row, cells in table.items()], dict(sums)
    )
    best = min(map(rank, every))
    even_out(table, caps, avoided)

    assert rank(list(table.values())) == best
    assert {c: sum(cells.get(c, 0) for cells in table.values()) for c in "abc"} == sums
