"""Why a decision came out as it did: data, and a sentence from it.

Holds: the reasons for placements.
Does not hold: errors (a refusal raises), the decisions.
Depends on: diff, values.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, TypeAlias

import attrs

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
    """Items there are."""


@attrs.frozen
class Interval:
    """The slots that belong to one assignee; who takes one of them is with her."""

    first: int
    past: int
    """One past the last."""

    def __str__(self) -> str:
        """Name the slots."""
        if self.past - self.first == 1:
            return f"slot {self.first} belongs"
        return f"slots {self.first} to {self.past - 1} belong"


@attrs.frozen(kw_only=True)
class Part:
    """What decided where effort, strata or groups are shared out; sizes in items or in effort."""

    of: Literal["effort", "stratum", "group"]
    key: str = ""
    """Path of the attribute that names the stratum or group."""
    value: Json = None
    """Value of that attribute."""
    size: Fraction
    """Effort of the item, or items of its stratum or group."""
    held: Fraction
    """What the assignee has: effort over all, items of this stratum, or items over all."""
    quota: Fraction
    """The exact share of that."""
    bound: Fraction
    """How far the two may be apart, at most."""


@attrs.frozen
class OffLoad:
    """Somebody who has another number of copies than her load says, for rules keep people from items.

    >>> print(OffLoad("ann", has=0, wanted=24))
    'ann' has 0 where her load says 24
    """

    assignee: AssigneeId
    has: int
    wanted: int
    """What she would have if there were no rules."""

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.assignee!r} has {self.has} where her load says {self.wanted}"


@attrs.frozen(kw_only=True)
class TeamPart:
    """The items that belong to one team, or to one person alone, where some items overlap."""

    items: int
    """Of this team."""
    overlapped: int
    """Of all teams of several people."""
    asked: str
    """Which items were to overlap, in words; empty where none were."""
    ruled: bool = False
    """Rules keep people from items, so loads alone do not decide how many they have."""

    def __str__(self) -> str:
        """Say it in words."""
        whose = f"{self.items} item{'' if self.items == 1 else 's'} belong{'s' if self.items == 1 else ''}"
        overlap = f"; overlap: {self.asked}, here {self.overlapped}" if self.asked else ""
        return f"{whose} to exactly these people{overlap}"


Ground: TypeAlias = Interval | Part | TeamPart
"""What decided."""


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
    ground: Ground
    team: tuple[AssigneeId, ...] = ()
    """Everybody who has it, the assignee first."""

    def __str__(self) -> str:
        """Say it in words."""
        seed = f" with seed {self.seed}" if self.order in {"shuffled", "random", "spread"} else ""
        line = f"item {self.position + 1} of {self.n} takes slot {self.slot} ({self.order}{seed})"
        load = f"load {decimal_text(self.share.load)} %, exact quota {decimal_text(self.share.quota)}"
        count = f"{self.share.count} item" + ("s" if self.share.count != 1 else "")
        if isinstance(self.ground, TeamPart):
            who = " and ".join(map(repr, self.team)) if len(self.team) > 1 else repr(self.assignee)
            so = "and as the rules allow" if self.ground.ruled else "so"
            alone = f"; {load} copies, {so} {count}" if len(self.team) == 1 else ""
            return f"{self.item!r} is with {who}: {line}; {self.ground}{alone}"
        if isinstance(self.ground, Interval):
            why = f"{line}; {self.ground} to {self.assignee!r}: {load}, so {count}"
        else:
            why = f"{self._by(self.ground)}; {load}, {count}; {line}"
        return f"{self.item!r} is with {self.assignee!r}: {why}"

    def _by(self, part: Part) -> str:
        """Say what the effort, stratum or group decided."""
        size, held, quota = (decimal_text(number) for number in (part.size, part.held, part.quota))
        has = (
            f"{self.assignee!r} has {held} of an exact {quota}, never more than {float(part.bound):.6g} apart"
        )
        return {
            "effort": f"its effort is {size}, and in all {has}",
            "stratum": f"the stratum {part.key} = {part.value!r} has {size} items, of which {has}",
            "group": f"the group {part.key} = {part.value!r} of {size} stays together, and in all {has}",
        }[part.of]
