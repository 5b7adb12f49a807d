"""The people of a task: who they are to it, and how they stand.

Holds: the member, her limit, her standing.
Does not hold: loads (see workload), what changes a member (see team).
Depends on: errors, lifecycle, values.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import attrs

from distribution.errors import InvalidInput
from distribution.lifecycle import MemberState
from distribution.values import AssigneeId, check_count, check_id, exact


def _count(value: int | None) -> int | None:
    return None if value is None else check_count(value, "limit")


def _percent(value: object) -> Fraction | None:
    if value is None:
        return None
    share = exact(value, "limit in percent")
    if share > 100:
        raise InvalidInput(subject="limit in percent", must="be between 0 and 100", got=value)
    return share


@attrs.frozen(kw_only=True)
class Limit:
    """How many items of a task one assignee may have at most, open and done; the smaller counts.

    >>> Limit(percent=30).of(11), Limit(count=2, percent=30).of(11), Limit().of(11)
    (3, 2, None)
    """

    count: int | None = attrs.field(default=None, converter=_count)
    """So many items."""
    percent: Fraction | None = attrs.field(default=None, converter=_percent)
    """This part of the task's items, rounded down; it grows with the task."""

    def of(self, items: int) -> int | None:
        """Give the limit in a task of so many items; None where there is none."""
        share = None if self.percent is None else int(self.percent * items / 100)
        known = [limit for limit in (self.count, share) if limit is not None]
        return min(known, default=None)

    def __str__(self) -> str:
        """Say it in words."""
        parts = [] if self.count is None else [f"{self.count} items"]
        parts += [] if self.percent is None else [f"{float(self.percent):g} % of the items"]
        return " and ".join(parts) or "no limit"


def _assignee(value: object) -> str:
    return check_id(value, "assignee id")


@attrs.frozen
class Member:
    """One assignee as a task knows her."""

    id: AssigneeId = attrs.field(converter=_assignee)
    state: MemberState = attrs.field(default="active", kw_only=True)
    limit: Limit | None = attrs.field(default=None, kw_only=True)


@attrs.frozen(kw_only=True)
class Standing:
    """How one member stands; the counts follow from her placements."""

    member: Member
    number: int
    """Her place in the team, from 0; it never changes."""
    open: int = 0
    """Placements she holds without a status."""
    done: int = 0
    """Placements with her status."""
    skipped: int = 0
    """Placements she skipped."""
    lost: int = 0
    """Placements that went back from her: released, expired, reclaimed."""
    gold_open: int = 0
    """Gold she holds without a status: counts for how much she has open, and for nothing else."""
    gold_done: int = 0
    gold_gone: int = 0
    """Gold she skipped, or that went back from her."""
    worked_at: datetime | None = None
    """When she last submitted, cleared, skipped, renewed or released something; None if never."""

    @property
    def id(self) -> AssigneeId:
        """Give her id."""
        return self.member.id

    @property
    def active(self) -> bool:
        """Tell whether she takes part."""
        return self.member.state == "active"

    @property
    def holds(self) -> int:
        """Count the copies she uses up: open and done."""
        return self.open + self.done

    def room(self, items: int) -> int | None:
        """Tell how many more she may have under her limit; None where she has none."""
        limit = None if self.member.limit is None else self.member.limit.of(items)
        return None if limit is None else max(limit - self.holds, 0)
