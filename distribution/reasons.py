"""Why a decision came out as it did: data, and a sentence from it.

Holds: the reasons for placements.
Does not hold: errors (a refusal raises), the decisions.
Depends on: basis, diff, values.
"""

from __future__ import annotations

from fractions import Fraction

import attrs

from distribution.basis import Basis, ByCount, ByEffort, Stratified
from distribution.diff import ItemRef
from distribution.values import AssigneeId, Json, decimal_text


@attrs.frozen(kw_only=True)
class Share:
    """What one assignee was to have, and has."""

    load: Fraction
    """Percent, exact."""
    quota: Fraction
    """Exact share of the items."""
    count: int
    """Items she has."""


@attrs.frozen(kw_only=True)
class Part:
    """Where an item stands in its stratum, group or effort; sizes in items or in effort."""

    key: Json = None
    """Value of the stratum or group; None for effort."""
    size: Fraction
    """Effort of the item, or items of its stratum or group."""
    held: Fraction
    """What the assignee has: in effort over all, in items of this stratum, or in items over all."""
    quota: Fraction
    """What she was to have of it, exact."""
    bound: Fraction
    """How far the two may be apart, at most."""


@attrs.frozen(kw_only=True)
class Placed:
    """Why an item is with whom it is with."""

    item: ItemRef
    position: int
    """Place of the item in the input, from 0."""
    slot: int
    """Place the order gives it on the line, from 0."""
    n: int
    """Items in all."""
    order: str
    seed: int
    assignee: AssigneeId
    share: Share
    interval: tuple[int, int] | None
    """Slots that are the assignee's: first, and one past the last; None where slots do not decide."""
    basis: Basis
    part: Part | None = None
    """None where items are shared out by count alone."""

    def __str__(self) -> str:
        """Say it in words."""
        seed = f" with seed {self.seed}" if self.order in {"shuffled", "random", "spread"} else ""
        line = f"item {self.position + 1} of {self.n} takes slot {self.slot} ({self.order}{seed})"
        load = f"load {decimal_text(self.share.load)} %, exact quota {decimal_text(self.share.quota)}"
        if self.interval:
            first, last = self.interval[0], self.interval[1] - 1
            slots = f"slots {first} to {last} belong" if first < last else f"slot {first} belongs"
            why = f"{line}; {slots} to {self.assignee!r}: {load}, so {_counted(self.share.count)}"
        else:
            why = f"{self._by_part()}; {load}, {_counted(self.share.count)}; {line}"
        return f"{self.item!r} is with {self.assignee!r}: {why}"

    def _by_part(self) -> str:
        """Say what a basis other than the count decided on."""
        if self.part is None or isinstance(self.basis, ByCount):
            return "shared out by count"
        size, held, quota = (decimal_text(x) for x in (self.part.size, self.part.held, self.part.quota))
        has = f"{self.assignee!r} has {held} of an exact {quota}, never more than {float(self.part.bound):.6g} apart"
        if isinstance(self.basis, ByEffort):
            return f"its effort is {size}, and in all {has}"
        named = f"{self.basis.key} = {self.part.key!r}"
        if isinstance(self.basis, Stratified):
            return f"the stratum {named} has {size} items, of which {has}"
        return f"the group {named} of {size} stays together, and in all {has}"


def _counted(count: int) -> str:
    """Write a number of items."""
    return f"{count} item" if count == 1 else f"{count} items"
