"""Who carries which share.

Holds: the ordered set of assignees with their exact weights.
Does not hold: what becomes of the shares (see apportion, static).
Depends on: errors, values, apportion.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Mapping
from collections.abc import Set as AbstractSet
from fractions import Fraction
from typing import Self, TypeAlias

import attrs

from distribution.apportion import whole_weights
from distribution.errors import DuplicateAssignee, InvalidInput, NotFound
from distribution.values import AssigneeId, Number, check_id, decimal_text, exact, in_order

Shares: TypeAlias = Mapping[AssigneeId, Number] | Iterable[tuple[AssigneeId, Number]]
"""Assignees with a number each, as a mapping or as pairs."""


@attrs.frozen
class Workload:
    """The assignees of a task in their order, and an exact weight for each.

    Weights are whole numbers in lowest terms, so two workloads that say the same in
    other words are equal.

    >>> Workload.of({"ann": 50, "bob": 30, "eve": 20}) == Workload.weights({"ann": 5, "bob": 3, "eve": 2})
    True
    >>> str(Workload.even(["ann", "bob", "eve"]))
    'ann 100/3 %, bob 100/3 %, eve 100/3 %'
    """

    assignees: tuple[AssigneeId, ...]
    """In the order in which ties are broken."""
    shares: tuple[int, ...] = attrs.field()
    """One weight for each, in lowest terms."""

    @shares.validator
    def _check(self, _: object, shares: tuple[int, ...]) -> None:
        """Keep out of the constructor what the three ways to build a workload keep out."""
        _pairs(list(zip(self.assignees, shares, strict=False)))
        if len(shares) != len(self.assignees) or whole_weights(shares) != list(shares):
            raise InvalidInput(subject="shares", must="be one for each assignee, in lowest terms", got=shares)

    @classmethod
    def of(cls, loads: Shares) -> Self:
        """Take loads in percent; they must lie between 0 and 100 and sum to exactly 100.

        A float is read as the decimal it prints as: 33.3 is 333/10.

        >>> Workload.of([("ann", "62.5"), ("bob", 37.5)]).shares
        (5, 3)

        Raises:
            InvalidInput: a load or their sum is out of range, or there is nobody.
            DuplicateAssignee: somebody appears twice.
        """
        pairs = _pairs(loads)
        numbers = []
        for assignee, given in pairs:
            subject = f"load of {assignee!r}"
            if isinstance(given, (int, float)) and given < 0:
                raise InvalidInput(subject=subject, must="be between 0 and 100", got=given)
            load = exact(given, subject)
            if load > 100:
                raise InvalidInput(subject=subject, must="be between 0 and 100", got=given)
            numbers.append(load)
        total = sum(numbers, Fraction(0))
        if total != 100:
            named = [f"{a} {decimal_text(n)}" for (a, _), n in zip(pairs, numbers, strict=True)]
            listed = ", ".join(named[:8]) + (f" and {len(named) - 8} more" if len(named) > 8 else "")
            raise InvalidInput(
                subject="loads",
                must="sum to 100",
                got=_Plain(decimal_text(total)),
                detail=listed,
                remedy="for shares of any sum use Workload.weights, for equal ones Workload.even",
            )
        return cls(tuple(a for a, _ in pairs), tuple(whole_weights(numbers)))

    @classmethod
    def weights(cls, weights: Shares) -> Self:
        """Take weights of any sum; only their ratios count.

        >>> Workload.weights({"ann": 2, "bob": 1}).load_of("ann")
        Fraction(200, 3)

        Raises:
            InvalidInput: a weight is negative or no number, all are zero, or there is nobody.
            DuplicateAssignee: somebody appears twice.
        """
        pairs = _pairs(weights)
        numbers = [exact(weight, f"weight of {assignee!r}") for assignee, weight in pairs]
        return cls(tuple(a for a, _ in pairs), tuple(whole_weights(numbers)))

    @classmethod
    def even(cls, assignees: Iterable[AssigneeId]) -> Self:
        """Give everybody the same weight; not the same whole percent, which would be unequal.

        Raises:
            InvalidInput: there is nobody, or an id cannot be used.
            DuplicateAssignee: somebody appears twice.
        """
        in_order(assignees, "assignees")
        return cls.weights([(assignee, 1) for assignee in assignees])

    def with_load(self, assignee: AssigneeId, load: Number) -> Self:
        """Give the workload in which she has this load in percent, and the others share the rest as before.

        She may be new. Where the others have no load at all, hers can only be 100.

        >>> str(Workload.of({"ann": 60, "bob": 40}).with_load("eve", 50))
        'ann 30 %, bob 20 %, eve 50 %'

        Raises:
            InvalidInput: the load is not between 0 and 100, or the sum cannot be 100.
        """
        subject = f"load of {assignee!r}"
        percent = exact(load, subject)
        if percent > 100:
            raise InvalidInput(subject=subject, must="be between 0 and 100", got=load)
        others = [pair for pair in zip(self.assignees, self.shares, strict=True) if pair[0] != assignee]
        rest = sum(share for _, share in others)
        if rest == 0 and percent != 100:
            remedy = "give everybody's loads at once: redistribute"
            raise InvalidInput(
                subject=subject, must="be 100 while nobody else carries any", got=load, remedy=remedy
            )
        scaled = {name: (100 - percent) * Fraction(share, rest or 1) for name, share in others}
        order = self.assignees if assignee in self.assignees else (*self.assignees, assignee)
        return type(self).weights([(name, scaled.get(name, percent)) for name in order])

    def without(self, assignee: AssigneeId) -> Self:
        """Give the workload of the others, in their proportions.

        Raises:
            InvalidInput: nobody else carries a share.
        """
        pairs = zip(self.assignees, self.shares, strict=True)
        return type(self).weights([pair for pair in pairs if pair[0] != assignee])

    def carried_by_others(self, assignee: AssigneeId) -> bool:
        """Tell whether anybody else carries a share."""
        return any(s for name, s in zip(self.assignees, self.shares, strict=True) if name != assignee)

    def load_of(self, assignee: AssigneeId) -> Fraction:
        """Give the share of one assignee in percent, exact.

        Raises:
            NotFound: she is not in the workload.
        """
        return Fraction(100 * self.shares[self.index_of(assignee)], sum(self.shares))

    def index_of(self, assignee: AssigneeId) -> int:
        """Give the place of one assignee, from 0.

        Raises:
            NotFound: she is not in the workload.
        """
        try:
            return self.assignees.index(assignee)
        except ValueError:
            raise NotFound(
                kind="assignee",
                name=assignee,
                place=f"the workload of {len(self.assignees)}",
                remedy="check the spelling; ids are case-sensitive",
            ) from None

    def quotas(self, n: int) -> list[Fraction]:
        """Give the exact share of *n* items of each assignee."""
        total = sum(self.shares)
        return [Fraction(n * share, total) for share in self.shares]

    def __len__(self) -> int:
        """Count the assignees."""
        return len(self.assignees)

    def __str__(self) -> str:
        """Name everybody with her load."""
        total = sum(self.shares)
        loads = (decimal_text(Fraction(100 * share, total)) for share in self.shares)
        return ", ".join(f"{name} {load} %" for name, load in zip(self.assignees, loads, strict=True))


class _Plain(str):
    """A number already written for people: its repr has no quotes."""

    __slots__ = ()

    __repr__ = str.__str__


def _pairs(shares: object) -> list[tuple[AssigneeId, Number]]:
    """Check the ids; keep the order."""
    given: object = shares.items() if isinstance(shares, Mapping) else shares
    if (isinstance(given, (str, bytes, AbstractSet)) and not isinstance(given, ItemsView)) or not isinstance(
        given, Iterable
    ):
        raise InvalidInput(
            subject="a workload", must="be a mapping or pairs of assignee and number", got=shares
        )
    pairs: list[tuple[AssigneeId, Number]] = []
    known = set()
    for pair in given:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InvalidInput(
                subject="an entry of a workload", must="be a pair (assignee, number)", got=pair
            )
        assignee = check_id(pair[0], "assignee id")
        if assignee in known:
            raise DuplicateAssignee(assignee)
        known.add(assignee)
        pairs.append((assignee, pair[1]))
    if not pairs:
        raise InvalidInput(subject="a workload", must="name at least one assignee", got=shares)
    return pairs
