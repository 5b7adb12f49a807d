"""What a decision is: a view in, changes, an event and an answer out.

Holds: the changes there are, the decision, the loop that lets one look until it has seen enough.
Does not hold: any decision (see creation, handing, work, team, moving), what it sees (see task).
Depends on: errors, events, members, task, values.

A decision is a pure function of the view a store loaded. It returns the changes to
make, the event that says what happened, and the answer for the caller; a store applies
all of it or nothing, and may ask again after a conflict. Where the view does not show
enough, the function returns what else it asks for and is called again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeAlias, TypeVar

import attrs

from distribution.errors import InvalidInput
from distribution.events import Cell, Event, Stamp
from distribution.members import Standing
from distribution.task import Ask, Task, View
from distribution.values import ItemId, Json

R = TypeVar("R")

ItemRow: TypeAlias = tuple[int, ItemId, str | None, str | None, int, int]
"""Position, id, effort as text (None for 1), attributes as JSON text (None for none), rank, copies left."""
PlacementRow: TypeAlias = tuple[int, int, int, Cell]
"""Position, number of the member, rank of the item, how it stands."""


@attrs.frozen
class PutTask:
    """Keep this task, in the place of what was there."""

    task: Task


@attrs.frozen
class PutMembers:
    """Keep how these stand, in the place of what was there."""

    standings: tuple[Standing, ...]


@attrs.frozen
class AddItems:
    """Add items and their placements.

    Both can be gone through more than once, and may compute their rows on the way.
    """

    items: Iterable[ItemRow]
    placements: Iterable[PlacementRow]


@attrs.frozen
class PutItems:
    """Keep these items' (left, rank, removed, position), in the place of what was there."""

    rows: Sequence[tuple[int, int, bool, int]]


@attrs.frozen
class PutRounds:
    """Keep which time these items are in the task: (position, round)."""

    rows: Sequence[tuple[int, int]]


@attrs.frozen
class AddPlacements:
    """Add these placements; rank is that of the item, as if it never came back."""

    rows: Sequence[PlacementRow]


@attrs.frozen
class PutPlacements:
    """Keep these placements in the place of what was there: (position, number of the member, how it stands)."""

    rows: Sequence[tuple[int, int, Cell]]


@attrs.frozen
class DropPlacements:
    """Remove the placements of (position, number of the member)."""

    rows: Sequence[tuple[int, int]]


@attrs.frozen
class Purge:
    """Remove all items, placements and members of the task."""


Change: TypeAlias = (
    PutTask
    | PutMembers
    | AddItems
    | PutItems
    | PutRounds
    | AddPlacements
    | PutPlacements
    | DropPlacements
    | Purge
)


@attrs.frozen(kw_only=True)
class Decision(Generic[R]):
    """What to change, what happened, and the answer; no event means that nothing changes."""

    changes: tuple[Change, ...] = ()
    event: Event | None = None
    stamp: Stamp | None = None
    call: str = ""
    """Of a call with a request id: see `Entry`."""
    answer: Json = None
    result: R

    def __attrs_post_init__(self) -> None:
        """Refuse an event that nobody stamped, and a stamp on nothing."""
        if (self.event is None) != (self.stamp is None):
            raise InvalidInput(
                subject="a decision", must="have an event and its stamp, or neither", got=self.event
            )


Decide: TypeAlias = Callable[[View], Decision[R] | Ask]
"""A pure function; a store may call it more than once."""


def settle(load: Callable[[Ask], View], ask: Ask, decide: Decide[R]) -> tuple[View, Decision[R]]:
    """Let a decision look until it has seen enough; give the view it decided on, and the decision.

    This is the loop of every store and of every dry run.
    """
    view = load(ask)
    answer = decide(view)
    while isinstance(answer, Ask):
        view = load(answer)
        answer = decide(view)
    return view, answer
