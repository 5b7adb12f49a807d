"""What somebody sees of her own work, and by which nothing is told apart.

Holds: the piece of work as she sees it who does it.
Does not hold: what those see who run a task (see ports), her order of work (see ranks).
Depends on: events, golden, lifecycle, ports, task, values.

A placement tells where an item stands in the input and in the queue, what went back, and
all attributes, the known answer among them: each would tell gold. A piece tells none of it.
It is what a service shows to her; everything else about items is for those who run a task.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from distribution.events import Cell
from distribution.golden import truth_of, without_answer
from distribution.lifecycle import HELD
from distribution.ports import Placement
from distribution.task import Task
from distribution.values import ItemId, Json


@attrs.frozen(kw_only=True)
class Piece:
    """One item that somebody has to do, or has done, as she sees it."""

    item: ItemId
    cell: Cell
    """How it stands with her: open or done."""
    effort: str = "1"
    """Exact, as text."""
    attributes: Mapping[str, Json] = attrs.field(factory=dict, hash=False)
    """As they were given, but for the known answer: of gold, and of all others too."""


def pieces(task: Task, placements: Iterable[Placement]) -> Iterator[Piece]:
    """Give what she sees of her placements, in the order given: what is open or done.

    What went back from her, and what she skipped, is hers no more. Of ordinary items and of
    gold that were given alike, and that she treats alike, everything but the id is equal.
    """
    path = truth_of(task.gold)
    for placement in placements:
        if placement.cell.state in HELD:
            yield Piece(
                item=placement.item,
                cell=placement.cell,
                effort=placement.effort,
                attributes=without_answer(placement.attributes, path),
            )
