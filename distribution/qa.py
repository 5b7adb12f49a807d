"""Review of finished work: what a QA task remembers, and what its items stand for.

Holds: the settings of a QA task, units of finished work, items made of them, their verdicts,
which of them a lot is judged by, the rule that keeps authors away.
Does not hold: the draw (see sampling), rates (see error_rates), plans (see acceptance), who
reviews (see static, handing), sending work back (see sending_back).
Depends on: acceptance, basis, draw, error_rates, errors, events, filters, lifecycle, overlap,
rules, samples, sampling, values.

A QA task is a task like any other. Its items stand for finished placements of another;
rules keep every author from her own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Literal, TypeAlias, cast

import attrs

from distribution.acceptance import AcceptancePlan
from distribution.basis import Basis, ByCount, Stratified
from distribution.draw import word
from distribution.error_rates import Review
from distribution.errors import InvalidInput, Refused, in_words
from distribution.events import Cell
from distribution.filters import kind, reach
from distribution.lifecycle import SKIPPED
from distribution.overlap import Overlap
from distribution.rules import Rules, check_rules
from distribution.samples import Sample
from distribution.sampling import Chosen, Finished, Tally
from distribution.values import AssigneeId, Item, ItemId, Json, TaskId, check_ids

SendTo: TypeAlias = Literal["author", "others"]
SENDS = ("author", "others")
AUTHOR = "qa.author"
"""Path of the attribute that names who did the work."""


def check_send(value: SendTo) -> SendTo:
    """Return where rejected work goes, else raise.

    Raises:
        InvalidInput: it is no such word.
    """
    if value not in SENDS:
        raise InvalidInput(
            subject="where rejected work goes", must=f"be one of {', '.join(SENDS)}", got=value
        )
    return value


def _statuses(value: Iterable[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise InvalidInput(subject="statuses", must="be a list", got=value)
    return check_ids(value, "status")


@attrs.frozen(kw_only=True)
class Qa:
    """What a QA task remembers: whose work it looks at, how much of it, and what comes of a rejection."""

    parent: TaskId
    """The task whose work is reviewed."""
    sample: Sample
    statuses: tuple[str, ...] = attrs.field(default=(), converter=_statuses)
    """Only work with one of these is reviewed; with none, all that is finished."""
    rejecting: tuple[str, ...] = attrs.field(default=("discard",), converter=_statuses)
    """Statuses of a review that send the work back."""
    sends: SendTo = attrs.field(default="author", converter=check_send)
    """To its author, or to somebody who has not had it."""
    seed: int = 0
    tally: Tally
    """What has been drawn from so far."""
    version: int
    """Of the parent, up to which its work was looked at."""

    @property
    def lot(self) -> int:
        """Count the finished work that was drawn from."""
        return sum(group.seen for group in self.tally.groups)

    @property
    def plan(self) -> AcceptancePlan | None:
        """Give the acceptance plan the sample was drawn for, if it was, and there is a lot."""
        return None if self.sample.aql is None or not self.lot else self.sample.aql.plan(self.lot)


@attrs.frozen
class Unit:
    """One finished placement: a person's work on an item."""

    item: ItemId
    assignee: AssigneeId
    cell: Cell
    attributes: Mapping[str, Json] = attrs.field(hash=False)
    effort: str
    alone: bool
    """Nobody else has the item."""

    @property
    def about(self) -> dict[str, Json]:
        """Tell whose work it is and how it was finished: what its review says under "qa"."""
        return {
            "item": self.item,
            "author": self.assignee,
            "finished": self.cell.since.isoformat(timespec="microseconds"),
            "status": self.cell.status,
            "answer": self.cell.answer,
        }

    def record(self) -> dict[str, Json]:
        """Give what filters over work look at: the attributes of the item, and "qa"."""
        return {**self.attributes, "qa": self.about}

    def finished(self, key: str | None) -> Finished:
        """Give it as the draw looks at it; *key* is the path that names its stratum."""
        return Finished(self.item, self.assignee, _stratum(self.attributes, key), Fraction(self.effort))


