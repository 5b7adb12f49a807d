"""Who gets items that come late: what somebody skipped is not hers, and pairs that met too rarely meet."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import Item, Limit, Overlap, Workload
from distribution.basis import ByEffort, Grouped, Stratified
from tests.office import Office
from tests.test_overlap_tasks import counts, holders, named


@pytest.mark.parametrize("basis", [ByEffort(), Stratified("kind"), Grouped("kind")])
def test_what_somebody_skipped_is_not_hers_when_items_come_later(office: Office, basis: Any) -> None:
    """It waits, as nobody else may have it either; what comes then makes up for it."""
    items = [Item(f"i{n}", attributes={"kind": "x"}) for n in range(4)]
    task = office.create("r", items, workload=Workload.even(["ann"]), basis=basis).id
    office.skip(task, "ann", ["i0", "i1"])
    office.add_items(task, [Item("late", attributes={"kind": "x"})])

    assert counts(office, task) == {"ann": 3}
    assert office.progress(task).waiting == 2


@given(
    shares=st.lists(st.integers(1, 6), min_size=3, max_size=6),
    k=st.integers(2, 3),
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=4),
    percent=st.integers(0, 100),
)
def test_nobody_is_two_copies_from_her_share_where_no_share_is_too_large_for_one_copy_an_item(
    shares: list[int], k: int, sizes: list[int], percent: int
) -> None:
    """However unequal the loads and however the items come."""
    names = [f"p{n}" for n in range(len(shares))]
    # Where every item overlapped she would have a copy of each second one at most.
    if 2 * k * max(shares) > sum(shares):
        shares = [1] * len(shares)
    if k > len(shares) // 2:
        k = 2
    with Office(MemoryStore()) as office:
        workload = Workload.weights(list(zip(names, shares, strict=True)))
        task = office.create("r", [], workload=workload, overlap=Overlap(percent=percent, assignees=k)).id
        total = 0
        for size in sizes:
            office.add_items(task, named(size, total))
            total += size
            held = counts(office, task)
            whole = Fraction(sum(held.values()), sum(workload.shares))
            for who, share in zip(workload.assignees, workload.shares, strict=True):
                assert abs(held[who] - share * whole) < 2, (held, workload)


def test_two_who_never_met_meet_next_where_their_shares_allow_it(office: Office) -> None:
    """Five pairs of four have met twice; the sixth is next, and then it is its turn again."""
    people = ["ann", "bob", "eve", "max"]
    task = office.create("r", [], workload=Workload.even(people), overlap=Overlap(percent=100)).id
    for number in range(30):
        office.add_items(task, [f"i{number}"])
        met = Counter(pair for team in holders(office, task).values() for pair in combinations(team, 2))
        spread = [met[pair] for pair in combinations(people, 2)]
        assert max(spread) - min(spread) <= 1, met


def test_a_limit_in_percent_grows_with_the_delivery_and_holds_for_copies(office: Office) -> None:
    """Nobody is beyond it, and the others have the rest."""
    task = office.create(
        "r", [], workload=Workload.even(["ann", "bob", "eve"]), overlap=Overlap(percent=100)
    ).id
    office.set_limit(task, "ann", Limit(percent=25))
    office.add_items(task, named(20))
    assert counts(office, task) == {"ann": 5, "bob": 18, "eve": 17}
    assert office.progress(task).waiting == 0


def test_nobody_new_is_given_work_who_carries_no_load_or_is_away(office: Office) -> None:
    """What has nobody waits with all its copies."""
    task = office.create("r", named(2), workload=Workload.even(["ann", "bob"]), overlap=Overlap(count=9)).id
    for who in ("ann", "bob"):
        office.pause(task, who)
    office.add_assignee(task, "zoe")
    office.add_items(task, named(2, 2))

    assert set(holders(office, task).values()) == {()}
    assert (office.progress(task).waiting, office.get(task).copies) == (8, 8)
    office.resume(task, "bob")
    assert counts(office, task) == {"ann": 0, "bob": 4, "zoe": 0}
