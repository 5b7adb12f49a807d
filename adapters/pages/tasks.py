"""The first page: all tasks that a reader may see, how far they are, who works on them."""

from __future__ import annotations

from starlette.responses import Response

from adapters.pages.frame import page
from adapters.pages.markup import Content, Html, el
from adapters.pages.pieces import (
    amount,
    empty,
    legend,
    pager,
    people_text,
    progress_bar,
    progress_parts,
    some_names,
    task_chips,
    task_link,
)
from adapters.pages.visit import Visit
from distribution.errors import NotFound
from distribution.filters import field
from distribution.overview import TaskProgress
from distribution.ports import Page
from distribution.task import Task

SHOWN = 25
"""Tasks of a page."""
NAMED = 4
"""People who are named."""


def tasks_page(visit: Visit) -> Response:
    """Show the tasks, oldest first, a page at a time; all of them, or those that fit the form."""
    wanted, state, assignee = visit.text("name"), visit.text("state"), visit.text("assignee")
    named = wanted if any(sign in wanted for sign in "*?") else f"*{wanted}*"
    where = visit.filter(
        field("name").like(named) if wanted else None, field("state").equal(state) if state else None
    )
    after = visit.number("after")
    rows = visit.tasks.store.tasks(Page(after=after, limit=SHOWN + 1), where=where, member=assignee or None)
    asked = bool(wanted or state or assignee)
    content = [
        el("div", el("h1", "Tasks"), class_="head"),
        _form(visit, asked=asked) if rows or asked or after is not None else None,
        el(
            "section",
            el("ul", [_task(visit, task) for _, task in rows[:SHOWN]], class_="rows tasks")
            if rows
            else _nothing(visit, asked=asked or after is not None),
            class_="card",
            aria_label="Tasks",
        ),
        pager(
            [
                ("First page", None if after is None else visit.here(after=None)),
                ("More tasks", visit.here(after=rows[SHOWN - 1][0]) if len(rows) > SHOWN else None),
            ]
        ),
    ]
    return page(visit, "Tasks", content)


def _form(visit: Visit, *, asked: bool) -> Html:
    """Ask which tasks."""
    states = [
        el("option", words, value=state, selected=visit.text("state") == state)
        for state, words in (("", "any"), ("open", "open"), ("closed", "closed"))
    ]
    texts = [
        el("label", words, el("input", name=key, value=visit.text(key), type="search", maxlength=256))
        for key, words in (("name", "Name holds"), ("assignee", "Assignee"))
    ]
    return el(
        "form",
        texts,
        el("label", "State", el("select", states, name="state")),
        el("button", "Show"),
        el("a", "Show all", href=visit.to("")) if asked else None,
        action=visit.to(""),
        role="search",
    )


def _nothing(visit: Visit, *, asked: bool) -> Html:
    if asked:
        return empty("No task fits. ", el("a", "Show all", href=visit.to("")))
    return empty("No tasks yet. How to create one: ", el("code", "distribution create --help"))


def _task(visit: Visit, task: Task) -> Html | None:
    """Show one task: what it is called, how far it is, who is in it; nothing once it is deleted."""
    try:
        now = visit.tasks.progress(task.id)
    except NotFound:
        return None
    parts = progress_parts(now)
    left = el("div", el("h2", task_link(visit, task)), el("p", _who(task, now), class_="soft"), class_="head")
    right = el(
        "div",
        el("div", task_chips(visit, task), class_="line"),
        progress_bar(now, "Progress"),
        legend([part for part in parts if part.count or part.kind == "done"], whole=now.total)
        if now.total
        else None,
        class_="head",
    )
    return el("li", left, right)


def _who(task: Task, now: TaskProgress) -> Content:
    """Say how much there is, and for whom."""
    names = [found.assignee for found in now.assignments if found.state != "removed"]
    people = f"{people_text(len(names))}: " if names else "nobody takes part"
    return amount(task), "; ", people, some_names(names, most=NAMED)
