"""The promises of a plan, checked from the outside.

Holds: how far each basis may be off, and what of that a plan breaks.
Does not hold: the algorithms that keep the promises (see apportion, basis).
Depends on: apportion, basis, diff, overlap, reasons, rules, split, workload.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Protocol

from distribution.apportion import apportion
from distribution.basis import Basis, ByCount, ByEffort, Grouped, Key, Stratified
from distribution.diff import ItemRef, Violation
from distribution.overlap import Held, Overlap, held
from distribution.reasons import Ground, Interval, OffLoad, Part, TeamPart
from distribution.rules import Rules
from distribution.split import IntervalSplit, Split
from distribution.workload import Workload


class Planned(Protocol):
    """What of a plan is looked at."""

    @property
    def items(self) -> Sequence[ItemRef]:
        """Give ids, or a range."""

    @property
    def workload(self) -> Workload:
        """Give assignees and shares."""

    @property
    def split(self) -> Split:
        """Give owners by position."""

    @property
    def basis(self) -> Basis:
        """Give what was shared out."""

    @property
    def keys(self) -> tuple[Key, ...] | None:
        """Give stratum or group by position."""

    @property
    def sizes(self) -> tuple[int, ...] | None:
        """Give effort by position; None where each is 1."""

    @property
    def scale(self) -> int:
        """Give the units of effort in 1."""

    @property
    def teams(self) -> tuple[tuple[int, ...], ...] | None:
        """Give who holds each part; None where nothing overlaps."""

    @property
    def rules(self) -> Rules | None:
        """Give what keeps whom from items."""

    @property
    def overlapping(self) -> Overlap | None:
        """Give which items were to overlap."""


def ground(plan: Planned, position: int, owner: int) -> Ground:
    """Say what decided on a position: slots, its team, or its stratum, group or effort. O(1), else O(n)."""
    if plan.teams is not None:
        parts = list(zip(plan.teams, plan.split.counts, strict=True))
        return TeamPart(
            items=plan.split.counts[plan.split.owner_at(position)],
            overlapped=sum(count for team, count in parts if len(team) > 1),
            asked="" if plan.overlapping is None else str(plan.overlapping),
            ruled=plan.rules is not None,
        )
    if isinstance(plan.split, IntervalSplit):
        return Interval(plan.split.bounds[owner], plan.split.bounds[owner + 1])
    table = plan.split.labels(0, plan.split.n)
    if isinstance(plan.basis, (Stratified, Grouped)):
        return _part_of_key(plan, plan.basis, position, owner)
    sizes = _sizes(plan)
    held = sum(size for size, who in zip(sizes, table, strict=True) if who == owner)
    return Part(
        of="effort",
        size=Fraction(sizes[position], plan.scale),
        held=Fraction(held, plan.scale),
        quota=plan.workload.quotas(sum(sizes))[owner] / plan.scale,
        bound=_balance_bound(plan, max(sizes)) / plan.scale,
    )


def _part_of_key(plan: Planned, basis: Stratified | Grouped, position: int, owner: int) -> Part:
    """Say where a position stands in its stratum or group."""
    keys, table = plan.keys or (), plan.split.labels(0, plan.split.n)
    key = keys[position]
    members = [at for at, other in enumerate(keys) if other == key]
    if isinstance(basis, Stratified):
        return Part(
            of="stratum",
            key=basis.key,
            value=key[1],
            size=Fraction(len(members)),
            held=Fraction(sum(table[at] == owner for at in members)),
            quota=Fraction(len(members) * plan.split.counts[owner], plan.split.n),
            bound=_stratum_bound(plan),
        )
    return Part(
        of="group",
        key=basis.key,
        value=key[1],
        size=Fraction(1 if key[0] == "null" else len(members)),
        held=Fraction(plan.split.counts[owner]),
        quota=plan.workload.quotas(plan.split.n)[owner],
        bound=_balance_bound(plan, _largest_group(keys)),
    )


def _sizes(plan: Planned) -> Sequence[int]:
    return plan.sizes if plan.sizes is not None else [1] * plan.split.n


def _balance_bound(plan: Planned, largest: int) -> Fraction:
    people = sum(share > 0 for share in plan.workload.shares)
    return largest * (1 - Fraction(1, people))


def _stratum_bound(plan: Planned) -> Fraction:
    people = sum(count > 0 for count in plan.split.counts)
    return 2 - Fraction(1, people - 1) if people > 1 else Fraction(0)


def _largest_group(keys: Sequence[Key]) -> int:
    return max((count for key, count in Counter(keys).items() if key[0] != "null"), default=1)


def violations(plan: Planned) -> Iterator[Violation]:
    """Yield every promise the plan breaks. O(n)."""
    split, shares = plan.split, plan.workload.shares
    if len(set(plan.items)) != split.n or len(plan.items) != split.n:
        yield Violation(
            "every item is in the plan once", f"{len(set(plan.items))} different items, not {split.n}"
        )
    if plan.teams is not None:
        yield from _of_teams(plan, plan.teams)
    elif isinstance(plan.basis, (ByCount, Stratified)):
        wanted = tuple(apportion(shares, split.n))
        if split.counts != wanted:
            yield Violation("counts are the apportionment of the loads", f"{split.counts}, not {wanted}")
    table = split.labels(0, split.n)
    counted = Counter(table)
    if tuple(counted[owner] for owner in range(len(split.counts))) != split.counts:
        yield Violation("labels agree with the counts", f"{dict(counted)}, not {split.counts}")
    seen = bytearray(split.n)
    for owner in range(len(split.counts)):
        for position in split.positions_of(owner):
            if table[position] != owner or seen[position]:
                yield Violation("every position is worked on by its owner, once", f"position {position}")
            seen[position] = 1
    if not all(seen):
        yield Violation(
            "every position is worked on by its owner, once", f"position {seen.index(0)} by nobody"
        )
    if split.n:
        yield from _off_bounds(plan, table)


def _of_teams(plan: Planned, teams: Sequence[tuple[int, ...]]) -> Iterator[Violation]:
    """Check how many people have each item, and how many copies everybody has."""
    split, shares = plan.split, plan.workload.shares
    overlap = plan.overlapping or Overlap(count=0)
    k = overlap.copies(sum(share > 0 for share in shares))
    wrong = list(_wrong_teams(teams, k, shares))
    yield from wrong
    if wrong:
        return
    overlapped, alone = [0] * len(shares), [0] * len(shares)
    for team, count in zip(teams, split.counts, strict=True):
        if count and plan.rules is not None:
            names = [plan.workload.assignees[a] for a in team]
            if mates := [name for name in names if any(plan.rules.mates(name, names))]:
                yield Violation("at most one of a team has an item", f"{mates} have {count} items")
        for a in team:
            (alone if len(team) == 1 else overlapped)[a] += count
    over = sum(overlapped) // k
    if overlap.where is None and over != overlap.of(split.n):
        yield Violation("the share of overlapped items is as asked", f"{over}, not {overlap.of(split.n)}")
    wanted, found = held(shares, split.n, over, k), Held(tuple(overlapped), tuple(alone))
    if plan.rules is None and found != wanted:
        yield Violation("copies are the apportionment of the loads", f"{found}, not {wanted}")


def off_loads(plan: Planned) -> Iterator[OffLoad]:
    """Yield those who have another number of copies than without rules, in the order of the workload."""
    if plan.rules is None or plan.teams is None:
        return
    shares, has = plan.workload.shares, [0] * len(plan.workload)
    over = sum(count for team, count in zip(plan.teams, plan.split.counts, strict=True) if len(team) > 1)
    for team, count in zip(plan.teams, plan.split.counts, strict=True):
        for a in team:
            has[a] += count
    k = 1 if plan.overlapping is None else plan.overlapping.copies(sum(share > 0 for share in shares))
    free = held(shares, plan.split.n, over, k)
    wanted = [shared + alone for shared, alone in zip(free.overlapped, free.alone, strict=True)]
    for name, number, without in zip(plan.workload.assignees, has, wanted, strict=True):
        if number != without:
            yield OffLoad(name, number, without)


def _wrong_teams(teams: Sequence[tuple[int, ...]], k: int, shares: Sequence[int]) -> Iterator[Violation]:
    """Check who may be together."""
    for team in teams:
        if len(set(team)) < len(team):
            yield Violation("nobody has an item twice", f"a team of {team}")
        if len(team) not in {1, k}:
            yield Violation(f"an item has 1 or {k} people", f"a team of {team}")
        if len(team) > 1 and not all(shares[a] for a in team):
            yield Violation("whoever carries no load shares no item", f"a team of {team}")


def _off_bounds(plan: Planned, table: Sequence[int]) -> Iterator[Violation]:
    """Check how far effort, strata and groups are off."""
    if isinstance(plan.basis, ByEffort):
        sizes = _sizes(plan)
        held = [0] * len(plan.workload)
        for size, owner in zip(sizes, table, strict=True):
            held[owner] += size
        quotas, bound = plan.workload.quotas(sum(sizes)), _balance_bound(plan, max(sizes))
        for name, has, quota in zip(plan.workload.assignees, held, quotas, strict=True):
            if abs(has - quota) > bound:
                yield Violation(
                    f"effort is within {bound} of the exact share", f"{name!r} has {has} of {quota}"
                )
    elif isinstance(plan.basis, Stratified):
        yield from _off_strata(plan, table)
    elif plan.keys is not None:
        yield from _off_groups(plan, table, plan.keys)


def _off_strata(plan: Planned, table: Sequence[int]) -> Iterator[Violation]:
    keys, bound, split = plan.keys or (), _stratum_bound(plan), plan.split
    sizes, cells = Counter(keys), Counter(zip(keys, table, strict=True))
    for key, size in sizes.items():
        for owner, count in enumerate(split.counts):
            quota = Fraction(size * count, split.n)
            if abs(cells[key, owner] - quota) > bound:
                who = plan.workload.assignees[owner]
                yield Violation(
                    f"a stratum is divided within {bound}",
                    f"{key[1]!r}: {who!r} has {cells[key, owner]} of {quota}",
                )


def _off_groups(plan: Planned, table: Sequence[int], keys: Sequence[Key]) -> Iterator[Violation]:
    owner_of: dict[Key, int] = {}
    for key, owner in zip(keys, table, strict=True):
        if key[0] != "null" and owner_of.setdefault(key, owner) != owner:
            yield Violation("a group stays together", f"{key[1]!r} has two people")
    bound = _balance_bound(plan, _largest_group(keys))
    quotas = plan.workload.quotas(plan.split.n)
    for name, has, quota in zip(plan.workload.assignees, plan.split.counts, quotas, strict=True):
        if abs(has - quota) > bound:
            yield Violation(f"counts are within {bound} of the exact share", f"{name!r} has {has} of {quota}")
