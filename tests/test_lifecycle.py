"""The tables of states: what the decisions do is in them, and the diagrams are drawn from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import DistributionError, Limit, Refused, Workload
from distribution.events import Entry, Event
from distribution.lifecycle import (
    ENDED,
    GONE,
    HELD,
    MEMBER,
    NOWHERE,
    PLACEMENT,
    TABLES,
    TASK,
    UNDONE,
    after,
    diagram,
    may,
    progress,
)
from distribution.task import Ask
from tests.office import TEAM, Office

STATES = {
    "placement": {NOWHERE, "open", "done", "skipped", "returned"},
    "assignee": {NOWHERE, "active", "paused", "removed"},
    "task": {NOWHERE, "open", "closed", "deleted", "purged"},
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_leads_from_known_states_to_known_states_and_all_can_be_reached(name: str) -> None:
    reached, table = {NOWHERE}, TABLES[name]
    while more := {target for (state, _), target in table.items() if state in reached} - reached:
        reached |= more

    assert reached == STATES[name] == {state for state, _ in table} | set(table.values())


def test_sets_of_states_are_states() -> None:
    assert STATES["placement"] - {NOWHERE} == HELD | ENDED
    assert not HELD & ENDED
    assert STATES["task"] > GONE


def test_a_verb_that_is_not_in_the_table_is_refused_with_those_that_are() -> None:
    assert after(MEMBER, "active", "pause", "assignee 'ann'") == "paused"
    assert may(PLACEMENT, "open", "skip")
    assert not may(PLACEMENT, "done", "skip")
    with pytest.raises(Refused) as error:
        after(MEMBER, "paused", "pause", "assignee 'ann'")
    assert (
        str(error.value)
        == "assignee 'ann' is paused and cannot be changed by 'pause'; possible now: remove, resume"
    )
    with pytest.raises(Refused) as error:
        after(TASK, "purged", "reopen", "task 't'")
    assert str(error.value) == (
        "task 't' is purged and cannot be changed by 'reopen'; nothing leads on from there"
    )


@pytest.mark.parametrize("name", TABLES)
def test_a_diagram_is_mermaid_and_says_what_the_table_says(name: str) -> None:
    head, *lines = diagram(name).splitlines()
    drawn = set()
    for line in lines:
        found = re.fullmatch(r"    (\[\*\]|[a-z]+) --> (\[\*\]|[a-z]+): ([a-z]+(?:, [a-z]+)*)", line)
        assert found is not None, line
        source, target, verbs = (text.replace("[*]", NOWHERE) for text in found.groups())
        drawn |= {((source, verb), target) for verb in verbs.split(", ")}

    assert head == "stateDiagram-v2"
    undone = {((source, "undo"), target) for source, target in UNDONE.get(name, ())}
    assert drawn == set(TABLES[name].items()) | undone
    assert len(lines) == len({(state, target) for (state, _), target in drawn})


@given(total=st.integers(0, 50), data=st.data())
def test_progress_follows_from_the_counts(total: int, data: st.DataObject) -> None:
    done = data.draw(st.integers(0, total))

    named = progress(total, done)
    assert (named == "empty") == (total == 0)
    assert (named == "completed") == (0 < total == done)
    assert (named == "waiting") == (0 == done < total)


SETTINGS = st.sampled_from(["others", "later", "done"])
PEOPLE = st.sampled_from(TEAM)
SOME = st.lists(st.sampled_from("abcdefgh"), max_size=4)
STEPS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "pull": st.tuples(PEOPLE),
    "set_status": st.tuples(PEOPLE, SOME, st.just("completed")),
    "clear_status": st.tuples(PEOPLE, SOME),
    "skip": st.tuples(PEOPLE, SOME),
    "release": st.tuples(PEOPLE, st.one_of(st.none(), SOME)),
    "renew": st.tuples(PEOPLE),
    "steal": st.tuples(PEOPLE),
    "reclaim": st.tuples(),
    "pause": st.tuples(PEOPLE),
    "resume": st.tuples(PEOPLE),
    "remove_assignee": st.tuples(PEOPLE),
    "add_assignee": st.tuples(PEOPLE),
    "set_limit": st.tuples(PEOPLE, st.one_of(st.none(), st.integers(0, 5).map(lambda n: Limit(count=n)))),
    "reassign": st.tuples(PEOPLE, PEOPLE),
    "redistribute": st.tuples(),
    "remove_items": st.tuples(SOME),
    "add_items": st.tuples(SOME),
    "submit_and_pull": st.tuples(PEOPLE, SOME, st.just("completed")),
    "delete_assignment": st.tuples(PEOPLE),
    "send_back": st.tuples(st.sampled_from(["author", "others"])),
    "undo": st.tuples(st.integers(0, 4)),
    "close_task": st.tuples(),
    "reopen": st.tuples(),
    "delete": st.tuples(),
    "purge": st.tuples(),
    "wait": st.tuples(),
}
STEP = st.sampled_from(sorted(STEPS)).flatmap(lambda verb: st.tuples(st.just(verb), STEPS[verb]))


PLACED: dict[str, set[str]] = {
    "pulled": {"grant", "return"},
    "submitted": {"submit"},
    "submitted-and-pulled": {"submit", "grant", "return"},
    "cleared": {"clear"},
    "skipped": {"skip", "submit", "grant"},
    "renewed": {"renew"},
    "released": {"return", "grant"},
    "reclaimed": {"return", "grant"},
    "stolen": {"return", "grant"},
    "assignee-added": {"grant", "withdraw"},
    "assignee-paused": {"return", "withdraw", "grant"},
    "assignee-resumed": {"grant"},
    "assignee-removed": {"return", "withdraw", "grant"},
    "assignee-limited": {"grant"},
    "assignment-deleted": {"return", "withdraw", "grant"},
    "reassigned": {"withdraw", "grant"},
    "redistributed": {"withdraw", "grant", "return"},
    "sent-back": {"reopen", "reject", "grant"},
    "items-added": {"grant"},
    "items-removed": {"withdraw"},
}
"""What each event may do with placements, as verbs of the table; where it is not named, nothing."""
MET: dict[str, set[str]] = {
    "assignee-added": {"add"},
    "reassigned": {"add"},
    "redistributed": {"add"},
    "assignee-paused": {"pause"},
    "assignee-resumed": {"resume"},
    "assignee-removed": {"remove"},
}
TURNED: dict[str, set[str]] = {"closed": {"close"}, "reopened": {"reopen"}, "deleted": {"delete"}}
VERBS: dict[str, dict[str, set[str]]] = {"placement": PLACED, "assignee": MET, "task": TURNED}
Way = tuple[str, str, str, str]
"""Of a transition: the table, the state before, the verb, the state after."""


def walked(entry: Entry) -> Iterator[Way]:
    """Give every way an entry has gone: by the one verb that leads there and that the event may use."""
    event = entry.event
    for name, before, now in changed(event):
        if event.what == "undone":
            assert (before, now) in backwards(name), f"undone: a {name} that is {before} is {now}"
            continue
        verbs = [verb for verb in VERBS[name].get(event.what, ()) if TABLES[name].get((before, verb)) == now]
        assert len(verbs) == 1, f"{event.what}: a {name} that is {before} is {now} by {verbs}"
        yield name, before, verbs[0], now


def changed(event: Event) -> Iterator[tuple[str, str, str]]:
    """Give the table, and the states before and after, of everything an event has changed."""
    for shift in event.shifts:
        states = [NOWHERE if cell is None else cell.state for cell in (shift.before, shift.after)]
        yield "placement", states[0], states[1]
    for change in event.members:
        now, before = change.after.state, NOWHERE if change.before is None else change.before.state
        if before != now:
            yield "assignee", before, now
    for setting in event.settings:
        if setting.name == "state":
            yield "task", str(setting.before), str(setting.after)


def backwards(name: str) -> set[tuple[str, str]]:
    """Give the ways of an undo: any of the table backwards, and of an undo of an undo forwards.

    Whoever was new leaves, for she is never forgotten.
    """
    forwards = {(state, target) for (state, _), target in TABLES[name].items()}
    back = {(target, state) for state, target in forwards}
    if name == "assignee":
        back = {(state, "removed" if target == NOWHERE else target) for state, target in back}
    return forwards | back


def test_an_undo_leads_where_nothing_else_does_only_as_it_is_drawn() -> None:
    """Of tasks, for there people look for it: a created task is not undone, nor a purged one."""
    forwards = {(state, target) for (state, _), target in TASK.items()}
    only_undone = backwards("task") - forwards

    assert {way for way in only_undone if way[0] == "deleted"} == set(UNDONE["task"])
    assert only_undone - set(UNDONE["task"]) == {("open", NOWHERE), ("purged", "deleted")}


@given(steps=st.lists(STEP, max_size=25), skip=SETTINGS, pulled=st.booleans())
def test_every_transition_the_decisions_make_is_in_the_table_under_a_verb_of_theirs(
    steps: list[tuple[str, tuple[Any, ...]]], skip: str, pulled: bool
) -> None:
    with Office(MemoryStore()) as office:
        task = (
            office.queue(6, 2, 3, skip=skip)
            if pulled
            else office.create("even", list("abcdef"), workload=Workload.even(TEAM)).id
        )
        for verb, arguments in steps:
            with suppress(DistributionError):
                play(office, task, verb, *arguments)
        for entry in office.history(task):
            list(walked(entry))


def play(office: Office, task: str, verb: str, *arguments: Any) -> None:
    """Make a step of a story."""
    if verb == "wait":
        office.wait(minutes=20)
    elif verb == "reclaim":
        office.reclaim(task, idle=timedelta(minutes=40))
    elif verb == "send_back":
        office.send_back(task, sends=arguments[0])
    elif verb == "undo":
        office.undo(task, max(1, office.store.read(task, Ask()).version - arguments[0]))
    else:
        getattr(office, verb)(task, *arguments)


ALONE: dict[str, Any] = {"people": ["ann"], "skip": "later"}
PULL = ("pull", "ann")
SUBMIT = ("set_status", "ann", ["a"], "completed")
STORIES: list[list[tuple[Any, ...]]] = [
    [PULL, ("wait",), ("renew", "ann"), ("reassign", "ann", "bob")],
    [PULL, SUBMIT, ("set_status", "ann", ["a"], "discard"), ("clear_status", "ann", ["a"])],
    [PULL, ("skip", "ann", ["a"]), PULL],
    [PULL, ("skip", "ann", ["a"]), SUBMIT],
    [PULL, ("release", "ann"), PULL],
    [PULL, ("release", "ann"), SUBMIT],
    [("pause", "ann"), ("resume", "ann"), ("remove_assignee", "ann"), ("add_assignee", "ann")],
    [("pause", "ann"), ("remove_assignee", "ann"), ("add_assignee", "bob")],
    [("close_task",), ("reopen",), ("delete",), ("purge",)],
    [("close_task",), ("delete",)],
    [PULL, SUBMIT, ("send_back", "others")],
    [PULL, SUBMIT, ("send_back", "author")],
    [("close_task",), ("delete",), ("undo", 0), ("reopen",), ("delete",), ("undo", 0)],
]


def test_everything_in_the_tables_happens_by_its_verb() -> None:
    seen: set[Way] = set()
    undone: set[tuple[str, str, str]] = set()
    with Office(MemoryStore()) as office:
        for story in STORIES:
            task = office.queue(1, 1, **ALONE)
            for verb, *arguments in story:
                play(office, task, verb, *arguments)
            for entry in office.history(task):
                seen |= set(walked(entry))
                undone |= set(changed(entry.event)) if entry.event.what == "undone" else set()

    # These two are events of their own.
    seen |= {("task", NOWHERE, "create", "open"), ("task", "deleted", "purge", "purged")}
    table = {(name, *key, target) for name, table in TABLES.items() for key, target in table.items()}
    assert seen == table
    assert undone >= {("task", *way) for way in UNDONE["task"]}
