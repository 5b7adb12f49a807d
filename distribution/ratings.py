"""Who answered what about which item.

Holds: ratings as a value, and what an answer may be.
Does not hold: who agrees with whom (see agreement), the right answer (see aggregation).
Depends on: errors, values.

Inside, names are places: an item, an assignee and an answer are each the place at which
they first appeared, so that counting works on small integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from typing import TypeAlias

import attrs

from distribution.errors import InvalidInput, shown
from distribution.values import ITEM_ID_LIMIT, AssigneeId, ItemId, check_id, check_index, exact

Answer: TypeAlias = str | int | float | Decimal | Fraction
"""What somebody said about an item: text, or a number. Equal numbers are one answer, 1 and "1" are two."""

PLAIN = {str, int, float}
"""Types of which a value that was seen before needs no second look."""
UNORDERED = (str, bytes, Mapping, AbstractSet)
"""What can be gone through and is no list of things."""


@attrs.frozen(kw_only=True)
class Ratings:
    """Who answered what about which item; build it with `Ratings.of`."""

    items: tuple[ItemId, ...]
    """In order of first appearance, as everything here."""
    assignees: tuple[AssigneeId, ...]
    answers: tuple[Answer, ...]
    """The scale. In the order that was given, else in order of first appearance."""
    rows: tuple[tuple[tuple[int, int], ...], ...]
    """For each item the places of assignee and answer, one pair for each rating."""
    ordered: bool
    """Whether the order of the scale was given."""
    repeated: bool
    """Whether somebody answered an item more than once."""

    @classmethod
    def of(
        cls,
        records: Iterable[tuple[ItemId, AssigneeId, Answer]],
        *,
        answers: Iterable[Answer] | None = None,
        repeats: bool = False,
    ) -> Ratings:
        """Read ratings from triples of item, assignee and answer.

        *answers* gives the scale from its lowest to its highest end; it may name answers that
        nobody chose, and then no other counts. With *repeats* an assignee may answer an item
        more than once, and every answer counts.

        Runtime: O(records).

        >>> ratings = Ratings.of([("i1", "ann", "cat"), ("i1", "bob", "dog"), ("i2", "ann", "cat")])
        >>> ratings.items, ratings.assignees, ratings.answers
        (('i1', 'i2'), ('ann', 'bob'), ('cat', 'dog'))

        Raises:
            InvalidInput: a record is no triple, an answer is neither text nor a finite number
                or is not on the scale, or somebody answers an item twice.
        """
        items: dict[object, int] = {}
        assignees: dict[object, int] = {}
        scale = _scale(answers)
        check_answer = _check_answer if answers is None else _on(scale)
        rows: list[list[tuple[int, int]]] = []
        seen: set[tuple[int, int]] = set()
        for item, assignee, answer in _triples(records):
            at = _place(items, item, _check_item)
            if at == len(rows):
                rows.append([])
            who = _place(assignees, assignee, _check_assignee)
            said = _place(scale, answer, check_answer)
            if (at, who) in seen and not repeats:
                before = next(s for w, s in rows[at] if w == who)
                raise _twice(item, assignee, (tuple(scale)[before], answer))
            seen.add((at, who))
            rows[at].append((who, said))
        return cls(
            items=tuple(items),  # type: ignore[arg-type]  # checked above
            assignees=tuple(assignees),  # type: ignore[arg-type]
            answers=tuple(scale),  # type: ignore[arg-type]
            rows=tuple(map(tuple, rows)),
            ordered=answers is not None,
            repeated=len(seen) < sum(map(len, rows)),
        )

    @property
    def numeric(self) -> bool:
        """Tell whether every answer of the scale is a number."""
        return not any(isinstance(answer, str) for answer in self.answers)

    def records(self) -> Iterator[tuple[ItemId, AssigneeId, Answer]]:
        """Give the triples again, item by item."""
        for item, row in zip(self.items, self.rows, strict=True):
            for who, said in row:
                yield item, self.assignees[who], self.answers[said]

    def votes(self) -> list[dict[int, int]]:
        """Count for each item how often which answer was given, by its place.

        Runtime: O(records).

        >>> Ratings.of([("i1", "ann", "cat"), ("i1", "bob", "dog"), ("i1", "eve", "dog")]).votes()
        [{0: 1, 1: 2}]
        """
        counted: list[dict[int, int]] = []
        for row in self.rows:
            votes: dict[int, int] = {}
            for _, said in row:
                votes[said] = votes.get(said, 0) + 1
            counted.append(votes)
        return counted

    def once(self) -> Ratings:
        """Return itself if nobody answered an item more than once.

        Raises:
            InvalidInput: somebody did; her agreement with herself is not agreement.
        """
        if self.repeated:
            raise InvalidInput(
                subject="ratings",
                must="hold at most one answer of each assignee to an item",
                got="repeats",
                remedy="leave repeats out where agreement is measured",
            )
        return self


Check: TypeAlias = Callable[[object], object]
"""Returns what can be used, else raises."""


def _check_item(value: object) -> str:
    return check_id(value, "item id", ITEM_ID_LIMIT)


def _check_assignee(value: object) -> str:
    return check_id(value, "assignee id")


def _check_answer(value: object) -> Answer:
    """Return text or a finite number, else raise."""
    if isinstance(value, str):
        return check_id(value, "answer", ITEM_ID_LIMIT)
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)):
        raise InvalidInput(subject="answer", must="be text or a number", got=value)
    if isinstance(value, Integral):
        return check_index(value, "answer")
    number = value if isinstance(value, (Decimal, Fraction)) else float(value)
    # `exact` refuses what is negative; here a sign is as good as none.
    exact(number.copy_abs() if isinstance(number, Decimal) else abs(number), "answer")
    return number


def _on(scale: Mapping[object, int]) -> Check:
    """Give a check that an answer is on the scale."""

    def check(value: object) -> object:
        answer = _check_answer(value)
        if answer not in scale:
            raise InvalidInput(
                subject="answer", must="be on the scale that was given", got=value, remedy="add it to answers"
            )
        return answer

    return check


def _scale(answers: Iterable[Answer] | None) -> dict[object, int]:
    """Check the scale, and number it."""
    if answers is None:
        return {}
    if isinstance(answers, UNORDERED) or not isinstance(answers, Iterable):
        raise InvalidInput(
            subject="answers", must="be a list, from the lowest to the highest answer", got=answers
        )
    scale: dict[object, int] = {}
    for place, answer in enumerate(answers):
        if _place(scale, answer, _check_answer) < place:
            raise InvalidInput(subject="answers", must="name each answer once", got=answer)
    return scale


def _place(places: dict[object, int], value: object, check: Check) -> int:
    """Look up the place of a value; check what is new and give it the next."""
    place = places.get(value) if type(value) in PLAIN else None
    if place is None:
        place = places.setdefault(check(value), len(places))
    return place


def _triples(records: object) -> Iterator[tuple[object, object, object]]:
    """Yield what is a triple, else raise."""
    if isinstance(records, UNORDERED) or not isinstance(records, Iterable):
        raise InvalidInput(
            subject="ratings", must="be triples of item, assignee and answer in an order", got=records
        )
    for record in records:
        if (
            isinstance(record, UNORDERED)
            or not isinstance(record, Iterable)
            or len(triple := tuple(record)) != 3
        ):
            raise InvalidInput(subject="a rating", must="be an item, an assignee and an answer", got=record)
        yield triple


def _twice(item: object, assignee: object, said: tuple[object, object]) -> InvalidInput:
    """Say that somebody answered twice."""
    return InvalidInput(
        subject=f"assignee {shown(assignee)}",
        must=f"answer item {shown(item)} once",
        got=list(said),
        remedy="drop one, or count all with repeats=True",
    )
