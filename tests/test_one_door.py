"""Every path that gives an item to a person goes through one `can_take` (row 22 of the decisions)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution import (
    DistributionError,
    Infeasible,
    Item,
    Limit,
    Overlap,
    Pull,
    Refused,
    Sample,
    Workload,
    growing,
    handing,
    levelling,
    moving,
    parting,
    spreading,
    taking,
)
from distribution.members import Member, Standing
from distribution.refusals import Locked, TeamHasIt, WhyNot
from distribution.replay import replay
from distribution.rules import Rules
from distribution.task import Ask
from distribution.testing import strategies
from distribution.values import Json, TaskId
from tests.kept import NOON

PULL = Pull(batch_size=2, max_batch_workload=4)
SHARED: dict[str, Callable[[Dispatcher, TaskId], object]] = {
    "reassign": lambda tasks, task: tasks.reassign(task, "ann", "zoe"),
    "redistribute": lambda tasks, task: tasks.redistribute(task, Workload.even(["ann", "bob", "zoe"])),
    "load": lambda tasks, task: tasks.set_load(task, "zoe", 50),
    "pause": lambda tasks, task: tasks.pause(task, "ann"),
    "remove": lambda tasks, task: tasks.remove_assignee(task, "ann"),
    "delete the assignment": lambda tasks, task: tasks.delete_assignment(task, "ann"),
    "skip": lambda tasks, task: tasks.skip(task, "ann", held(tasks, task, "ann")),
    "release": lambda tasks, task: tasks.release(task, "ann"),
    "reclaim": lambda tasks, task: tasks.reclaim(task, idle=timedelta(minutes=30)),
    "share out one person's": lambda tasks, task: tasks.redistribute(
        task, Workload.even(["bob", "zoe"]), source="ann"
    ),
    "add items with loads": lambda tasks, task: tasks.add_items(
        task, new(tasks, task), workload=Workload.even(["bob", "zoe"])
    ),
    "steal": lambda tasks, task: tasks.steal(task, "zoe"),
    "add items": lambda tasks, task: tasks.add_items(task, new(tasks, task)),
    "items that come back": lambda tasks, task: (
        tasks.remove_items(task, ["i0", "i1", "i2", "i3", "i4", "i5"]),
        tasks.add_items(task, ["i0", "i1", "i2", "i3", "i4", "i5", *new(tasks, task)]),
    ),
    "resume": lambda tasks, task: (
        tasks.pause(task, "zoe"),
        tasks.pause(task, "ann"),
        tasks.pause(task, "bob"),
        tasks.resume(task, "zoe"),
    ),
    "raise a limit": lambda tasks, task: (
        tasks.set_limit(task, "zoe", Limit(count=0)),
        tasks.pause(task, "ann"),
        tasks.pause(task, "bob"),
        tasks.set_limit(task, "zoe", None),
    ),
}


ANYBODY = Rules()


def new(tasks: Dispatcher, task: TaskId) -> list[Item]:
    """Build more items of the same kind."""
    return [Item(f"new {row.item}", attributes=row.attributes) for row in tasks.items(task)]


BY_HAND = {"reassign", "redistribute", "load", "steal", "share out one person's", "add items with loads"}
"""Paths on which she needs no load to get something."""


def held(tasks: Dispatcher, task: TaskId, who: str) -> list[str]:
    return [row.item for row in tasks.placements(task, assignee=who, state="open")]


def items(rules: Rules, count: int) -> list[Item]:
    """Build items; where rules ask for skills all of them need French."""
    attributes: dict[str, Json] = {} if rules.needs is None else {"language": "fr"}
    return [Item(f"i{n}", attributes=attributes) for n in range(count)]


def begun(path: str, rules: Rules = ANYBODY) -> tuple[Dispatcher, TaskId]:
    """Let an hour pass in which bob works, and zoe, if she was given anything."""
    hours = [0]
    tasks = Dispatcher(MemoryStore(), clock=lambda: NOON + timedelta(hours=hours[0]))
    team = Workload.weights({"ann": 1, "bob": 1, "zoe": 0})
    task = tasks.create("label", items(rules, 12), workload=team, rules=rules).id
    if path not in BY_HAND:
        tasks.set_load(task, "zoe", 50)
    hours[0] = 1
    for who in ("bob", "zoe"):
        tasks.set_status(task, who, held(tasks, task, who)[:1], "completed")
    return tasks, task


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shut the door to zoe, for a reason that no code but the door knows."""
    door = taking.can_take

    def shut(task: Any, taker: Any, *rest: Any, **how: Any) -> Any:
        return Locked("zoe", "paused") if taker.id == "zoe" else door(task, taker, *rest, **how)

    for module in (taking, growing, handing, levelling, moving, parting, spreading):
        monkeypatch.setattr(module, "can_take", shut)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("path", SHARED)
