"""What happened to a task, a sentence each, the newest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from starlette.responses import Response

from adapters.pages.frame import page
from adapters.pages.markup import Content, Html, el
from adapters.pages.pieces import card, empty, instant, name, pager
from adapters.pages.visit import Visit
from adapters.sentences import sentence
from distribution.events import Entry
from distribution.task import Task

HERE, WHOLE = 8, 50
"""Changes on the page of a task, and on a page of their own."""


def entries(found: Iterable[Entry]) -> Html:
    """List changes with when, what, by whom and why."""
    return el("ol", [_line(entry) for entry in found], class_="rows history")


def _line(entry: Entry) -> Html:
    stamp = entry.stamp
    by = (", by ", name(stamp.actor, "who")) if stamp.actor else None
    why = (" (", el("bdi", stamp.reason), ")") if stamp.reason else None
    said = el("span", el("bdi", sentence(entry.event)), el("small", by, why))
    return change(entry.version, entry.stamp.at, said)


def change(version: int, at: datetime, said: Content) -> Html:
    """Write one change: when, what, and the number by which it can be undone."""
    number = el("small", f"#{version}", class_="number")
    return el("li", el("small", instant(at), class_="number"), number, el("div", said, class_="told"))


def history_card(visit: Visit, task: Task, newest: Iterable[Entry], version: int) -> Html:
    """Show what happened last."""
    more = el("a", f"All {version:,} changes", href=visit.to("tasks", task.id, "history"))
    return card("What happened last", entries(newest), more if version > HERE else None, id_="history")


def history_page(visit: Visit) -> Response:
    """Show all that happened, a page at a time."""
    task = visit.task()
    before = visit.number("before")
    found = visit.tasks.recent(task.id, before=before, limit=WHOLE)
    content = [
        el("div", el("h1", "History of ", name(task.name)), class_="head"),
        el("section", entries(found) if found else empty("Nothing came before that."), class_="card"),
        pager(
            [
                ("Newest", None if before is None else visit.here(before=None)),
                ("Older", visit.here(before=found[-1].version) if found and found[-1].version > 1 else None),
            ]
        ),
    ]
    trail = ((name(task.name, "who"), visit.to("tasks", task.id)),)
    return page(visit, f"History of {task.name}", content, trail=trail)
