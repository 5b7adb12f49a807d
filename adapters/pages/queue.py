"""What waits in a task and what is reserved: the head of the queue, the leases that end next."""

from __future__ import annotations

from adapters.pages.drawing import shown
from adapters.pages.markup import Content, Html, joined
from adapters.pages.pieces import card, empty, item_link, name, table, when
from adapters.pages.visit import Visit
from adapters.wording import copies_text, waiting_text
from distribution.lifecycle import HELD
from distribution.overview import TaskProgress
from distribution.ranks import priority_of
from distribution.task import Row, Task

SHOWN = 10
"""Items and leases that are shown."""
PLURAL = {"item": "items", "copy": "copies"}
FEW = 1000
"""Items that wait in a task without a queue are looked at only where they are no more than so many."""


def queue_card(visit: Visit, task: Task, now: TaskProgress) -> Html | None:
    """Show the items that are handed out next, and what became of them before.

    Where everybody has her items from the beginning there is no queue, only what nobody could take.
    """
    if task.pull is None and not now.waiting:
        return None
    rows: list[Row] = []
    if now.waiting and (task.pull is not None or now.waiting <= FEW):
        rows = visit.tasks.waiting(task.id, limit=SHOWN)
    what = "item" if task.overlap is None else "copy"
    waits = f"1 {what} waits" if now.waiting == 1 else f"{shown(now.waiting)} {PLURAL[what]} wait"
    title = "Queue" if task.pull is not None else "Without anybody"
    return card(
        title,
        _rows(visit, task, rows) if rows else empty(_nothing(now)),
        id_="queue",
        aside=waits if now.waiting else None,
    )


def _rows(visit: Visit, task: Task, rows: list[Row]) -> Html:
    """List items with their place in the queue, and what there is to say of them."""
    lines: list[list[Content]] = [
        [place, item_link(visit, task, row.item), joined(_notes(task, row), "; ")]
        for place, row in enumerate(rows, start=1)
    ]
    noted = any(line[2] for line in lines)
    heads = ["", "Item", "Note"] if noted else ["", "Item"]
    return table(heads, [line[: len(heads)] for line in lines], label="The head of the queue")


def _notes(task: Task, row: Row) -> list[Content]:
    """Say how urgent an item is, who else has it, and what became of it before."""
    notes: list[Content] = [f"priority {urgent}"] if (urgent := priority_of(row.rank)) else []
    if task.overlap is not None:
        held = [name(who, "who") for who, cell in row.cells.items() if cell.state in HELD]
        notes += [copies_text(row.left)] if row.left > 1 else []
        notes += [("with ", joined(held, ", "))] if held else []
    _, _, had = waiting_text(row).partition("; ")
    return [*notes, had] if had else notes


def _nothing(now: TaskProgress) -> str:
    """Say why the queue is empty."""
    if now.waiting:
        return "Nobody could take these; add somebody who can, or redistribute."
    if now.open:
        return "Nothing waits: what is not done is with somebody."
    return "Nothing waits: everything is done." if now.done else "Nothing waits: the task has no items."


def leases_card(visit: Visit, task: Task) -> Html | None:
    """Show the leases that end next; none where the task knows no leases and nobody has one."""
    found = visit.tasks.leases(task.id, limit=SHOWN)
    if not found and (task.pull is None or task.pull.lease is None):
        return None
    at = visit.now
    rows = [
        (
            when(lease.until, at),
            item_link(visit, task, lease.item),
            name(lease.assignee),
            "ended; goes back at the next pull" if lease.until <= at else None,
        )
        for lease in found
    ]
    ended = any(lease.until <= at for lease in found)
    heads = ["Ends", "Item", "With", "Note"]
    shown_ = [row if ended else row[:3] for row in rows]
    made = table(heads if ended else heads[:3], shown_, label="Leases")
    return card("Leases that end next", made if rows else empty("Nothing is reserved."), id_="leases")
