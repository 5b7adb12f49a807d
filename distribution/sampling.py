"""Which finished items are reviewed: a draw, and with which probability each came into it.

Holds: the draw, what it says of each group, what it leaves for the next one.
Does not hold: what a sample may ask for (see samples), the reviews (see error_rates).
Depends on: allocation, apportion, draw, errors, inspection, picking, samples, values.

Items finish over time, so a draw is a wave: it looks at what finished since the last one,
knows the earlier waves by a small tally, and never changes them. Chance decides who is
drawn; how many follows from the tally. So the inclusion probabilities are those of a wave,
a wave that owes a group nothing gives its units no chance (`GroupTally.missed`), and waves
of a few units can be foreseen. For draws after every few items there is the method "blocks":
it decides on each unit by its place in its group alone, with exactly its rate as
probability, so that waves make no difference; the number drawn is less than 2 off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Self, TypeAlias, cast

import attrs

from distribution.allocation import neyman
from distribution.apportion import apportion, whole_weights
from distribution.draw import word
from distribution.errors import InvalidInput, shown
from distribution.inspection import in_jittered_blocks
from distribution.picking import Pick, simple, systematic
from distribution.samples import Group, Per, Sample
from distribution.values import (
    ITEM_ID_LIMIT,
    AssigneeId,
    ItemId,
    Json,
    Number,
    check_count,
    check_id,
    check_seed,
    exact,
)

Record: TypeAlias = Mapping[Group, tuple[int, int]]
"""Errors and reviews of each group so far, as `error_rates.ErrorRate.record` holds them."""


def _item(value: ItemId) -> ItemId:
    return check_id(value, "item id", ITEM_ID_LIMIT)


def _assignee(value: AssigneeId) -> AssigneeId:
    return check_id(value, "assignee id")


def _effort(value: Number) -> Fraction:
    return exact(value, "effort of an item")


@attrs.frozen
class Finished:
    """One finished placement: an item, and who finished it.

    Raises:
        InvalidInput: an id or the effort cannot be used.
    """

    item: ItemId = attrs.field(converter=_item)
    assignee: AssigneeId = attrs.field(converter=_assignee)
    stratum: str | None = None
    """What the sample's key leads to in the item's attributes, as text; None where there is nothing."""
    effort: Fraction = attrs.field(default=Fraction(1), converter=_effort)
    """What it cost to work on; only method "size" asks."""


@attrs.frozen
class Chosen:
    """One finished placement that is to be reviewed."""

    unit: Finished
    group: Group
    """The group it was drawn in."""
    inclusion: Fraction
    """With which probability this wave had to draw it: above 0, at most 1, exact."""


@attrs.frozen
class GroupTally:
    """What all draws together made of one group."""

    group: Group
    seen: int
    """Finished placements that were looked at."""
    drawn: int
    """Of these."""
    wanted: Fraction
    """How many the sample asked for, before they were made whole and what was drawn was kept."""
    missed: int = 0
    """Of the seen, those in waves that took none: they had no chance, and no rate speaks of them."""


@attrs.frozen(kw_only=True)
class Tally:
    """What a later draw has to know of the earlier ones: a line for each group, and no ids.

    >>> units = [Finished(f"i{n}", "ann") for n in range(30)]
    >>> tally = draw(units, Sample(percent=10), seed=7).tally
    >>> tally.to_data()
    {'per': None, 'groups': [[None, 30, 3, '3', 0]]}
    >>> Tally.from_data(tally.to_data()) == tally
    True
    """

    per: Per | None
    """What the groups are."""
    groups: tuple[GroupTally, ...] = ()
    """By name."""

    def to_data(self) -> dict[str, Json]:
        """Write it as JSON-able data."""
        rows: list[Json] = [[g.group, g.seen, g.drawn, str(g.wanted), g.missed] for g in self.groups]
        return {"per": self.per, "groups": rows}

    @classmethod
    def from_data(cls, data: Mapping[str, Json]) -> Self:
        """Read what `to_data` wrote.

        Raises:
            InvalidInput: it is something else.
        """
        try:
            rows = cast("list[tuple[Group, int, int, str, int]]", data["groups"])
            groups = tuple(
                GroupTally(
                    group,
                    check_count(seen, "seen", least=max(check_count(drawn, "drawn"), 1)),
                    drawn,
                    exact(Fraction(*map(int, wanted.split("/"))), "wanted"),
                    check_count(missed, "missed"),
                )
                for group, seen, drawn, wanted, missed in rows
            )
            return cls(per=cast("Per | None", data["per"]), groups=groups)
        except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
            raise InvalidInput(subject="tally", must="be what to_data wrote", got=data) from error


@attrs.frozen(kw_only=True)
class Drawn:
    """What one draw gave."""

    chosen: tuple[Chosen, ...]
    """In the order in which they finished."""
    tally: Tally
    """Of this draw and all before it; keep it for the next."""


@attrs.frozen
class _Part:
    """One group: what there was, and what is new."""

    before: GroupTally
    new: list[int]
    """Places in the list of finished units."""

    @property
    def group(self) -> Group:
        return self.before.group

    @property
    def total(self) -> int:
        return self.before.seen + len(self.new)

    @property
    def most(self) -> int:
        return self.before.drawn + len(self.new)

    def least(self, minimum: int) -> int:
        return max(self.before.drawn, min(minimum, self.most))

    def after(self, taken: int, wanted: Fraction, *, chance: bool) -> GroupTally:
        """Count this wave in; without a chance its units are missed."""
        drawn, missed = self.before.drawn + taken, self.before.missed + (0 if chance else len(self.new))
        return GroupTally(self.group, self.total, drawn, wanted, missed)


def draw(
    finished: Sequence[Finished],
    sample: Sample,
    *,
    seed: int,
    before: Tally | None = None,
    record: Record | None = None,
) -> Drawn:
    """Choose which of the newly *finished* placements are reviewed.

    *finished* holds, in the order in which they finished, what no earlier draw was shown;
    *before* is the tally of the last draw. *record* says what the reviews found so far: risk
    and neyman ask for it, groups it does not name were never reviewed.

    Promised: the totals over all draws are those that one draw of the whole would have
    had, as far as the new units suffice and the drawn ones stay. A percentage, or rates, are
    rounded half up in all and divided by largest remainders; a risk is rounded up for each
    assignee, at the rate that held when her work was shown; a plan's size is that for all the
    work there is. Every group with finished work has its minimum, which comes first. What "blocks" promises is said at the top.

    The same seed, units and tally give the same draw, whatever the order of mappings; the
    order of finishing matters to "systematic" and "blocks" alone. Where work finishes in
    turns, "systematic" may hit the same assignee each time: draw per assignee.

    Runtime: O(u log u) for u new units, and O(g log g) for g groups.

    >>> units = [Finished(f"i{n}", "ann" if n < 90 else "bob") for n in range(100)]
    >>> drawn = draw(units, Sample(percent=10, per="assignee"), seed=7)
    >>> [(group.group, group.seen, group.drawn) for group in drawn.tally.groups]
    [('ann', 90, 9), ('bob', 10, 1)]
    >>> drawn.chosen[0].inclusion
    Fraction(1, 10)

    Raises:
        InvalidInput: a unit is there twice, a group has no rate, an effort is 0 with
            method "size", or the tally is of other groups.

    Source: Cochran, Sampling Techniques (1977), chapters 2, 5, 8 and 9A.
    """
    check_seed(seed)
    parts = _parts(finished, sample, seed, before or Tally(per=sample.per))
    sample = sample.of(sum(part.total for part in parts)) if parts else sample
    wanted = _wanted(parts, sample, record or {})
    if sample.method == "blocks":
        picks = [_in_blocks(part, sample, seed) for part in parts]
    else:
        targets = _targets(parts, sample, wanted, record or {})
        wanted = [Fraction(target) for target in targets] if sample.allocation == "neyman" else wanted
        picks = [
            _picked(
                part, [finished[at] for at in part.new], target - part.before.drawn, (sample.method, seed)
            )
            for part, target in zip(parts, targets, strict=True)
        ]
    return _drawn(finished, sample, zip(parts, wanted, picks, strict=True))


def _drawn(
    finished: Sequence[Finished], sample: Sample, results: Iterable[tuple[_Part, Fraction, list[Pick]]]
) -> Drawn:
    """Put the groups together again."""
    groups, places = list[GroupTally](), list[tuple[int, Group, Fraction]]()
    for part, wanted, picks in results:
        chance = bool(picks) or (sample.method == "blocks" and wanted > 0)
        groups.append(part.after(len(picks), wanted, chance=chance))
        places += [(part.new[at], part.group, inclusion) for at, inclusion in picks]
    tally = Tally(per=sample.per, groups=tuple(sorted(groups, key=lambda group: _name(group.group))))
    chosen = tuple(Chosen(finished[at], group, inclusion) for at, group, inclusion in sorted(places))
    return Drawn(chosen=chosen, tally=tally)


def _name(group: Group) -> str:
    """Write a group so that no name is taken for none."""
    return "" if group is None else f"={group}"


def _parts(finished: Sequence[Finished], sample: Sample, seed: int, before: Tally) -> list[_Part]:
    """Sort the new units into groups, in an order of the seed, so that it decides between equals."""
    if before.per != sample.per:
        must, remedy = f"count what the sample does, per {sample.per!r}", "begin without one"
        raise InvalidInput(subject="the tally before", must=must, got=before.per, remedy=remedy)
    new, seen = dict[Group, list[int]](), set[tuple[ItemId, AssigneeId]]()
    for at, unit in enumerate(finished):
        if (unit.item, unit.assignee) in seen:
            remedy = "a draw is shown each finished placement once"
            raise InvalidInput(subject="finished", must="name a unit once", got=unit, remedy=remedy)
        seen.add((unit.item, unit.assignee))
        group = {None: None, "assignee": unit.assignee, "stratum": unit.stratum}[sample.per]
        new.setdefault(group, []).append(at)
    earlier = {tally.group: tally for tally in before.groups}
    order = sorted((word(seed, f"group|{_name(group)}"), _name(group), group) for group in {*new, *earlier})
    nothing = Fraction(0)
    return [
        _Part(earlier.get(group, GroupTally(group, 0, 0, nothing)), new.get(group, []))
        for _, _, group in order
    ]


def _share(sample: Sample, part: _Part) -> Fraction:
    """Give the part of a group that is to be drawn, where that does not change."""
    rates = sample.rates
    percent = sample.percent if rates is None else rates.get(part.group)
    if percent is None:
        remedy = f"add a rate of {shown(part.group)}; 0 exempts"
        raise InvalidInput(subject="rates", must="name every group", got=rates, remedy=remedy)
    return percent / 100


def _known(record: Record, group: Group) -> tuple[int, int]:
    """Give the errors and reviews of a group."""
    errors, reviewed = record.get(group, (0, 0))
    reviews = check_count(reviewed, f"reviews of {shown(group)}")
    if check_count(errors, f"errors of {shown(group)}") > reviews:
        raise InvalidInput(
            subject=f"errors of {shown(group)}", must=f"be at most the {reviews} reviewed", got=errors
        )
    return errors, reviews


def _wanted(parts: Sequence[_Part], sample: Sample, record: Record) -> list[Fraction]:
    """Say how many of each group all draws together should have, before rounding."""
    risk, count = sample.risk, sample.count
    if risk is not None:
        # What was owed for earlier work stays owed at the rate of its time.
        return [part.before.wanted + risk.rate(*_known(record, part.group)) * len(part.new) for part in parts]
    if count is None:
        return [_share(sample, part) * part.total for part in parts]
    if sample.allocation == "equal":
        return [Fraction(count, len(parts)) for _ in parts]
    whole = sum(part.total for part in parts)
    return [Fraction(count * part.total, whole) for part in parts]


def _targets(parts: Sequence[_Part], sample: Sample, wanted: Sequence[Fraction], record: Record) -> list[int]:
    """Make whole numbers of what is wanted, between what was drawn and what there is."""
    minimum = max(sample.least, 1) if sample.allocation == "neyman" else sample.least
    bounds = [
        (part.least(minimum), part.most) if want else (part.before.drawn, part.before.drawn)
        for part, want in zip(parts, wanted, strict=True)
    ]
    low, high = [floor for floor, _ in bounds], [cap for _, cap in bounds]
    if sample.risk is not None:
        return [min(max(ceil(want), floor), cap) for want, (floor, cap) in zip(wanted, bounds, strict=True)]
    asked = sample.count or floor(sum(wanted) + Fraction(1, 2))
    total = min(max(asked, sum(low)), sum(high))
    if total == sum(low):
        return low
    if sample.allocation == "neyman":
        shares = [_spread(*_known(record, part.group)) for part in parts]
        return neyman([part.total for part in parts], shares, total, floors=low, caps=high)
    return apportion(wanted, total, floors=low, caps=high)


def _spread(errors: int, reviewed: int) -> Fraction:
    """Guess a share of errors for Neyman's allocation: nobody is taken as faultless after a few reviews."""
    return Fraction(errors + 1, reviewed + 2)