def test_nobody_gets_an_item_on_any_path_that_the_door_does_not_let_through(path: str) -> None:
    tasks, task = begun(path)

    SHARED[path](tasks, task)

    assert held(tasks, task, "zoe") == []
    now = tasks.progress(task)
    assert now.open + now.waiting + now.done == now.items


@pytest.mark.parametrize("path", SHARED)
def test_with_the_door_open_the_same_paths_lead_to_her(path: str) -> None:
    tasks, task = begun(path)
    before = len(held(tasks, task, "zoe"))

    SHARED[path](tasks, task)

    assert len(held(tasks, task, "zoe")) > before


@pytest.mark.usefixtures("closed")
def test_nobody_pulls_or_steals_what_the_door_does_not_let_through() -> None:
    tasks = Dispatcher(MemoryStore())
    task = tasks.create("label", ["a", "b", "c", "d"], allowed=["ann", "zoe"], pull=PULL).id

    assert tasks.pull(task, "zoe").items == ()
    tasks.pull(task, "ann")
    tasks.pull(task, "ann")
    assert tasks.steal(task, "zoe").items == ()


def test_every_module_that_asks_the_door_is_shut_in_these_tests() -> None:
    asking = {
        path.stem
        for path in Path(taking.__file__).parent.glob("*.py")
        if "can_take(" in path.read_text(encoding="utf-8")
    }
    assert asking == {"taking", "growing", "handing", "levelling", "moving", "parting", "spreading"}


PEOPLE = ("ann", "bob", "eve", "max")
FIELDS = ("a", "b")
MARKED = st.lists(strategies.marked_attributes(PEOPLE, FIELDS), min_size=1, max_size=6).map(
    lambda found: [Item(f"i{at}", attributes=attributes) for at, attributes in enumerate(found)]
)
RULES = strategies.rules(PEOPLE, FIELDS)
OVERLAPS = st.sampled_from([None, Overlap(percent=50, assignees=2), Overlap(percent=100, assignees=2)])


def refused(tasks: Dispatcher, task_id: TaskId, given: set[tuple[int, str]]) -> list[WhyNot]:
    """Ask the door about all of these placements, each as if it was the last to be given."""
    view = tasks.store.read(task_id, Ask(members=None, whole=True))
    assert view.task is not None
    found = []
    for row in view.rows:
        for who in row.cells:
            if (row.position, who) in given:
                why = taking.can_take(view.task, view.members[who], row.without(who), None)
                found += [] if why is None else [why]
    return found


def open_now(tasks: Dispatcher, task_id: TaskId) -> set[tuple[int, str]]:
    view = tasks.store.read(task_id, Ask(members=None, whole=True))
    return {
        (row.position, who) for row in view.rows for who, cell in row.cells.items() if cell.state == "open"
    }


@given(items=MARKED, rules=RULES, overlap=OVERLAPS, weights=st.lists(st.integers(1, 3), min_size=4, max_size=4))  # fmt: skip
def test_a_new_task_gives_nothing_that_the_door_would_not_let_through(
    items: list[Item], rules: Rules, overlap: Overlap | None, weights: list[int]
) -> None:
    """The plan does not ask; nor does what is added by the loads, which does."""
    tasks = Dispatcher(MemoryStore())
    team = Workload.weights(list(zip(PEOPLE, weights, strict=True)))
    try:
        task = tasks.create("label", items, workload=team, rules=rules, overlap=overlap).id
    except Infeasible:
        reject()

    given_ = open_now(tasks, task)
    assert len(given_) == tasks.get(task).copies
    assert refused(tasks, task, given_) == []


STEPS = st.lists(
    st.sampled_from(["pull", "submit", "skip", "release", "reassign", "pause", "resume", "redistribute", "remove", "add", "limit", "steal"]),
    min_size=1, max_size=6,
)  # fmt: skip


@given(items=MARKED, rules=RULES, overlap=OVERLAPS, pulled=st.booleans(), steps=STEPS, data=st.data())
def test_an_undo_gives_nothing_but_what_was_hers_and_nothing_that_rules_keep_from_her(
    items: list[Item], rules: Rules, overlap: Overlap | None, pulled: bool, steps: list[str], data: st.DataObject
) -> None:  # fmt: skip
    """She may have lost or skipped it, and a team mate may have a copy by now; nothing else is let through."""
    tasks = Dispatcher(MemoryStore())
    how: dict[str, Any] = {"allowed": PEOPLE, "pull": PULL} if pulled else {"workload": Workload.even(PEOPLE)}
    try:
        task = tasks.create("label", items, rules=rules, overlap=overlap, **how).id
    except Infeasible:
        reject()
    for step in steps:
        with suppress(DistributionError):
            act(tasks, task, step, data.draw(st.sampled_from(PEOPLE)), data.draw(st.sampled_from(PEOPLE)))
    newest = tasks.store.read(task, Ask()).version
    for version in data.draw(st.permutations(range(2, newest + 1))):
        before = open_now(tasks, task)
        with suppress(Refused):
            change = tasks.undo(task, version)
            given_ = open_now(tasks, task) - before
            assert all(isinstance(why, TeamHasIt) for why in refused(tasks, task, given_)), change
            assert given_ <= hers(tasks, task, version - 1), change


