"""Gold in tasks: extra to the share, met now and then, never twice, and by nothing told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import Item, Limit, Workload
from distribution.gold import Gold, GoldFading, GoldShare, mixed
from distribution.golden import GoldPool
from distribution.overlap import Overlap
from distribution.refusals import AtCap, AtLimit, QueueEmpty
from distribution.testing.invariants import invariants
from tests.office import Office

LETTERS = [chr(ord("a") + at) for at in range(12)]


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Lend a dispatcher over each store; all is well at the end."""
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "work.db")
    with Office(store) as lent:
        yield lent
        for task in lent.all():
            invariants(store, task.id)


def pool(count: int = 4, rule: Gold | None = None) -> GoldPool:
    """Make gold m0, m1, ..."""
    return GoldPool(
        [Item(f"m{at}", attributes={"truth": "completed"}) for at in range(count)], rule or GoldShare(50)
    )


def shared(office: Office, *people: str, gold: GoldPool | None = None, **settings: Any) -> str:
    """Create a task of twelve letters, shared out evenly."""
    return office.create(
        "mixed", LETTERS, workload=Workload.even(people or ("ann",)), gold=gold or pool(), **settings
    ).id


def ordered(items: Sequence[str], gold: Sequence[str]) -> list[str]:
    """Give what somebody meets; gold that stands together in any order."""
    line: list[str] = []
    run: list[str] = []
    for item in [*items, "end"]:
        if item in gold:
            run.append(item)
        else:
            line += [*sorted(run), item]
            run = []
    return line[:-1]


def meets(who: str, items: Sequence[str], gold: GoldPool, seed: int) -> list[str]:
    """Give what somebody should meet, by the plain function."""
    names = [item.id for item in gold.items]
    return ordered(mixed(items, names, gold=gold.rule, seed=seed, assignee=who), names)


def drained(office: Office, task: str, who: str) -> list[str]:
    """Give all she gets, batch after batch, in the order of the batches."""
    got: list[str] = []
    while batch := office.pull(task, who):
        got += batch.items
        office.set_status(task, who, list(batch.items), "completed")
    return got


RULES = st.sampled_from([GoldShare(50), GoldShare(20), GoldShare("33.3"), GoldFading(3), GoldFading(10)])


@given(rule=RULES, count=st.integers(1, 9), seed=st.integers(0, 99), overlap=st.sampled_from([None, 50, 100]))
def test_a_list_of_work_has_gold_exactly_where_it_is_due(
    rule: Gold, count: int, seed: int, overlap: int | None
) -> None:
    """Everybody her own; as the plain function says of her items alone."""
    gold = pool(count, rule)
    with Office(MemoryStore()) as office:
        shares = None if overlap is None else Overlap(percent=overlap)
        task = shared(office, "ann", "bob", gold=gold, seed=seed, overlap=shares)
        invariants(office.store, task)
        for who in ("ann", "bob"):
            hers = office.holds(task, who)
            ordinary = [item for item in hers if item in LETTERS]

            assert hers == meets(who, ordinary, gold, seed)


@given(
    rule=RULES,
    count=st.integers(1, 9),
    seed=st.integers(0, 99),
    batch=st.integers(1, 5),
    random=st.booleans(),
)
def test_pulling_meets_gold_exactly_where_it_is_due_whatever_the_batch(
    rule: Gold, count: int, seed: int, batch: int, random: bool
) -> None:  # fmt: skip
    """What all batches hold together is one mixed line; where gold stands together its order may differ."""
    gold = pool(count, rule)
    with Office(MemoryStore()) as office:
        order = "random" if random else "fifo"
        task = office.queue(LETTERS, batch, people=["ann"], order=order, gold=gold, seed=seed)

        got = drained(office, task, "ann")

        names = [item.id for item in gold.items]
        ordinary = [item for item in got if item in LETTERS]
        assert sorted(ordinary) == LETTERS
        assert ordered(got, names) == meets("ann", ordinary, gold, seed)
        assert office.holds(task, "ann", "done") == ordered(got, names)


@given(batch=st.integers(1, 4), seed=st.integers(0, 50))
def test_a_batch_and_her_list_have_the_same_order(batch: int, seed: int) -> None:
    """Gold stands where it came, in the first batch and in later ones; of two that follow each other either is first."""
    with Office(MemoryStore()) as office:
        task = office.queue(LETTERS, batch, 3 * batch, people=["ann"], gold=pool(9), seed=seed)
        office.add_items(task, ["x", "y", "z"])

        got = [item for _ in range(3) for item in office.pull(task, "ann").items]

        names = [f"m{at}" for at in range(9)]
        assert office.holds(task, "ann") == ordered(got, names)


def test_gold_stands_anywhere_in_its_block(office: Office) -> None:
    """Over four hundred seeds each of five places about eighty times; the first place of all among them."""
    task = shared(office, "ann", gold=pool(1, GoldShare(20)))
    assert len(office.holds(task, "ann")) == 13
    places: Counter[int] = Counter()
    for seed in range(400):
        with Office(MemoryStore()) as other:
            hers = other.holds(shared(other, gold=pool(1, GoldShare(20)), seed=seed), "ann")
            places[hers.index("m0")] += 1

    assert sorted(places) == [0, 1, 2, 3, 4]
    assert sum((count - 80) ** 2 / 80 for count in places.values()) < 20