def _stratum(attributes: Mapping[str, Json], key: str | None) -> str | None:
    found = [] if key is None else list(reach(dict(attributes), key))
    value = found[0] if found else None
    return value if value is None or isinstance(value, str) else f"{value} ({kind(value)})"


def in_order(units: Iterable[Unit]) -> list[Unit]:
    """Sort units as they finished; ties by item and assignee."""
    return sorted(units, key=lambda unit: (unit.cell.since, unit.item, unit.assignee))


def in_turns(chosen: Iterable[Chosen]) -> list[Chosen]:
    """Let authors take turns, each as often as she has work there: every batch is then of all of them.

    The work of each stays in its order; ties are in the order in which they came.

    >>> drawn = [Chosen(Finished(f"i{n}", who), None, Fraction(1)) for n, who in enumerate("aaab")]
    >>> [each.unit.item for each in in_turns(drawn)]
    ['i0', 'i1', 'i3', 'i2']
    """
    drawn = list(chosen)
    whole, before = Counter(each.unit.assignee for each in drawn), Counter[AssigneeId]()
    turns: list[Fraction] = []
    for author in (each.unit.assignee for each in drawn):
        turns.append(Fraction(2 * before[author] + 1, 2 * whole[author]))
        before[author] += 1
    return [drawn[at] for at in sorted(range(len(drawn)), key=turns.__getitem__)]


def review_item(unit: Unit, chosen: Chosen) -> Item:
    """Make the item that stands for a unit.

    It has the attributes of what it stands for, and under "qa" whose work it is, with
    which probability it was drawn, in which group, and when it was finished.
    """
    name = unit.item if unit.alone else f"{unit.item} by {unit.assignee}"
    about = {**unit.about, "inclusion": str(chosen.inclusion), "group": chosen.group}
    return Item(
        name,
        effort=Fraction(unit.effort),
        attributes={**unit.attributes, "qa": about},
    )


def reviewing_rules(rules: Rules | None, *, own: bool) -> Rules | None:
    """Add to the rules of a review that nobody gets her own work, unless *own*.

    Raises:
        InvalidInput: the rules keep others from items too, and they can name only one attribute for it.
    """
    given = check_rules(rules)
    if own:
        return given
    if given is not None and given.blocked not in {None, AUTHOR}:
        must, remedy = "leave blocked to the authors of the work", "say who may with reserved, or own=True"
        raise InvalidInput(subject="rules of a review", must=must, got=given.blocked, remedy=remedy)
    return attrs.evolve(given or Rules(), blocked=AUTHOR)


def reviewing_basis(rules: Rules | None, overlap: Overlap | None) -> Basis:
    """Say how reviews are shared out: where no rule looks at authors, so that each one's work is divided.

    With rules the work of each is spread anyway (see mixing); overlap goes by count alone.
    """
    return Stratified(AUTHOR) if rules is None and overlap is None else ByCount()


def is_work(cell: Cell, statuses: Sequence[str]) -> bool:
    """Tell whether a placement is finished work to look at: with one of these statuses, or any but a skip."""
    return cell.state == "done" and (cell.status in statuses if statuses else cell.status != SKIPPED)


@attrs.frozen
class Rejected:
    """Work that a review rejected: whose, on what, and when it had been finished."""

    item: ItemId
    author: AssigneeId
    finished: datetime


def rejected(qa: Qa, attributes: Mapping[str, Json], cells: Iterable[Cell]) -> Rejected | None:
    """Tell what of an item of a QA task goes back; None where nobody rejected it."""
    if not any(cell.state == "done" and cell.status in qa.rejecting for cell in cells):
        return None
    about = cast("Mapping[str, str]", attributes["qa"])
    return Rejected(about["item"], about["author"], datetime.fromisoformat(about["finished"]))


