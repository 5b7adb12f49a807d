"""Why an item that a pipeline brings once more stays as it is.

Holds: those two reasons.
Does not hold: the decision (see contents), all other reasons (see refusals).
Depends on: nothing of the core.
"""

from __future__ import annotations

import attrs


@attrs.frozen
class StaysDone:
    """It comes to a node of a pipeline again that does nothing twice."""

    item: str

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"item {self.item!r} is finished here, and what comes again stays so; let the node be repeatable"
        )


@attrs.frozen
class TooOften:
    """It has been in a node of a pipeline as often as it may."""

    item: str
    passes: int

    def __str__(self) -> str:
        """Say it in words."""
        times = "once" if self.passes == 1 else f"{self.passes} times"
        return f"item {self.item!r} has been here {times}, as often as it may; allow more passes to go on"
