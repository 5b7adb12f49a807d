"""The items of a task and who has them, a page at a time; all, or those that a form asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import attrs
from starlette.responses import Response

from adapters.cli_values import conditions
from adapters.listing import Listing
from adapters.pages.frame import page
from adapters.pages.markup import Html, el, joined
from adapters.pages.pieces import chip, empty, instant, item_link, name, pager, when
from adapters.pages.visit import Visit
from adapters.wording import state_text, waiting_text
from distribution.errors import InvalidInput
from distribution.filters import Filter
from distribution.lifecycle import HELD, PlacementState
from distribution.ports import Placement
from distribution.task import Row, Task
from distribution.values import AssigneeId

SHOWN = 50
"""Items of a page."""
STATES: tuple[PlacementState, ...] = get_args(PlacementState)
MATCHED = 20_000
"""Copies of the largest task in which attributes are looked at beside people and states."""
OFFERED = 200
"""People to choose from in the form; with more, a name is typed."""


def items_page(visit: Visit) -> Response:
    """Show items with everybody who has them; of one assignee, or in one state, single placements."""
    task = visit.task()
    listing = _asked(visit, task)
    found = listing.found(visit.tasks, task.id)
    asked = listing.single or listing.where is not None
    content = [
        el("div", el("h1", "Items of ", name(task.name)), class_="head"),
        _form(visit, task, asked=asked),
        el(
            "section",
            _list(visit, task, found) if found else _nothing(visit, asked=asked or listing.after is not None),
            class_="card",
            aria_label="Items",
        ),
        pager(
            [
                ("First page", None if listing.after is None else visit.here(after=None)),
                ("More items", visit.here(after=listing.key(found[-1])) if len(found) >= SHOWN else None),
            ]
        ),
    ]
    trail = ((name(task.name, "who"), visit.to("tasks", task.id)),)
    return page(visit, f"Items of {task.name}", content, trail=trail)


def _asked(visit: Visit, task: Task) -> Listing:
    """Read what the form asks for.

    Raises:
        InvalidInput: it cannot be read, or would go through too much.
    """
    where, state = visit.text("where"), visit.text("state")
    if state and state not in STATES:
        raise InvalidInput(subject="state of an item", must=f"be one of {', '.join(STATES)}", got=state)
    listing = Listing(
        where=_attributes(where) if where else None,
        assignee=visit.chosen("assignee") or None,
        state=next((known for known in STATES if known == state), None),
        after=visit.number("after"),
        limit=SHOWN,
    )
    if listing.single and listing.where is not None and task.copies > MATCHED:
        raise InvalidInput(
            subject="a page of a task this large",
            must="be asked for by attributes, or by assignee and state",
            got=where,
            remedy="the command `distribution items` takes both",
        )
    return listing


def _attributes(text: str) -> Filter | None:
    """Read a condition on attributes.

    Raises:
        InvalidInput: it is none.
    """
    try:
        return conditions([text])
    except InvalidInput as error:
        known = error.subject != "--where"
        raise error if known else attrs.evolve(error, subject="a condition on attributes") from error


def _form(visit: Visit, task: Task, *, asked: bool) -> Html:
    """Ask which items."""
    words = {"": "any", "done": "done", "open": "open", "skipped": "skipped", "returned": "went back"}
    states = [el("option", words[s], value=s, selected=visit.text("state") == s) for s in ("", *STATES)]
    hint = el(
        "input",
        name="where",
        value=visit.text("where"),
        placeholder="size>1000",
        type="search",
        maxlength=2000,
    )
    here = visit.to("tasks", task.id, "items")
    return el(
        "form",
        el("label", "Assignee", _people(visit, task)),
        el("label", "State", el("select", states, name="state")),
        el("label", "Attributes", hint, class_="wide"),
        el("button", "Show", class_="wide"),
        el("a", "Show all", href=here) if asked else None,
        action=here,
        role="search",
    )


def _people(visit: Visit, task: Task) -> Html:
    """Let the reader choose one of the people, or type a name where there are many."""
    wanted = visit.chosen("assignee")
    names: list[AssigneeId] = [found.assignee for found in visit.tasks.progress(task.id).assignments]
    if len(names) > OFFERED or (wanted and wanted not in names):
        return el("input", name="assignee", value=wanted, type="search", maxlength=256)
    options = [el("option", who, value=who, selected=who == wanted) for who in names]
    return el("select", el("option", "anybody", value=""), options, name="assignee")


def _nothing(visit: Visit, *, asked: bool) -> Html:
    if asked:
        return empty("No item fits. ", el("a", "First page", href=visit.here(after=None)))
    return empty("The task has no items. How to add some: ", el("code", "distribution add-items --help"))


def _list(visit: Visit, task: Task, found: Sequence[Row] | Sequence[Placement]) -> Html:
    """List items with how they stand, and with whom."""
    return el("ul", [_line(visit, task, each) for each in found], class_="rows items")


def _line(visit: Visit, task: Task, found: Row | Placement) -> Html:
    """Show one item: with everybody who holds it, or why it waits; or one placement."""
    if isinstance(found, Placement):
        held, waits = {found.assignee: found.cell}, None
    else:
        held = {who: cell for who, cell in found.cells.items() if cell.state in HELD}
        waits = None if held else waiting_text(found)
    states = [chip(text) for text in dict.fromkeys(map(state_text, held.values()))]
    ends = max((cell.until for cell in held.values() if cell.until and cell.state == "open"), default=None)
    parts = [
        *states,
        el("span", joined((name(who, "who") for who in held), ", ")) if held else None,
        el("small", waits) if waits else None,
        el("small", "reserved until ", instant(ends), ", ", when(ends, visit.now)) if ends else None,
    ]
    return el("li", item_link(visit, task, found.item), el("div", parts, class_="line"))
