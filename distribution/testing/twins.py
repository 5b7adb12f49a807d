"""Slow obvious versions of what the core does fast.

Holds: one unit at a time, one item at a time, straight from the definition.
Does not hold: anything clever; that would need a twin itself.
Depends on: filters, values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import count
from typing import Any

import attrs

from distribution.filters import AllOf, AnyOf, Compare, Element, Empty, Exists, Filter, Glob, Not, OneOf
from distribution.values import Json

Rank = Callable[[Fraction, int], tuple[int, Fraction]]


def _sqrt_free_hill(weight: Fraction, held: int) -> tuple[int, Fraction]:
    return (1, weight) if held == 0 else (0, weight * weight / (held * (held + 1)))


RANKS: dict[str, Rank] = {
    "webster": lambda weight, held: (0, weight / (held + Fraction(1, 2))),
    "dhondt": lambda weight, held: (0, weight / (held + 1)),
    "adams": lambda weight, held: (1, weight) if held == 0 else (0, weight / held),
    "dean": lambda weight, held: (
        (1, weight) if held == 0 else (0, weight / Fraction(2 * held * (held + 1), 2 * held + 1))
    ),
    "hill": _sqrt_free_hill,
}
"""Claim to the next unit, the textbook's way; a divisor of zero comes first."""


def company(
    line: Sequence[tuple[str, tuple[int, bool], frozenset[str]]], met: Mapping[str, int], size: int
) -> list[str]:
    """Choose from a queue of (item, band, who has it): always who was met least, compared with all and one more."""
    count, left, got = dict(met), list(line), list[str]()
    while left and len(got) < size:
        due = Fraction(sum(count.values()), len(count) + 1)
        urgent = [entry for entry in left if entry[1] == left[0][1]]
        best = min(urgent, key=lambda entry: sum(count.get(other, 0) - due for other in entry[2]))
        left.remove(best)
        got.append(best[0])
        for other in best[2]:
            count[other] = count.get(other, 0) + 1
    return [item for item, _, _ in line if item in got]


def hamilton(weights: Sequence[Fraction], n: int) -> list[int]:
    """Give everybody the whole part of her quota, then the rest by the largest remainder."""
    quotas = [n * weight / sum(weights) for weight in weights]
    seats = [int(quota) for quota in quotas]
    for at in sorted(range(len(seats)), key=lambda i: (seats[i] - quotas[i], i))[: n - sum(seats)]:
        seats[at] += 1
    return seats


def divisor(
    weights: Sequence[Fraction], n: int, method: str, floors: Sequence[int], caps: Sequence[int]
) -> list[int]:
    """Award one unit after the other to the highest claim, ties to the earlier."""
    seats = list(floors)
    while sum(seats) < n:
        claims = [
            (RANKS[method](weight, seats[at]), -at)
            for at, weight in enumerate(weights)
            if weight and seats[at] < caps[at]
        ]
        seats[-max(claims)[1]] += 1
    return seats


def quota_method(weights: Sequence[Fraction], n: int) -> list[int]:
    """Award as D'Hondt among those below their upper quota at the new size."""
    total, seats = sum(weights), [0] * len(weights)
    for size in range(1, n + 1):
        claims = [
            (weight / (seats[at] + 1), -at)
            for at, weight in enumerate(weights)
            if seats[at] < weight * size / total
        ]
        seats[-max(claims)[1]] += 1
    return seats


def tijdeman(weights: Sequence[Fraction], n: int) -> list[int]:
    """Serve, of those who are due, the one with the earliest deadline."""
    total, people = sum(weights), sum(weight > 0 for weight in weights)
    slack = Fraction(1, 2 * people - 2) if people > 1 else Fraction(0)
    held, owners = [0] * len(weights), []
    for turn in range(1, n + 1):
        due = [
            ((held[at] + 1 - slack) * total / weight, at)
            for at, weight in enumerate(weights)
            if weight and weight * turn / total - held[at] >= slack
        ]
        owner = min(due)[1]
        held[owner] += 1
        owners.append(owner)
    return owners


