"""What differs between two plans, and what is wrong with one.

Holds: moves, diffs, violations.
Does not hold: plans (see plan).
Depends on: values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Self, TypeAlias

import attrs

from distribution.values import AssigneeId, ItemId

ItemRef: TypeAlias = ItemId | int
"""An item by its id, or by its position where a plan knows only how many there are."""


@attrs.frozen
class Move:
    """One item that changes hands; nobody stands for not being in the plan."""

    item: ItemRef
    source: AssigneeId | None
    """Who has it now; None where it is new."""
    target: AssigneeId | None
    """Who has it then; None where it leaves."""

    def __str__(self) -> str:
        """Say it in words."""
        if self.source is None:
            return f"{self.item!r} is new and goes to {self.target!r}"
        if self.target is None:
            return f"{self.item!r} leaves {self.source!r}"
        return f"{self.item!r} moves from {self.source!r} to {self.target!r}"


@attrs.frozen
class Diff:
    """The moves from one plan to another, in the order of the items."""

    moves: tuple[Move, ...]

    @property
    def added(self) -> tuple[Move, ...]:
        """Give the items only the other plan has."""
        return tuple(move for move in self.moves if move.source is None)

    @property
    def removed(self) -> tuple[Move, ...]:
        """Give the items only this plan has."""
        return tuple(move for move in self.moves if move.target is None)

    @property
    def moved(self) -> tuple[Move, ...]:
        """Give the items both have, with different people."""
        return tuple(move for move in self.moves if move.source is not None and move.target is not None)

    def flows(self) -> dict[tuple[AssigneeId | None, AssigneeId | None], int]:
        """Count the moves between each two people."""
        return dict(Counter((move.source, move.target) for move in self.moves))

    def inverse(self) -> Self:
        """Give the way back: applied after this one it undoes it."""
        return attrs.evolve(self, moves=tuple(Move(m.item, m.target, m.source) for m in self.moves))

    def __len__(self) -> int:
        """Count the moves; no moves is false."""
        return len(self.moves)


@attrs.frozen
class Violation:
    """One rule that a plan breaks."""

    rule: str
    """The rule, as a sentence that should hold."""
    found: str
    """What was found instead."""

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.rule}: {self.found}"


@attrs.frozen
class Verdict:
    """What `Plan.verify` found: true where nothing is wrong; iterate to see what is.

    >>> bool(Verdict(())), [str(v) for v in Verdict((Violation("counts sum to n", "9, not 10"),))]
    (True, ['counts sum to n: 9, not 10'])
    """

    violations: tuple[Violation, ...]

    def __bool__(self) -> bool:
        """Tell whether the plan is sound."""
        return not self.violations

    def __iter__(self) -> Iterator[Violation]:
        """Go through what is wrong."""
        return iter(self.violations)

    def __len__(self) -> int:
        """Count what is wrong."""
        return len(self.violations)
