"""Slow obvious versions of what the core does fast.

Holds: one unit at a time, one item at a time, straight from the definition.
Does not hold: anything clever; that would need a twin itself.
Depends on: apportion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import count

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
