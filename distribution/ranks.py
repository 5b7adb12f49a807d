"""Places in a queue as one whole number: priority first, then what came back, then the order.

Holds: how the number is made and read.
Does not hold: queues (see line, and the stores).
Depends on: draw, values.

One number is one index column in every store, and sorts alike everywhere. With
priority 0 the rank of what never came back is just its slot.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from distribution.draw import word
from distribution.values import ItemId

QueueOrder: TypeAlias = Literal["fifo", "random"]
QUEUE_ORDERS = ("fifo", "random")

BAND = 1 << 42
"""Ranks of one priority."""
BACK = BAND >> 1
"""So much further forward stands what came back."""


def rank(slot: int, priority: int = 0) -> int:
    """Give the place of something that has not been handed out yet.

    >>> rank(5), rank(5, priority=1) < rank(0) < rank(1)
    (5, True)
    """
    return slot - priority * BAND


def first(slot: int, order: str, item: ItemId, seed: int) -> int:
    """Give the slot of an item in a queue: as it came, or by chance, whatever comes beside it.

    A random place is a function of seed and id, so items added later mix with the others
    as if all had come together.
    """
    return slot if order == "fifo" else word(seed, f"queue|{item}") % BACK


def ahead(place: int) -> int:
    """Give the place at the head of its priority, for what came back; the order among those stays.

    >>> ahead(5) < rank(0), ahead(5) < ahead(6), ahead(ahead(5)) == ahead(5)
    (True, True, True)
    """
    return place if _offset(place) < 0 else place - BACK


def slot_of(place: int) -> int:
    """Give the slot that a rank was made of.

    >>> slot_of(rank(5, 3)), slot_of(ahead(rank(5, 3)))
    (5, 5)
    """
    return _offset(place) % BACK


def priority_of(place: int) -> int:
    """Give the priority that a rank was made of.

    >>> priority_of(rank(5, 3)), priority_of(ahead(rank(5, -3)))
    (3, -3)
    """
    return -((place + BACK) // BAND)


def band(place: int) -> tuple[int, bool]:
    """Give what comes before everything else: the less comes first, by priority and then by what came back.

    >>> band(rank(5, 3)) < band(ahead(rank(9))) < band(rank(0)) == band(rank(7))
    True
    """
    return -priority_of(place), _offset(place) >= 0


def base(place: int) -> int:
    """Give the rank as it was before anything came back.

    >>> base(ahead(rank(5, 3))) == rank(5, 3)
    True
    """
    if 0 <= place < BACK:
        # Without priorities, and never back: nearly always.
        return place
    return rank(slot_of(place), priority_of(place))


def _offset(place: int) -> int:
    """Give the place within its priority: from -BACK to BACK."""
    return (place + BACK) % BAND - BACK
