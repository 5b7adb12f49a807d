"""Work that is finished, and what a review draws of it: what the tests of reviews begin with."""

from __future__ import annotations

from typing import Any

from distribution import Item, Sample, Workload
from distribution.task import Row
from tests.office import TEAM, Office

ITEMS = [Item(f"i{n:02}", attributes={"dir": "xy"[n % 2]}) for n in range(30)]
ALL = Sample(percent=100)


def shared(office: Office, items: Any = ITEMS, people: Any = TEAM, **settings: Any) -> str:
    """Create a task that is shared out evenly."""
    return office.create("label cats", items, workload=Workload.even(people), **settings).id


def finish(
    office: Office, task: str, *people: str, count: int | None = None, status: str = "completed"
) -> None:
    """Let people finish so many of what they have, a minute apart."""
    for who in people or TEAM:
        office.wait(minutes=1)
        office.set_status(task, who, office.holds(task, who)[:count], status)


def about(row: Row) -> dict[str, Any]:
    """Give what an item of a review says of the work it stands for."""
    found: Any = row.attributes["qa"]
    return dict(found)


def drawn(office: Office, task: str) -> dict[str, dict[str, Any]]:
    """Give what the items of a review say of the work they stand for."""
    return {row.item: about(row) for row in office.items(task)}


def own_work(office: Office, task: str) -> list[str]:
    """Name the items that are, or were, with the author of the work."""
    return [row.item for row in office.items(task) if about(row)["author"] in row.cells]
