"""How values are said to people: counts, durations, instants, settings, states.

For every way to show them, on a terminal or in a browser; what each of those escapes is its own.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from distribution.codec import encode
from distribution.events import Cell
from distribution.lifecycle import ENDED
from distribution.overview import TaskProgress
from distribution.pull import Pull
from distribution.task import Row, Task


def visible(text: str) -> str:
    r"""Write what a terminal would obey, or hide, as Python writes it.

    >>> print(visible("ann\x1b[31m, é"))
    ann\x1b[31m, é
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def many(count: int, what: str = "item", several: str | None = None) -> str:
    """Count things in words.

    >>> many(1), many(2), many(0, "placement"), many(2, "copy", "copies")
    ('1 item', '2 items', '0 placements', '2 copies')
    """
    return f"{count} {what if count == 1 else several or what + 's'}"


def listed(names: list[str], most: int = 8) -> str:
    """Name some of many.

    >>> listed(["ann", "bob", "eve"], most=2)
    'ann, bob and 1 more'
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def together(names: list[str]) -> str:
    """Name all of a few.

    >>> together(["--csv", "--ids"]), together([])
    ('--csv and --ids', 'none')
    """
    return " and ".join(names) or "none"


def duration_text(span: timedelta) -> str:
    """Write a duration as it is read.

    >>> duration_text(timedelta(minutes=90)), duration_text(timedelta(0))
    ('1h30m', '0s')
    """
    text, rest = "", span
    for unit, length in (
        ("d", timedelta(days=1)),
        ("h", timedelta(hours=1)),
        ("m", timedelta(minutes=1)),
    ):
        count, rest = divmod(rest, length)
        text += f"{count}{unit}" if count else ""
    seconds = rest.total_seconds()
    return text + (f"{seconds:g}s" if seconds or not text else "")


def moment(at: datetime | None) -> str:
    """Write an instant, in UTC."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}Z"


def pull_text(pull: Pull | None) -> str:
    """Say how a task is pulled from."""
    if pull is None:
        return "shared out by load"
    lease = "for ever" if pull.lease is None else f"for {duration_text(pull.lease)}"
    skip = {"others": "go to others", "later": "come again later", "done": "count as done"}[pull.skip]
    return (
        f"pulled in batches of {pull.batch_size}, at most {pull.max_batch_workload} open,"
        f" reserved {lease}, {pull.order}; skipped items {skip}"
    )


def items_text(task: Task) -> str:
    """Say how many items a task has, and how many copies where some go to several people."""
    return many(task.items) + ("" if task.overlap is None else f", {copies_text(task.copies)}")


def copies_text(count: int) -> str:
    """Say how many copies there are.

    >>> copies_text(1), copies_text(15)
    ('1 copy', '15 copies')
    """
    return "1 copy" if count == 1 else f"{count} copies"


def counts(now: TaskProgress) -> str:
    """Say how far a task is."""
    share = f" ({100 * now.done // now.total} %)" if now.total else ""
    return f"{now.done} done{share}, {now.open} open, {now.waiting} waiting"


def overlap_text(task: Task) -> str:
    """Say which items go to several people."""
    where = None if task.overlap is None else task.overlap.where
    return str(task.overlap) + ("" if where is None else f": {json.dumps(encode(where), ensure_ascii=False)}")


def state_text(cell: Cell) -> str:
    """Say how a placement stands."""
    return {"done": cell.status or "done", "returned": "went back"}.get(cell.state, cell.state)


def waiting_text(item: Row) -> str:
    """Say of an item that waits who had it."""
    had = [
        f"skipped by {who}" if cell.state == "skipped" else f"went back from {who}"
        for who, cell in item.cells.items()
        if cell.state in ENDED
    ]
    return "; ".join(["waiting", *had])
