"""The tables of states: what the decisions do is in them, and the diagrams are drawn from them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory import MemoryStore
from distribution import DistributionError, Limit, Refused, Workload
from distribution.events import Entry
from distribution.lifecycle import (
    ENDED,
    GONE,
    HELD,
    MEMBER,
    NOWHERE,
    PLACEMENT,
    TABLES,
    TASK,
    Table,
    after,
    diagram,
    may,
    progress,
)
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
    assert drawn == set(TABLES[name].items())
    assert len(lines) == len({(state, target) for (state, _), target in TABLES[name].items()})


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
    "close_task": st.tuples(),
    "reopen": st.tuples(),
    "delete": st.tuples(),
    "purge": st.tuples(),
    "wait": st.tuples(),
}
STEP = st.sampled_from(sorted(STEPS)).flatmap(lambda verb: st.tuples(st.just(verb), STEPS[verb]))


def ways(table: Table) -> set[tuple[str, str]]:
    """Give what leads where, whatever the verb."""
    return {(state, target) for (state, _), target in table.items()}


def walked(entries: list[Entry]) -> set[tuple[str, str, str]]:
    """Give every (table, state, state) that a history has gone through."""
    found = set()
    for entry in entries:
        for shift in entry.event.shifts:
            states = [NOWHERE if cell is None else cell.state for cell in (shift.before, shift.after)]
            found.add(("placement", *states))
        for change in entry.event.members:
            states = [NOWHERE if member is None else member.state for member in (change.before, change.after)]
            if states[0] != states[1]:
                found.add(("assignee", *states))
        for setting in entry.event.settings:
            if setting.name == "state":
                found.add(("task", str(setting.before), str(setting.after)))
    return found  # type: ignore[return-value]


@given(steps=st.lists(STEP, max_size=25), skip=SETTINGS, pulled=st.booleans())
def test_every_transition_the_decisions_make_is_in_the_table(
    steps: list[tuple[str, tuple[Any, ...]]], skip: str, pulled: bool
) -> None:
    with Office(MemoryStore()) as office:
        task = (
            office.queue(6, 2, 3, skip=skip)
            if pulled
            else office.create("even", list("abcdef"), workload=Workload.even(TEAM)).id
        )
        for verb, arguments in steps:
            if verb == "wait":
                office.wait(minutes=20)
                continue
            try:
                if verb == "reclaim":
                    office.reclaim(task, idle=timedelta(minutes=40))
                else:
                    getattr(office, verb)(task, *arguments)
            except DistributionError:
                continue
        for name, before, now in walked(office.history(task)):
            assert (before, now) in ways(TABLES[name])


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
]


def test_everything_in_the_tables_happens() -> None:
    seen = {("task", NOWHERE, "open"), ("task", "deleted", "purged")}  # these are events of their own
    with Office(MemoryStore()) as office:
        for story in STORIES:
            task = office.queue(1, 1, **ALONE)
            for verb, *arguments in story:
                if verb == "wait":
                    office.wait(minutes=1)
                else:
                    getattr(office, verb)(task, *arguments)
            seen |= walked(office.history(task))
        task = office.queue(1, 1, **ALONE)
        office.set_status(task, "ann", office.pull(task, "ann").items, "completed")
        office.send_back(task, sends="others")
        seen |= walked(office.history(task))

    assert seen == {(name, *way) for name, table in TABLES.items() for way in ways(table)}
