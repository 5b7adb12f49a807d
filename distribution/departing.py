"""What is finished in a node of a pipeline goes on.

Holds: which items leave by what a ledger changes, and how the event says so.
Does not hold: where statuses lead (see pipeline), how items arrive (see contents).
Depends on: errors, events, ledger, pipeline, task, values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from distribution.errors import InvalidInput
from distribution.events import Event
from distribution.ledger import Ledger
from distribution.pipeline import Departure, verdict
from distribution.task import Row
from distribution.values import ItemId, Json, TaskId

LEAVING = "leaving"
"""The fact of an event that says what leaves: a list of (task it goes to, positions)."""


def departures(ledger: Ledger, rows: Iterable[Row]) -> tuple[Departure, ...]:
    """Name those of some items, just worked on, that leave for another task, as they stand by now.

    An item leaves when as many different people have finished it as it has copies; when
    a status of it changes after that, it leaves again by what is said of it then.
    """
    station, found = ledger.task.station, []
    if station is None:
        return ()
    for row in rows:
        cells = [cell for who in row.cells if (cell := ledger.cell(row, who)) is not None]
        if ledger.left(row) or ledger.task.is_gold(row.position) or any(c.state == "open" for c in cells):
            continue
        status = verdict(cells, ledger.task.actions)
        to = None if status is None else station.next(status)
        if to is not None:
            found.append(Departure(row.item, to))
    return tuple(found)


def told(leaving: Sequence[Departure], rows: Iterable[Row]) -> dict[str, Json]:
    """Give the facts of an event that say what leaves; none where nothing does."""
    if not leaving:
        return {}
    place: dict[ItemId, int] = {row.item: row.position for row in rows}
    ways: dict[TaskId, list[Json]] = {}
    for one in leaving:
        ways.setdefault(one.to, []).append(place[one.item])
    return {LEAVING: [[to, positions] for to, positions in ways.items()]}


def leaving_by(event: Event) -> Iterator[tuple[TaskId, tuple[int, ...]]]:
    """Read from an event which positions leave, and for which task.

    Raises:
        InvalidInput: the fact is not as `told` writes it.
    """
    ways = event.facts.get(LEAVING, [])
    if not isinstance(ways, list):
        raise InvalidInput(subject="what leaves by an event", must="be a list", got=ways)
    for way in ways:
        if not (isinstance(way, list) and len(way) == 2 and isinstance(way[1], list)):
            raise InvalidInput(subject="what leaves by an event", must="be a task and positions", got=way)
        yield str(way[0]), tuple(at for at in way[1] if isinstance(at, int))
