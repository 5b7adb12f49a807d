"""The story of one item: who has it, why it went there first, and all that happened to it."""

from __future__ import annotations

import json

from starlette.responses import Response

from adapters.pages.drawing import shown
from adapters.pages.frame import page
from adapters.pages.history import change
from adapters.pages.items import items_page
from adapters.pages.markup import Content, Html, el
from adapters.pages.pieces import card, chip, facts, name, table, when
from adapters.pages.visit import Visit
from adapters.wording import copies_text, state_text
from distribution.codec import encode
from distribution.errors import NotFound
from distribution.overview import Chapter, Story
from distribution.ranks import priority_of
from distribution.task import Ask, Row, Task, View

CHANGES = 5_000
"""Changes of a task that are looked through for the story of an item without being asked for."""
PLANNED = 20_000
"""Items of a task whose plan is made again for it."""


def item_page(visit: Visit) -> Response:
    """Show one item; its story at once where that is quick, else when it is asked for."""
    if not visit.request.path_params["item"]:
        return items_page(visit)
    task, item = visit.task(), visit.item()
    view = visit.tasks.store.read(task.id, Ask(items=(item,)))
    if not view.rows:
        raise NotFound(kind="item", name=item, place=f"task {task.name!r} of {task.items} items")
    row = view.rows[0]
    around = visit.to("tasks", task.id, "items", after=row.position - 1 if row.position else None)
    content = [
        el(
            "div",
            el("h1", name(item)),
            el("div", _chips(task, row), class_="chips"),
            el("nav", el("a", "Items from here on", href=around), class_="jump", aria_label="Of this item"),
            class_="head",
        ),
        card("Who has it, or had it", _holders(visit, row), id_="holders"),
        _story(visit, task, view, row),
        card("The item", facts(_facts(row)), id_="facts"),
    ]
    trail = (
        (name(task.name, "who"), visit.to("tasks", task.id)),
        ("items", visit.to("tasks", task.id, "items")),
    )
    return page(visit, f"{item} in {task.name}", content, trail=trail)


def _chips(task: Task, row: Row) -> list[Html]:
    """Tell in pills how the item stands."""
    if row.removed:
        return [chip("removed from the task", "late")]
    if task.is_gold(row.position):
        return [chip("gold")]
    chips = [chip("complete", "strong")] if row.complete else []
    chips += [chip(f"{copies_text(row.left)} without anybody")] if row.left else []
    return chips or [chip("in work")]


def _holders(visit: Visit, row: Row) -> Html:
    """List everybody who has or had it."""
    if not row.cells:
        return el("p", "Nobody has had it yet; it waits.", class_="soft")
    rows = [
        (
            name(who),
            chip(state_text(cell)),
            when(cell.since, visit.now),
            None if cell.until is None or cell.state != "open" else when(cell.until, visit.now),
            None if cell.answer is None else name(cell.answer, "who"),
        )
        for who, cell in row.cells.items()
    ]
    answered = any(cell.answer is not None for cell in row.cells.values())
    heads = ["Who", "State", "Since", "Reserved until", *(["Answer"] if answered else [])]
    return table(heads, [line[: len(heads)] for line in rows], label="Who has it")


def _story(visit: Visit, task: Task, view: View, row: Row) -> Html:
    """Tell what happened to it, or offer to."""
    long = view.version > CHANGES or (task.workload is not None and task.items > PLANNED)
    if long and visit.text("story") != "whole":
        words = f"The task has {shown(view.version)} changes and {shown(task.items)} items; to look through them takes a while. "
        return card(
            "What happened to it",
            el("p", words, el("a", "Tell it", href=visit.here(story="whole"))),
            id_="story",
        )
    story = visit.tasks.explain(task.id, row.item)
    first = None if story.placed is None else el("p", "First, ", el("bdi", str(story.placed)), ".")
    return card("What happened to it", first, _chapters(story), id_="story")


def _chapters(story: Story) -> Content:
    """List what happened, the oldest first."""
    if not story.chapters:
        return el("p", "Nothing yet: it stands where it stood when the task was created.", class_="soft")
    return el("ol", [_chapter(chapter) for chapter in story.chapters], class_="rows history")


def _chapter(chapter: Chapter) -> Html:
    whose = None if chapter.assignee is None else (" for ", name(chapter.assignee, "who"))
    then = None if chapter.assignee is None else f": {chapter.status or chapter.state or 'taken away'}"
    by = (", by ", name(chapter.actor, "who")) if chapter.actor else None
    why = (" (", el("bdi", chapter.reason), ")") if chapter.reason else None
    said = el("span", chapter.what, whose, then, el("small", by, why))
    return change(chapter.version, chapter.at, said)


def _facts(row: Row) -> list[tuple[str, Content]]:
    """Say what is known of the item itself."""
    lines: list[tuple[str, Content]] = [
        ("Id", name(row.item, "id")),
        ("Position", f"{shown(row.position)}, counted from 0"),
        ("Priority", priority_of(row.rank)),
        ("Effort", row.effort),
        ("Copies", copies_text(row.copies)),
    ]
    if row.attributes:
        text = json.dumps(encode(row.attributes), indent=2, ensure_ascii=False)
        lines.append(("Attributes", el("pre", el("code", text))))
    return lines
