"""Open work brought to the shares people carry, where some cannot take some items: against trying everything."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import Overlap, Workload
from distribution.apportion import apportion
from distribution.testing.invariants import invariants
from tests.office import Office
from tests.test_overlap_moving import moved
from tests.test_overlap_tasks import counts, holders, named

PEOPLE = ("ann", "bob", "eve")


@given(
    weights=st.lists(st.integers(1, 5), min_size=3, max_size=3),
    items=st.integers(1, 4),
    overlapped=st.integers(0, 4),
    k=st.integers(2, 3),
    away=st.lists(st.tuples(st.booleans(), st.sampled_from(PEOPLE), st.integers(0, 4)), max_size=6),
)
def test_where_some_gave_up_some_items_all_that_can_be_is_placed_and_nothing_moves_without_need(
    weights: list[int], items: int, overlapped: int, k: int, away: list[tuple[bool, str, int]]
) -> None:
    """As many copies as can be are placed, then people are as near to their targets as any layout brings them."""
    with Office(MemoryStore()) as office:
        task = office.create(
            "r", named(items), workload=Workload.even(PEOPLE), overlap=Overlap(count=overlapped, assignees=k)
        ).id
        for skipped, who, at in away:
            give_up = office.skip if skipped else office.release
            give_up(task, who, office.holds(task, who)[at : at + 1])
        before, rows = holders(office, task), {row.item: row for row in office.items(task)}
        able = {
            item: [who for who in PEOPLE if who not in row.cells or row.cells[who].state != "skipped"]
            for item, row in rows.items()
        }
        total = sum(row.copies for row in rows.values())
        caps = [sum(who in some for some in able.values()) for who in PEOPLE]
        total = min(total, sum(caps))
        free = apportion(weights, total)
        beyond = any(count > cap for count, cap in zip(free, caps, strict=True))
        targets = dict(zip(PEOPLE, apportion(weights, total, caps=caps) if beyond else free, strict=True))

        office.redistribute(task, Workload.weights(list(zip(PEOPLE, weights, strict=True))))

        after = holders(office, task)
        found = min(
            (-sum(map(len, teams)), off(Counter(who for team in teams for who in team), targets),
             sum(len(set(before[item]) - set(team)) for item, team in zip(before, teams, strict=True)))
            for teams in product(*(
                [team for size in range(rows[item].copies + 1) for team in combinations(able[item], size)]
                for item in before
            ))
        )  # fmt: skip
        now = counts(office, task)
        assert (-sum(now.values()), off(Counter(now), targets), moved(before, after)) == found
        assert office.redistribute(task).event is None
        invariants(office.store, task)


def test_what_waits_and_only_she_can_take_goes_to_her_though_she_has_her_share(office: Office) -> None:
    """She lost it, and nobody else can have it or anything she could give for it."""
    task = office.create("r", ["a", "b"], workload=Workload.even(["ann", "bob"])).id
    office.skip(task, "bob", office.holds(task, "bob"))
    # The other one reaches him by hand, and he skips it too.
    office.reassign(task, "ann", "bob")
    office.skip(task, "bob", office.holds(task, "bob"))
    before = holders(office, task)
    assert before == {"a": ("ann",), "b": ("ann",)}
    office.release(task, "ann", ["a"])
    assert holders(office, task) == {"a": (), "b": ("ann",)}

    office.redistribute(task)

    assert holders(office, task) == before


def off(held: Any, targets: dict[str, int]) -> int:
    """Tell how far people are from their targets."""
    return sum(abs(held[who] - target) for who, target in targets.items())