def max_deficit(weights: Sequence[Fraction], n: int) -> list[int]:
    """Serve whoever is furthest below her exact share."""
    total, held, owners = sum(weights), [0] * len(weights), []
    for turn in range(1, n + 1):
        owner = max(range(len(weights)), key=lambda at: (weights[at] * turn / total - held[at], -at))
        held[owner] += 1
        owners.append(owner)
    return owners


def interleaved(counts: Sequence[int]) -> list[int]:
    """Sort everybody's items by (j + 1/2) / count."""
    moments = [
        (Fraction(2 * j + 1, 2 * theirs), owner) for owner, theirs in enumerate(counts) for j in range(theirs)
    ]
    return [owner for _, owner in sorted(moments)]


def fits(pattern: str, text: str) -> bool:
    """Tell whether a text fits a pattern, by trying every length for every star."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[skip:]) for skip in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])


def owners(bounds: Sequence[int], slots: Sequence[int]) -> list[int]:
    """Look every slot up in the intervals, one by one."""
    return [next(owner for owner in count() if slot < bounds[owner + 1]) for slot in slots]


class PlainLine:
    """Sort everything that is left, in every pull."""

    def __init__(self) -> None:
        self.items: dict[int, tuple[int, int]] = {}
        self.seen: set[tuple[str, int]] = set()

    def __len__(self) -> int:
        """Count what is alive."""
        return sum(left > 0 for _, left in self.items.values())

    def extend(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Put one after the other."""
        for position, rank, left in rows:
            self.put(position, left, rank)

    def put(self, position: int, left: int, rank: int) -> None:
        """Write down rank and copies."""
        self.items[position] = rank, left

    def had(self, assignee: str, position: int) -> None:
        """Write down that she has had it."""
        self.seen.add((assignee, position))

    def forgot(self, assignee: str, position: int) -> None:
        """Cross it out."""
        self.seen.discard((assignee, position))

    def fresh(self, assignee: str, n: int) -> list[int]:
        """Sort what is alive and new to her."""
        new = [
            (rank, position)
            for position, (rank, left) in self.items.items()
            if left > 0 and (assignee, position) not in self.seen
        ]
        return [position for _, position in sorted(new)[:n]]


ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "greater": operator.gt,
    "at_least": operator.ge,
    "less": operator.lt,
    "at_most": operator.le,
}
"""What a relation other than equality asks."""


def matches(where: Filter, attributes: Mapping[str, Json]) -> bool:
    """Tell whether a filter holds, from a list of all there is below the attributes."""
    if isinstance(where, Not):
        return not matches(where.clause, attributes)
    if isinstance(where, AllOf):
        return [matches(clause, attributes) for clause in where.clauses].count(False) == 0
    if isinstance(where, AnyOf):
        return [matches(clause, attributes) for clause in where.clauses].count(True) > 0
    everything = _spread(attributes, ())
    ends = [value for steps, value in everything if _leads(steps, where.path, elements=False)]
    parts = [value for steps, value in everything if _leads(steps, where.path, elements=True)]
    if isinstance(where, Exists):
        return bool(ends) != where.negated
    if isinstance(where, Empty):
        return all(
            _typed(value) in [("null", None), ("text", ""), ("list", []), ("mapping", {})] for value in ends
        )
    if isinstance(where, Element):
        return any(isinstance(part, Mapping) and matches(where.clause, part) for part in parts)
    if isinstance(where, Glob):
        return any(isinstance(text, str) and fits(where.pattern, text) for text in ends + parts)
    return _compares(where, [_typed(value) for value in ends + parts])