def hers(tasks: Dispatcher, task: TaskId, version: int) -> set[tuple[int, str]]:
    """Give what was open with whom as of a version, from the history."""
    found = {(row.position, who) for row in tasks.items(task) for who in row.cells}
    entries = tasks.history(task)[:version]
    plan = None if tasks.get(task).pull is not None else tasks.replan(task)
    cells = replay(entries, plan).cells
    return {key for key, cell in cells.items() if cell.state == "open"} & found


def act(tasks: Dispatcher, task: TaskId, step: str, who: str, other: str) -> None:
    """Do one thing."""
    mine = held(tasks, task, who)
    verbs: dict[str, Callable[[], object]] = {
        "pull": lambda: tasks.pull(task, who),
        "submit": lambda: tasks.set_status(task, who, mine[:1], "completed"),
        "skip": lambda: tasks.skip(task, who, mine[:1]),
        "release": lambda: tasks.release(task, who),
        "reassign": lambda: tasks.reassign(task, who, other),
        "pause": lambda: tasks.pause(task, who),
        "resume": lambda: tasks.resume(task, who),
        "redistribute": lambda: tasks.redistribute(task, Workload.even(sorted({who, other}))),
        "remove": lambda: tasks.remove_items(task, ["i0", "i1"]),
        "add": lambda: tasks.add_items(task, ["i0", "i1"]),
        "limit": lambda: tasks.set_limit(task, who, Limit(count=1)),
        "steal": lambda: tasks.steal(task, who),
    }
    verbs[step]()


def everything(rules: Rules, tasks: Dispatcher, task: TaskId) -> None:
    """Check that nobody holds what the rules keep from her."""
    for row in tasks.items(task):
        for who, cell in row.cells.items():
            if cell.state in {"open", "done"}:
                assert rules.why_not(who, row.attributes) is None, (row.item, who)


@pytest.mark.parametrize("path", SHARED)
def test_no_path_leads_to_her_where_a_rule_keeps_her_from_everything(path: str) -> None:
    tasks, task = begun(path, Rules(needs="language", skills={"ann": ["fr"], "bob": ["fr"]}))

    SHARED[path](tasks, task)

    assert held(tasks, task, "zoe") == []
    everything(tasks.get(task).rules or Rules(), tasks, task)


STRICT = Rules(
    needs="language",
    skills={"ann": ["fr", "de"], "bob": ["fr", "de"], "zoe": ["de"], "max": ["fr", "de"]},
    blocked="author",
    teams={"ann": "red", "zoe": "red"},
)
READERS = ("ann", "bob", "zoe", "max")
TWICE = Overlap(percent=50, assignees=2)


def created(tasks: Dispatcher) -> TaskId:
    """Share out items that ask for a language and have an author."""
    spoken, authors = ("fr", "de"), (*READERS, "eve")
    some = [
        Item(f"i{n}", attributes={"language": spoken[n % 2], "author": authors[n % 5]}) for n in range(40)
    ]
    return tasks.create("label", some, workload=Workload.even(READERS), rules=STRICT, overlap=TWICE).id


def reviewing(tasks: Dispatcher, **how: Any) -> TaskId:
    """Let half of it be finished and reviewed, then the rest."""
    parent, rules = created(tasks), attrs.evolve(STRICT, blocked=None)
    for who in READERS:
        tasks.set_status(parent, who, held(tasks, parent, who)[:7], "completed")
    review = tasks.create_qa(parent, READERS, Sample(percent=100), rules=rules, **how).id
    for who in READERS:
        tasks.set_status(parent, who, held(tasks, parent, who), "completed")
    tasks.extend_qa(review)
    for who in READERS if how else ():
        tasks.pull(review, who)
    return review


@pytest.mark.parametrize(
    "begin",
    [created, reviewing, lambda tasks: reviewing(tasks, pull=PULL)],
    ids=["create", "QA", "pulled QA"],
)
def test_create_and_qa_too_give_nobody_what_the_door_would_not_let_through(
    begin: Callable[[Dispatcher], TaskId],
) -> None:
    """Plans ask the rules beforehand; the door says the same of everybody and every item."""
    tasks = Dispatcher(MemoryStore())
    task = begin(tasks)
    settings, rows = tasks.get(task), tasks.items(task)
    given = refused = 0
    for row in rows:
        for who in READERS:
            others = {name: cell for name, cell in row.cells.items() if name != who}
            taker = Standing(member=Member(who), number=0)
            why = taking.can_take(settings, taker, attrs.evolve(row, cells=others), None)
            assert why is None or who not in row.cells, (row, who, why)
            given += who in row.cells
            refused += why is not None
    assert given >= 8
    assert refused >= 16
