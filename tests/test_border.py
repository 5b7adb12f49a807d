"""What cannot be meant is refused at the border, at once, in one line with the value."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from adapters.dispatcher import Dispatcher
from distribution import InvalidInput, Node, Pipeline, Sample, Workload
from tests.office import Office

Ask = Callable[[Office, str], object]
NONSENSE: list[tuple[Ask, str]] = [
    (
        lambda o, _: o.all(metadata=5),  # type: ignore[arg-type]
        "metadata must be a mapping, got 5; give dotted paths with the values they lead to",
    ),
    (lambda o, _: o.all(metadata=[]), "metadata must be a mapping, got []"),  # type: ignore[arg-type]
    (lambda o, _: o.all(metadata={"": 1}), "path of a filter must be names joined by single dots"),
    (lambda o, _: o.all(state="nope"), "state of a task must be one of open, closed, got 'nope'"),
    (lambda o, _: o.all(state="deleted"), "state of a task must be one of open, closed, got 'deleted'"),
    (lambda o, _: o.all(name=5), "pattern of a filter must be text, got 5"),  # type: ignore[arg-type]
    (lambda o, _: o.all(creator=5), "creator must be a string, got 5"),  # type: ignore[arg-type]
    (lambda o, _: o.all(assignee=""), "assignee id must not be empty, got ''"),
    (lambda o, _: o.all(due_after=5), "an instant must be a datetime with a time zone, got 5"),  # type: ignore[arg-type]
    (lambda o, _: o.all(where=5), "clause of a filter must be a filter, got 5"),  # type: ignore[arg-type]
    (
        lambda o, t: o.assignments(t, state="nope"),
        "state of an assignment must be one of active, paused, removed, empty, waiting, in progress, completed,",
    ),
    (lambda o, t: o.assignments(t, assignee=5), "assignee id must be a string, got 5"),  # type: ignore[arg-type]
    (lambda o, _: o.assignments(state="nope"), "state of an assignment must be one of active"),
    (
        lambda o, t: o.placements(t, state="nope"),
        "state of a placement must be one of open, done, skipped, returned, got 'nope'",
    ),
    (lambda o, t: o.items(t, where=5), "clause of a filter must be a filter, got 5"),  # type: ignore[arg-type]
    (lambda o, t: o.remove_items(t, where=5), "clause of a filter must be a filter, got 5"),  # type: ignore[arg-type]
    (lambda o, t: o.reassign(t, "ann", "bob", where=5), "clause of a filter must be a filter, got 5"),  # type: ignore[arg-type]
    (lambda o, t: o.redistribute(t, where=5), "clause of a filter must be a filter, got 5"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("ask", "message"), NONSENSE, ids=[message for _, message in NONSENSE])
def test_what_cannot_be_looked_for_is_refused_before_anything_is_found(
    office: Office, ask: Ask, message: str
) -> None:
    """Nothing found would look like an answer, so nobody has to begin to look."""
    task = office.create("t", ["a", "b"], workload=Workload.even(["ann", "bob"])).id

    with pytest.raises(InvalidInput) as error:
        ask(office, task)
    assert str(error.value).startswith(message)
    assert len(office.history(task)) == 1


def test_every_state_there_is_can_be_looked_for(office: Office) -> None:
    task = office.queue(4)
    office.pull(task, "ann")
    office.pause(task, "bob")

    for state in ("open", "closed"):
        assert [found.id for found in office.all(state=state)] == [task] * (state == "open")
    found = {
        state: [assignment.assignee for assignment in office.assignments(task, state=state, empty=True)]
        for state in ("active", "paused", "removed", "empty", "waiting", "in progress", "completed")
    }
    assert found == {
        "active": ["ann", "eve"], "paused": ["bob"], "removed": [], "empty": ["bob", "eve"],
        "waiting": ["ann"], "in progress": [], "completed": [],
    }  # fmt: skip
    for state in ("open", "done", "skipped", "returned"):
        assert len(office.placements(task, state=state)) == 2 * (state == "open")


VERBS: dict[str, tuple[Any, ...]] = {
    "create": ("n", ["a"]),
    "create_qa": ("t1", ["zoe"], Sample(percent=1)),
    "pull_next": ("ann",),
    "pull": ("t1", "ann"),
    "steal": ("t1", "ann"),
    "renew": ("t1", "ann"),
    "release": ("t1", "ann"),
    "set_status": ("t1", "ann", [], "completed"),
    "submit_and_pull": ("t1", "ann", [], "completed"),
    "clear_status": ("t1", "ann", []),
    "skip": ("t1", "ann", []),
    "add_items": ("t1", []),
    "remove_items": ("t1", []),
    "reassign": ("t1", "ann", "bob"),
    "set_limit": ("t1", "ann", None),
    "set_load": ("t1", "ann", 50),
    "undo": ("t1", 1),
    **dict.fromkeys(
        ["add_assignee", "pause", "resume", "remove_assignee", "delete_assignment"], ("t1", "ann")
    ),
    **dict.fromkeys(
        ["redistribute", "reclaim", "close_task", "reopen", "change", "delete", "purge"], ("t1",)
    ),
    "create_pipeline": (Pipeline(id="f", nodes=[Node(id="n", workload=Workload.even(["ann"]))]),),
    "enter": ("f", []),
    "advance": ("f",),
    "delete_pipeline": ("f",),
    **dict.fromkeys(["extend_qa", "send_back", "send_rejected"], ("t1",)),
}
TAKING_ANY = [
    name
    for name, method in inspect.getmembers(Dispatcher, inspect.isfunction)
    if any(p.kind is p.VAR_KEYWORD for p in inspect.signature(method).parameters.values())
    and not name.startswith("_")
]


@pytest.mark.parametrize("verb", TAKING_ANY)
def test_a_keyword_that_no_verb_knows_is_named(office: Office, verb: str) -> None:
    office.queue(2)
    if verb in {"extend_qa", "send_rejected"}:
        office.set_status("t1", "ann", office.pull("t1", "ann").items, "completed")
        office.create_qa("t1", ["zoe"], Sample(percent=100), id="q")
    arguments = ("q",) if verb in {"extend_qa", "send_rejected"} else VERBS[verb]
    settings: dict[str, Any] = {"workload": Workload.even(["ann"])} if verb == "create" else {}

    with pytest.raises(InvalidInput) as error:
        getattr(office, verb)(*arguments, foo=1, **settings)
    assert str(error.value) == "a keyword of the verb must be its own, or actor, reason, request, got 'foo'"
