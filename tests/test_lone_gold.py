"""Gold goes back with the last of her other work, and stays as long as she keeps any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory import MemoryStore
from adapters.sqlite import SqliteStore
from distribution import GoldFading, GoldPool, GoldShare, Item, Overlap, Pull, Workload, field
from distribution.outcomes import Changed
from distribution.testing.invariants import invariants
from tests.office import Office

TEAM = ("ann", "bob", "eve")
AN_HOUR = timedelta(hours=1)
GOLD = GoldPool([Item(f"m{at}", attributes={"truth": "cat"}) for at in range(4)], GoldShare(50))
"""Where somebody carries more than a few items she has all of it, wherever it stands."""
ITEMS = [Item(f"i{at:02}", attributes={"half": at % 2}) for at in range(30)]
NOT_GOLD = field("half").exists()


@pytest.fixture(params=["memory", "sqlite"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """Lend a dispatcher over each store; all is well at the end."""
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "work.db")
    with Office(store) as lent:
        yield lent
        for task in lent.all():
            invariants(lent.store, task.id)


def shared(office: Office, *people: str) -> str:
    return office.create("t", ITEMS, workload=Workload.even(people or TEAM), gold=GOLD, seed=3).id


def pulled(office: Office, pulls: int = 2) -> str:
    """Create a task of which ann has pulled so many batches of six."""
    pull = Pull(batch_size=6, max_batch_workload=12)
    task = office.create("t", ITEMS, allowed=TEAM, pull=pull, gold=GOLD, seed=3).id
    for _ in range(pulls):
        assert office.pull(task, "ann")
    return task


def open_(office: Office, task: str, who: str = "ann") -> tuple[list[str], set[str]]:
    """Name her ordinary work, and her gold."""
    hers = [piece.item for piece in office.worklist(task, who, state="open")]
    return [item for item in hers if item.startswith("i")], {item for item in hers if item.startswith("m")}


def ordinary(office: Office, task: str) -> list[str]:
    return open_(office, task)[0]


TAKING: dict[str, Callable[[Office, str], Changed]] = {
    "no share": lambda office, task: office.redistribute(task, Workload.even(["bob", "eve"])),
    "no share of what may move": lambda office, task: office.redistribute(
        task, Workload.even(["bob", "eve"]), where=NOT_GOLD
    ),
    "reassignment": lambda office, task: office.reassign(task, "ann", "max"),
    "reassignment of what may move": lambda office, task: office.reassign(task, "ann", "max", where=NOT_GOLD),
    "items named": lambda office, task: office.remove_items(task, ordinary(office, task)),
    "items by a filter": lambda office, task: office.remove_items(task, where=NOT_GOLD),
    "all items": lambda office, task: office.remove_items(task, where=None),
    "pause": lambda office, task: office.pause(task, "ann"),
    "removal": lambda office, task: office.remove_assignee(task, "ann"),
    "deletion": lambda office, task: office.delete_assignment(task, "ann"),
    "idleness": lambda office, task: (office.wait(hours=1), office.reclaim(task, idle=AN_HOUR))[1],
}
"""What leaves ann with nothing, whether she pulls or not."""
TAKING_SHARES: dict[str, Callable[[Office, str], Changed]] = {
    "load 0": lambda office, task: office.set_load(task, "ann", 0),
    "all for a newcomer": lambda office, task: office.add_assignee(task, "max", load=100),
}


def idle_but_ann(office: Office, task: str) -> None:
    """Let all others show that they are there."""
    for who in TEAM[1:]:
        office.wait(minutes=59)
        office.renew(task, who)
        office.wait(minutes=-59)


@pytest.mark.parametrize(
    ("begin", "take"),
    [
        *(pytest.param(begin, take, id=f"{begin.__name__}: {how}") for how, take in TAKING.items() for begin in (shared, pulled)),
        *(pytest.param(shared, take, id=f"shared: {how}") for how, take in TAKING_SHARES.items()),
    ],
)  # fmt: skip
def test_whoever_loses_all_her_work_loses_her_gold_too(
    office: Office, begin: Callable[[Office], str], take: Callable[[Office, str], Changed]
) -> None:
    """It would be known by that it stayed. It goes to nobody, and an undo brings all of it back; others keep theirs."""
    task = begin(office)
    before = open_(office, task)
    assert before[0] and before[1]  # noqa: PT018
    others = {who: open_(office, task, who)[1] for who in TEAM[1:]}
    if begin is shared:
        idle_but_ann(office, task)

    change = take(office, task)

    assert open_(office, task) == ([], set())
    for who, gold in others.items():
        left, kept = open_(office, task, who)
        assert kept == (gold if left else set())
    assert office.worklist(task, "ann") == []
    assert {office.states(task, item)["ann"] for item in before[1]} == {"returned"}
    office.undo(task, change.version)
    assert open_(office, task) == before


SOME = field("half").not_equal(1)
"""Half of the items, and all gold."""
KEEPING: dict[str, Callable[[Office, str], Changed]] = {
    "a small share": lambda office, task: office.redistribute(
        task, Workload.of({"ann": 10, "bob": 45, "eve": 45})
    ),
    "no share of some of it": lambda office, task: office.redistribute(
        task, Workload.even(["bob", "eve"]), where=SOME
    ),
    "reassignment of some of it": lambda office, task: office.reassign(task, "ann", "max", where=SOME),
    "all items named but one": lambda office, task: office.remove_items(task, ordinary(office, task)[1:]),
    "items by a filter": lambda office, task: office.remove_items(task, where=SOME),
}


@pytest.mark.parametrize("begin", [shared, pulled])
@pytest.mark.parametrize("how", KEEPING)
def test_whoever_keeps_some_of_her_work_keeps_all_her_gold(
    office: Office, how: str, begin: Callable[[Office], str]
) -> None:
    """Else it would be known by that it went, and what is left would be without it."""
    task = begin(office)
    before, gold = open_(office, task)

    KEEPING[how](office, task)

    after, kept = open_(office, task)
    assert 0 < len(after) < len(before)
    assert kept == gold


def test_gold_stays_where_nobody_else_could_take_the_rest(office: Office) -> None:
    """She lies about, but the work stays with her, and so does gold."""
    task = shared(office, "ann")
    before = open_(office, task)
    office.wait(hours=1)

    office.reclaim(task, idle=AN_HOUR)

    assert open_(office, task) == before


def test_gold_goes_with_the_last_item_that_is_taken_over(office: Office) -> None:
    """Half of her work, and half of the rest, and so on: her gold stays until nothing else is left."""
    task = shared(office, "ann", "bob")
    _, gold = open_(office, task)
    left = [len(ordinary(office, task))]
    while left[-1]:
        assert open_(office, task)[1] == gold
        office.set_status(task, "bob", office.holds(task, "bob"), "completed")
        assert office.steal(task, "bob")
        left.append(len(ordinary(office, task)))

    assert left == [15, 7, 3, 1, 0]
    assert open_(office, task)[1] == set()


def test_an_undo_leads_back_to_gold_alone_where_that_is_what_was(office: Office) -> None:
    """Ann had finished all but her gold when she was given more."""
    task = shared(office)
    office.set_status(task, "ann", ordinary(office, task), "completed")
    before = open_(office, task)
    change = office.reassign(task, "bob", "ann")

    office.undo(task, change.version)

    assert before[0] == []
    assert open_(office, task) == before


@pytest.mark.parametrize("begin", [shared, pulled])
def test_whoever_has_only_gold_left_of_her_own_doing_keeps_it(
    office: Office, begin: Callable[[Office], str]
) -> None:
    """Until she goes, gives all away, or carries no share; what is done to others is none of her business."""
    task = begin(office)
    done, gold = open_(office, task)
    office.set_status(task, "ann", done, "completed")
    office.clear_status(task, "ann", done[:1])
    office.undo(task, [*office.history(task)][-1].version)
    office.redistribute(task, Workload.even(TEAM))
    office.reassign(task, "bob", "max")
    office.remove_items(task, where=SOME)

    assert open_(office, task) == ([], gold)


@pytest.mark.parametrize("begin", [shared, pulled])
def test_what_is_said_of_some_items_only_takes_no_gold_that_is_all_she_has(
    office: Office, begin: Callable[[Office], str]
) -> None:
    """It might be said of others; nothing was taken from her."""
    task = begin(office)
    done, gold = open_(office, task)
    office.set_status(task, "ann", done, "completed")

    office.redistribute(task, Workload.even(["bob", "eve"]), where=SOME)
    office.reassign(task, "ann", "bob", where=SOME)

    assert open_(office, task) == ([], gold)


def test_no_load_takes_gold_where_everybody_has_everything(office: Office) -> None:
    """Loads decide nothing there."""
    everyone = Overlap(everyone=True)
    task = office.create("t", ITEMS, workload=Workload.even(TEAM), gold=GOLD, overlap=everyone).id
    done, gold = open_(office, task)
    office.set_status(task, "ann", done, "completed")

    office.set_load(task, "ann", 0)

    assert open_(office, task) == ([], gold)


def test_gold_is_not_idle_before_its_time(office: Office) -> None:
    """A first batch of nothing but gold, just pulled, is left to her as all else would be."""
    gold = GoldPool(GOLD.items, GoldFading(10))
    task = office.queue(ITEMS, 2, people=["ann", "bob"], gold=gold, lease=None)
    office.pull(task, "ann")
    before = open_(office, task)
    assert (before[0], len(before[1])) == ([], 2)
    office.wait(minutes=59)
    office.reclaim(task, idle=AN_HOUR)
    assert open_(office, task) == before

    office.wait(minutes=1)
    office.reclaim(task, idle=AN_HOUR)
    assert open_(office, task) == ([], set())