def verdict(qa: Qa, attributes: Mapping[str, Json], cells: Iterable[Cell]) -> Review | None:
    """Give what came out for an item of a QA task; None before all its reviewers are done.

    With several reviewers one rejection is enough. A skip is no review.
    """
    reviews = [cell for cell in cells if cell.status != SKIPPED]
    if not reviews or any(cell.state != "done" for cell in reviews):
        return None
    about = cast("Mapping[str, str]", attributes["qa"])
    failed = any(cell.status in qa.rejecting for cell in reviews)
    return Review(failed, Fraction(about["inclusion"]), about["group"])


@attrs.frozen(kw_only=True)
class Reviewed:
    """One drawn piece of work, and what its reviewers say of it."""

    name: ItemId
    """The item that stands for it."""
    item: ItemId
    author: AssigneeId
    inclusion: Fraction
    group: str | None
    review: Review | None
    """None as long as a reviewer has it open, and where nobody reviewed it."""
    open: bool
    """A review is to come."""
    at: datetime | None
    """When the last of its reviewers did something."""


def reviewed(
    qa: Qa, name: ItemId, attributes: Mapping[str, Json], cells: Collection[Cell], left: int
) -> Reviewed:
    """Read an item of a QA task, with the cells of those who have it and the copies that are left."""
    about = cast("Mapping[str, str]", attributes["qa"])
    return Reviewed(
        name=name,
        item=about["item"],
        author=about["author"],
        inclusion=Fraction(about["inclusion"]),
        group=about["group"],
        review=None if left else verdict(qa, attributes, cells),
        open=left > 0 or any(cell.state != "done" for cell in cells),
        at=max((cell.since for cell in cells), default=None),
    )


def lot_errors(task_id: TaskId, qa: Qa, drawn: Iterable[Reviewed], size: int) -> int:
    """Count the errors in the first *size* pieces that were drawn, in an order fixed by the draw.

    A plan speaks of a sample of its own size: more reviews neither help nor harm. Which
    pieces count is chance, and known before anybody looks at them. One that all its
    reviewers skipped is passed over; of work that was done anew the first round counts.

    Raises:
        Refused: the sample does not stand for a lot, is smaller than that, or some of these
            pieces are not reviewed yet.
    """
    first: dict[tuple[ItemId, AssigneeId], Reviewed] = {}
    for piece in drawn:
        first.setdefault((piece.item, piece.author), piece)
    lot = f"the lot of task {task_id!r}"
    _check_alike(lot, qa, first.values())
    order = sorted(first.values(), key=lambda piece: word(qa.seed, f"lot|{piece.name}"))
    counted = [piece for piece in order if piece.open or piece.review is not None][:size]
    if len(counted) < size:
        what = f"has a sample of {len(counted)} and the plan asks for {size}"
        remedy = f"draw as many: create_qa with Sample(aql=...) or Sample(count={size})"
        raise Refused(lot, what, remedy)
    if missing := [piece.name for piece in counted if piece.review is None]:
        what = f"lacks {len(missing)} of the {size} reviews that count, those of {in_words(missing)}"
        raise Refused(lot, what, "finish them first")
    return sum(piece.review is not None and piece.review.failed for piece in counted)


def _check_alike(lot: str, qa: Qa, drawn: Iterable[Reviewed]) -> None:
    """Refuse a sample in which not all work of the lot had the same chance."""
    chances: dict[str | None, set[Fraction]] = {}
    for piece in drawn:
        chances.setdefault(piece.group, set()).add(piece.inclusion)
    waves = qa.sample.percent is None and any(len(found) > 1 for found in chances.values())
    if waves or not qa.sample.alike:
        how = "in draws of unequal chance" if waves else "so that some work has more chance than other"
        remedy = "draw one sample for each lot, with Sample(aql=...) or Sample(count=...)"
        raise Refused(lot, f"was drawn {how}, of which no plan speaks", remedy)
