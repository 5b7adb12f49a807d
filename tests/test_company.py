"""Pulling where several people get each item: everybody meets everybody, and nobody is overtaken for long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import Item, Overlap
from distribution.company import RECENT, chosen, window
from distribution.decision import Decision
from distribution.events import Cell, Stamp
from distribution.gold import GoldShare
from distribution.golden import Golden
from distribution.handing import pulling
from distribution.ledger import Ledger
from distribution.members import Member, Standing
from distribution.pull import Pull
from distribution.ranks import ahead, band, rank
from distribution.task import Ask, Row, Task, View
from distribution.testing.twins import company
from tests.office import Office

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL = Overlap(percent=100, assignees=2)
Order = Callable[[list[str]], list[str]]


def in_turn(people: list[str]) -> list[str]:
    return people


def shuffled() -> Order:
    random = Random(7)
    return lambda people: random.sample(people, len(people))


def worked(office: Office, task: str, order: Order) -> None:
    """Let all pull and finish, round after round, until nothing is left."""
    people, some = list(office.view(task).members), True
    while some:
        some = False
        for who in order(people):
            if items := office.pull(task, who).items:
                some = True
                office.set_status(task, who, items, "completed")


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("order", [in_turn, shuffled()])
def test_ten_people_who_pull_in_turn_meet_each_other_as_often_within_two(batch: int, order: Order) -> None:
    """From the head of the queue alone the same two would share all: five islands, pairs from 0 to 18."""
    with Office(MemoryStore()) as office:
        people = [f"p{n}" for n in range(10)]
        task = office.queue([f"i{n}" for n in range(90)], batch, batch, people=people, overlap=ALL)
        worked(office, task, order)

        found = office.coverage(task)
        assert (found.islands, found.met) == (1, 45)
        assert found.most - found.least <= 2


@pytest.mark.parametrize("order", [in_turn, shuffled()])
@pytest.mark.parametrize(
    ("v", "k", "n", "batch"), [(12, 3, 100, 1), (12, 3, 100, 3), (20, 3, 380, 3), (20, 3, 380, 10)]
)
def test_all_pairs_meet_at_the_sizes_of_the_published_designs(
    v: int, k: int, n: int, batch: int, order: Order
) -> None:
    """One island, and better connected than by chance: 0.592 and 0.745 are the published figures for that."""
    with Office(MemoryStore()) as office:
        people = [f"p{at:02}" for at in range(v)]
        overlap = Overlap(percent=100, assignees=k)
        task = office.queue([f"i{at}" for at in range(n)], batch, batch, people=people, overlap=overlap)
        worked(office, task, order)

        found = office.coverage(task)
        assert (found.islands, found.met, found.items) == (1, v * (v - 1) // 2, n)
        assert found.efficiency > 0.75


def test_nothing_overtakes_what_is_more_urgent_or_came_back(office: Office) -> None:
    """Priority first, then what came back: within each of them company is chosen."""
    items = [Item(f"i{n}", priority=1 if n >= 6 else 0) for n in range(12)]
    task = office.queue(items, 2, 4, people=["ann", "bob", "eve"], overlap=ALL)

    assert office.pull(task, "ann").items == ("i6", "i7")
    # One with ann, and one that nobody has.
    assert office.pull(task, "bob").items == ("i6", "i8")
    office.release(task, "ann", ["i6"])
    assert office.pull(task, "eve").items == ("i6", "i7")
    assert set(office.pull(task, "eve").items) < {"i8", "i9", "i10", "i11"}


def test_an_item_does_not_wait_for_ever_because_its_holder_was_met_too_often(office: Office) -> None:
    """However many new items come: soon she is no more among those met lately."""
    task = office.queue([f"a{n}" for n in range(2)], 1, 1, people=["ann", "bob", "eve"], overlap=ALL)
    for who in ("ann", "bob", "ann"):
        office.set_status(task, who, office.pull(task, who).items, "completed")
    left = [row.item for row in office.items(task) if row.left]
    assert left
    office.remove_assignee(task, "ann")
    for n in range(40):
        office.add_items(task, [f"new{n}", f"more{n}"])
        for who in ("bob", "eve"):
            office.set_status(task, who, office.pull(task, who).items, "completed")
        if not any(row.left for row in office.items(task) if row.item in left):
            assert n <= 2
            return
    raise AssertionError("it waits still")


def test_a_pull_looks_no_further_where_every_item_goes_to_one() -> None:
    """One look at one batch, as before; nothing else is loaded."""
    task = Task(id="t", name="t", pull=Pull(batch_size=2, max_batch_workload=2), items=9, created_at=NOON)
    ask, decide = pulling("t", "ann", Stamp(at=NOON))
    assert ask.head is not None
    assert (ask.head.fresh, ask.head.recent, ask.head.where) == (None, 0, None)
    fresh = [Row(position=at, item=f"i{at}", rank=at, left=1) for at in range(2)]
    view = View(
        ask=ask, task=task, version=1, members={"ann": Standing(member=Member("ann"), number=0)}, fresh=fresh
    )
    assert isinstance(decide(view), Decision)
    further = decide(attrs.evolve(view, task=attrs.evolve(task, overlap=ALL)))
    assert isinstance(further, Ask)
    assert further.head is not None
    assert (further.head.fresh, further.head.recent) == (window(2), RECENT)
    everybody = decide(attrs.evolve(view, task=attrs.evolve(task, overlap=Overlap(everyone=True))))
    assert isinstance(everybody, Decision)


PEOPLE = ["bob", "eve", "max", "zoe"]
CELLS = st.sampled_from(
    [Cell("open", NOON), Cell("done", NOON), Cell("skipped", NOON), Cell("returned", NOON)]
)


@st.composite
def rows(draw: st.DrawFn, first: int) -> list[Row]:
    """Give rows with holders of all kinds, priorities, and some that came back; in the order of the queue."""
    cells = st.dictionaries(st.sampled_from(PEOPLE), CELLS, max_size=3)
    found = []
    for at in range(first, first + draw(st.integers(0, 12))):
        place = rank(at, draw(st.sampled_from([0, 0, 0, 2])))
        place = ahead(place) if draw(st.integers(0, 4)) == 0 else place
        found.append(Row(position=at, item=f"i{at}", rank=place, left=1, cells=draw(cells)))
    return sorted(found, key=lambda row: (row.rank, row.position))


@given(line=rows(0), recent=rows(100), size=st.integers(0, 8), gone=st.booleans(), gold=st.integers(100, 112))
def test_items_are_chosen_as_the_slow_twin_chooses_them(
    line: list[Row], recent: list[Row], size: int, gone: bool, gold: int
) -> None:
    """One by one, each time looking at all: whom she met least; only what people hold counts, hers too, and no gold."""
    pull, golden = (
        Pull(batch_size=2, max_batch_workload=2),
        Golden(rule=GoldShare(percent=9), truth="truth", start=gold, count=99),
    )
    task = Task(id="t", name="t", pull=pull, overlap=ALL, gold=golden, created_at=NOON)
    mine = Cell("returned" if gone else "done", NOON)
    hers = [attrs.evolve(row, cells={**row.cells, "ann": mine}) for row in recent]
    ledger = Ledger(View(ask=Ask(), task=task, version=1), task, Stamp(at=NOON))

    def holders(row: Row) -> frozenset[str]:
        return frozenset(
            who for who, cell in row.cells.items() if cell.state in {"open", "done"} and who != "ann"
        )

    met = Counter(other for row in hers if not gone and row.position < gold for other in holders(row))
    twin = company([(row.item, band(row.rank), holders(row)) for row in line], met, size)
    assert [row.item for row in chosen(ledger, "ann", line, hers, size)] == twin