def _in_blocks(part: _Part, sample: Sample, seed: int) -> list[Pick]:
    share, seen = _share(sample, part), part.before.seen
    places = range(len(part.new)) if share else range(0)
    return [(at, share) for at in places if in_jittered_blocks(seed, _name(part.group), seen + at, share)]


def _picked(part: _Part, units: Sequence[Finished], n: int, how: tuple[str, int]) -> list[Pick]:
    """Choose *n* of the new units of a group, by a method and a seed."""
    if n == 0:
        return []
    method, seed = how
    start = word(seed, f"start|{part.before.seen}|{_name(part.group)}")
    if method == "systematic":
        return list(systematic([1] * len(units), n, start))
    # The length keeps two names apart that would read alike when joined.
    ranks = [word(seed, f"unit|{len(unit.item)}|{unit.item}|{unit.assignee}") for unit in units]
    if method == "simple":
        return simple(ranks, n)
    for unit in units:
        if not unit.effort:
            subject, remedy = f"effort of item {shown(unit.item)}", 'use method "simple"'
            raise InvalidInput(subject=subject, must="be positive to draw by size", got=0, remedy=remedy)
    order = sorted(range(len(units)), key=ranks.__getitem__)
    sizes = whole_weights([units[at].effort for at in order])
    return [(order[at], inclusion) for at, inclusion in systematic(sizes, n, start)]