def _spread(value: Json, steps: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], Json]]:
    """List everything in a value, itself included, with the names and indexes that lead there."""
    found: list[tuple[tuple[str | int, ...], Json]] = [(steps, value)]
    if isinstance(value, Mapping):
        for name, part in value.items():
            found += _spread(part, (*steps, name))
    elif isinstance(value, (list, tuple)):
        for at, part in enumerate(value):
            found += _spread(part, (*steps, at))
    return found


def _leads(steps: Sequence[str | int], path: str, *, elements: bool) -> bool:
    """Tell whether steps are those of a path, lists ignored on the way; one index more for elements."""
    if elements:
        if not steps or isinstance(steps[-1], str):
            return False
        steps = steps[:-1]
    names = [step for step in steps if isinstance(step, str)]
    return names == path.split(".") and isinstance(steps[-1], str)


def _typed(value: Json) -> tuple[str, Any]:
    """Put a value beside its type; a number becomes a Fraction."""
    if value is None or isinstance(value, bool):
        return ("null" if value is None else "truth"), value
    if isinstance(value, (int, float)):
        return "number", Fraction(value)
    if isinstance(value, str):
        return "text", value
    return ("mapping", dict(value)) if isinstance(value, Mapping) else ("list", list(value))


def _compares(where: Compare | OneOf, candidates: Sequence[tuple[str, Any]]) -> bool:
    """Compare all candidates with all values; none at all are one null."""
    if isinstance(where, Compare) and where.relation in ORDERS:
        what, value = _typed(where.value)
        stands = ORDERS[where.relation]
        return any(theirs == what != "null" and stands(other, value) for theirs, other in candidates)
    values = where.values if isinstance(where, OneOf) else (where.value,)
    negated = where.negated if isinstance(where, OneOf) else where.relation == "not_equal"
    wanted = [_typed(value) for value in values]
    return any(candidate in wanted for candidate in candidates or [("null", None)]) != negated


@attrs.define
class PlainTurn:
    """How an item stands with somebody who has or had it."""

    state: str
    since: datetime
    until: datetime | None = None


@attrs.define
class PlainItem:
    """An item of a pulled task, as somebody would write it on a card."""

    name: str
    priority: int
    place: int
    came_back: bool = False
    turns: dict[str, PlainTurn] = attrs.field(factory=dict)

    def holder(self) -> str | None:
        """Name who has it open, or has done it."""
        return next((who for who, turn in self.turns.items() if turn.state in {"open", "done"}), None)

    def state(self, who: str) -> str:
        """Tell how it stands with somebody."""
        return self.turns[who].state if who in self.turns else "never hers"