def test_gold_counts_for_the_cap_and_for_nothing_else(office: Office) -> None:
    """Not for progress, loads, limits, copies, items."""
    task = office.queue(LETTERS, 2, people=["ann", "bob"], gold=pool(rule=GoldFading(10)))

    batch = office.pull(task, "ann")

    assert len(batch.items) == 2
    assert set(batch.items) <= {"m0", "m1", "m2", "m3"}
    now = office.progress(task)
    assert (now.open, now.waiting, now["ann"].open, office.get(task).items, office.get(task).copies) == (
        0,
        12,
        0,
        12,
        12,
    )
    why = office.pull(task, "ann").reason
    assert isinstance(why, AtCap)
    assert why.open == 2


def test_gold_leaves_her_limit_as_it_is(office: Office) -> None:
    """Who may have one item gets it, and gold beside it as long as the batch has room."""
    task = office.queue(LETTERS, 3, people=["ann"], gold=pool(2, GoldFading(2)), seed=7)
    office.set_limit(task, "ann", Limit(count=12))
    got = drained(office, task, "ann")
    assert len(got) == 14

    other = office.queue(LETTERS, 3, 9, people=["ann"], gold=pool(9, GoldFading(10)))
    office.set_limit(other, "ann", Limit(count=1))
    while batch := office.pull(other, "ann"):
        office.set_status(other, "ann", list(batch.items), "completed")

    assert isinstance(batch.reason, AtLimit)
    assert office.progress(other)["ann"].done == 1
    assert len(office.holds(other, "ann", "done")) == 10


def test_when_the_pool_is_used_up_ordinary_work_goes_on(office: Office) -> None:
    """Nobody meets anything twice."""
    task = office.queue(LETTERS, 2, people=["ann"], gold=pool(1))

    got = drained(office, task, "ann")

    assert sorted(got) == sorted([*LETTERS, "m0"])
    assert isinstance(office.pull(task, "ann").reason, QueueEmpty)


def test_everybody_has_an_order_of_gold_of_her_own(office: Office) -> None:
    """In a list, and while pulling."""
    people = ["ann", "bob", "eve"]
    task = shared(office, *people, gold=pool(8, GoldFading(8)))
    pulled = office.queue(LETTERS, 3, people=people, gold=pool(8, GoldFading(10)))
    lists = [[item for item in office.holds(task, who) if item not in LETTERS] for who in people]
    batches = [office.pull(pulled, who).items for who in people]

    assert len({tuple(found) for found in lists}) == 3
    assert len({frozenset(found) for found in batches}) == 3
    assert {len(found) for found in batches} == {3}


LOSING: dict[str, Callable[[Office, str], object]] = {
    "release": lambda office, task: office.release(task, "ann"),
    "skip": lambda office, task: office.skip(task, "ann", office.holds(task, "ann")),
    "expiry": lambda office, task: (office.wait(minutes=31), office.reclaim(task)),
    "expiry in a pull": lambda office, _: office.wait(minutes=31),
    "idleness": lambda office, task: (office.wait(minutes=5), office.reclaim(task, idle=timedelta(minutes=5))),
    "pause": lambda office, task: (office.pause(task, "ann"), office.resume(task, "ann")),
    "removal": lambda office, task: (office.remove_assignee(task, "ann"), office.add_assignee(task, "ann")),
    "undo": lambda office, task: office.undo(task, list(office.history(task))[-1].version),
    "reassignment": lambda office, task: office.reassign(task, "ann", "bob"),
    "no share": lambda office, task: office.redistribute(task, Workload.even(["bob"])),
    "deletion": lambda office, task: office.delete_assignment(task, "ann"),
}  # fmt: skip


@pytest.mark.parametrize("how", LOSING)
def test_what_went_back_from_her_she_never_gets_again(office: Office, how: str) -> None:
    """However it went, and also where gold is all she gets at first."""
    task = office.queue(LETTERS, 3, people=["ann", "bob"], gold=pool(8, GoldFading(10)))
    met: list[str] = []
    for _ in range(4):
        batch = office.pull(task, "ann")
        met += [item for item in batch.items if item not in LETTERS]
        LOSING[how](office, task)
        now = {item: office.states(task, item)["ann"] for item in met}
        assert how == "expiry in a pull" or set(now.values()) <= {"returned", "skipped"}

    assert len(met) == len(set(met)) == 8


def test_who_skips_gold_does_not_get_the_next_in_its_place(office: Office) -> None:
    """A skipped one has had its place; the pool cannot be looked through by skipping."""
    task = office.queue(LETTERS, 1, people=["ann"], skip="others", gold=pool(9, GoldShare(10)), seed=3)
    met: list[str] = []
    for _ in range(12):
        batch = office.pull(task, "ann")
        met += batch.items
        office.skip(task, "ann", list(batch.items))

    assert sum(item not in LETTERS for item in met) == 1


def test_a_store_opened_again_remembers_what_everybody_met(tmp_path: Path) -> None:
    """The rest of the line is as if it never had been closed."""
    names = ["m0", "m1", "m2"]
    got: list[str] = []
    with Office(SqliteStore(tmp_path / "work.db")) as office:
        task = office.queue(LETTERS, 2, people=["ann"], gold=pool(3), seed=5)
    while True:
        with Office(SqliteStore(tmp_path / "work.db")) as office:
            batch = office.pull(task, "ann")
            got += batch.items
            if not batch:
                break
            office.set_status(task, "ann", list(batch.items), "completed")

    assert ordered(got, names) == meets("ann", LETTERS, pool(3), 5)