@attrs.define
class PlainQueue:
    """A task that is pulled from, as a list of cards: all are looked at, and sorted, in every pull.

    No counts, ranks or cursors are kept; one copy of each item. People who are not in
    *active* are paused. An answer is what is handed out, or the name of the reason with
    its numbers.
    """

    items: list[PlainItem]
    active: dict[str, bool]
    batch: int
    cap: int
    lease: timedelta | None
    skip_policy: str
    limits: dict[str, int] = attrs.field(factory=dict)

    def pull(self, who: str, now: datetime) -> tuple[Any, ...]:
        """Hand out the next batch."""
        for item in self.items:
            for turn in item.turns.values():
                if turn.state == "open" and turn.until is not None and turn.until <= now:
                    self._back(item, turn, "returned", now)
        if not self.active[who]:
            return ("Locked",)
        open_ = self._count(who, {"open"})
        if open_ + self.batch > self.cap:
            return "AtCap", open_
        room = self._room(who)
        if room <= 0:
            return "AtLimit", self._count(who, {"open", "done"})
        chosen = list(self._line(who))[: min(self.batch, room)]
        for item in chosen:
            until = None if self.lease is None else now + self.lease
            item.turns[who] = PlainTurn("open", now, until)
        return tuple(item.name for item in chosen) or self._why_nothing(who)

    def _line(self, who: str) -> Iterator[PlainItem]:
        """Give all she may take: what is new to her, what she lost, what she skipped for later."""
        free = sorted(
            (item for item in self.items if item.holder() is None),
            key=lambda item: (-item.priority, not item.came_back, item.place),
        )
        yield from (item for item in free if who not in item.turns)
        yield from (
            item
            for item in free
            if item.state(who) == "returned"
            and not any(self._could_take(other, item) for other in self.active if other != who)
        )
        if self.skip_policy == "later":
            skipped = [item for item in free if item.state(who) == "skipped"]
            yield from sorted(skipped, key=lambda item: item.turns[who].since)

    def _could_take(self, who: str, item: PlainItem) -> bool:
        """Tell whether somebody could take an item if she had finished something."""
        ready = self.active[who] and self._room(who) > 0
        again = self.skip_policy == "later" and item.state(who) == "skipped"
        return ready and (who not in item.turns or again)

    def _why_nothing(self, who: str) -> tuple[Any, ...]:
        free = [item for item in self.items if item.holder() is None]
        skipped = [item for item in free if item.state(who) == "skipped"]
        if skipped:
            everybody = all(
                item.state(other) == "skipped" for item in free for other in self.active if self.active[other]
            )
            return "OnlySkipped", len(skipped), everybody
        if free:
            return "OnlyLost", len(free)
        open_ = [turn for item in self.items for turn in item.turns.values() if turn.state == "open"]
        if open_:
            ends = [turn.until for turn in open_ if turn.until is not None]
            return "AllReserved", len(open_), min(ends, default=None)
        return "QueueEmpty", len(self.items)

    def submit(self, who: str, item: PlainItem, now: datetime) -> bool:
        """Accept her answer, also a late one while nobody else has the item."""
        if not self.active[who] or who not in item.turns or item.holder() not in {None, who}:
            return False
        if item.state(who) == "done":
            return False
        item.turns[who] = PlainTurn("done", now)
        return True

    def clear(self, who: str, item: PlainItem, now: datetime) -> bool:
        """Take her answer back; the item is open again, and hers."""
        if not self.active[who] or item.state(who) != "done":
            return False
        item.turns[who] = PlainTurn("open", now, None if self.lease is None else now + self.lease)
        return True

    def skip(self, who: str, item: PlainItem, now: datetime) -> bool:
        """Let her leave an item out."""
        if not self.active[who] or item.state(who) != "open":
            return False
        if self.skip_policy == "done":
            item.turns[who] = PlainTurn("done", now)
        else:
            self._back(item, item.turns[who], "skipped", now)
        return True

    def release(self, who: str, item: PlainItem, now: datetime) -> bool:
        """Let her give an item back."""
        if not self.active[who] or item.state(who) != "open":
            return False
        self._back(item, item.turns[who], "returned", now)
        return True

    def renew(self, who: str, item: PlainItem, now: datetime) -> bool:
        """Prolong her lease; tell whether that changed anything."""
        if not self.active[who] or item.state(who) != "open":
            return False
        turn = item.turns[who]
        before = turn.since, turn.until
        turn.since = max(turn.since, now)
        if turn.until is not None:
            turn.until = None if self.lease is None else max(turn.until, now + self.lease)
        return (turn.since, turn.until) != before

    def pause(self, who: str, now: datetime) -> None:
        """Lock her assignment; what she has open goes back."""
        self.active[who] = False
        for item in self.items:
            if item.state(who) == "open":
                self._back(item, item.turns[who], "returned", now)

    def _back(self, item: PlainItem, turn: PlainTurn, state: str, now: datetime) -> None:
        """Put an item back at the head of its priority."""
        turn.state, turn.since, turn.until = state, now, None
        item.came_back = True

    def _room(self, who: str) -> int:
        return self.limits.get(who, 10**9) - self._count(who, {"open", "done"})

    def _count(self, who: str, states: set[str]) -> int:
        return sum(item.state(who) in states for item in self.items)
