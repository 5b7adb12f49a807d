"""Gold: items whose answer is known, and where somebody meets them.

Holds: which places are gold, which gold she gets, how much is needed.
Does not hold: what her answers to it mean (see gates), ordinary work (see handing).
Depends on: draw, errors, values.

A place counts everything one assignee was handed, gold and ordinary, from 0. Gold is
extra to her share. Whether a place is gold is a function of seed, assignee and place:
nothing has to be remembered but how much she was handed. It cannot be told apart by its
place: within its block it stands anywhere with the same probability.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from decimal import ROUND_HALF_EVEN, Context
from fractions import Fraction
from functools import cache
from math import fsum, isqrt, perm
from typing import TypeAlias

import attrs

from distribution.draw import permutation, word
from distribution.errors import InvalidInput
from distribution.values import (
    AssigneeId,
    Item,
    ItemId,
    check_count,
    check_id,
    check_seed,
    exact,
    item_ids,
)

PLACE_LIMIT = 10**12
"""Nobody is handed more."""
FIRST_BLOCK = 10
"""Places before the first gold that the fading schedule adds: target(10) is 1."""
LEAST_PERCENT = Fraction(1, 10_000)
_CONTEXT = Context(prec=40, rounding=ROUND_HALF_EVEN, traps=[])
"""Its logarithms are correctly rounded, exact for powers of ten."""


def _place(value: object) -> int:
    place = check_count(value, "place")
    if place > PLACE_LIMIT:
        raise InvalidInput(subject="place", must=f"be at most {PLACE_LIMIT}", got=value)
    return place


def _share(value: object) -> Fraction:
    share = exact(value, "percent of gold")
    if not LEAST_PERCENT <= share <= 50:
        raise InvalidInput(subject="percent of gold", must="be between 0.0001 and 50", got=value)
    return share


@attrs.frozen
class Block:
    """A stretch of places with a number of gold among them."""

    start: int
    length: int
    gold: int


@attrs.frozen
class GoldShare:
    """A percent of what one is handed: one gold in every block of ceil(100 / percent) places.

    Before any place the number of gold is less than 1 off its part of the places.

    >>> GoldShare(5).block(47)
    Block(start=40, length=20, gold=1)

    Raises:
        InvalidInput: the percent is not from 0.0001 to 50.
    """

    percent: Fraction = attrs.field(converter=_share)

    def block(self, place: int) -> Block:
        """Give the block of a place."""
        length = -(-100 // self.percent)
        return Block(place // length * length, length, 1)

    def most(self, places: int) -> int:
        """Give how many gold so many places can hold at most: the block begun counts."""
        return -(-places // self.block(0).length)


def _first(value: object) -> int:
    first = check_count(value, "first", least=1)
    if first > FIRST_BLOCK:
        raise InvalidInput(subject="first", must=f"be at most {FIRST_BLOCK}", got=value)
    return first


@attrs.frozen
class GoldFading:
    """Much gold at first, less and less later: *first* among ten places, then one whenever `target` grows.

    Blocks end at places 10, 23, 44, 75, 119; each gold stands anywhere in its block.

    >>> GoldFading(3).block(0), GoldFading(3).block(30)
    (Block(start=0, length=10, gold=3), Block(start=23, length=21, gold=1))

    Raises:
        InvalidInput: *first* is not from 1 to 10.
    """

    first: int = attrs.field(default=3, converter=_first)

    def block(self, place: int) -> Block:
        """Give the block of a place."""
        level = target(place)
        if level < 1:
            return Block(0, FIRST_BLOCK, self.first)
        start = _begins(level)
        return Block(start, _begins(level + 1) - start, 1)

    def most(self, places: int) -> int:
        """Give how many gold so many places can hold at most: the block begun counts."""
        if places <= FIRST_BLOCK:
            return min(places, self.first)
        return self.first + target(places - 1)


Gold: TypeAlias = GoldShare | GoldFading


def target(units: int) -> int:
    """Give how much gold beyond the first is due after so many units: ceil(log10(units + 1)^2.2) - 1.

    Computed in decimals of fixed length, the same everywhere. -1 before the first unit.

    Runtime: O(log log units) comparisons.

    >>> [target(units) for units in (0, 9, 10, 100, 1000)]
    [-1, 0, 1, 4, 11]

    Raises:
        InvalidInput: *units* is not a whole number from 0 to 10^12.

    Source: Mephisto, use_gold_unit.
    """
    power = Fraction(_CONTEXT.log10(_place(units) + 1)) ** 11
    # The least c with c >= x^(11/5) is the least with c^5 >= x^11; 12^2.2 is below 256.
    return bisect_left(range(256), power, key=lambda c: Fraction(c**5)) - 1


@cache
def _begins(level: int) -> int:
    """Find the first number of units with a target; beyond the limit where there is none below it."""
    return bisect_left(range(min(10 ** (isqrt(level) + 1), PLACE_LIMIT) + 1), level, key=target)


def due(gold: Gold, seed: int, assignee: AssigneeId, place: int) -> bool:
    """Tell whether a place is gold: *place* things were handed to her before, gold among them.

    In its block each place is gold with the same probability, for each assignee independently.

    Runtime: O(1) for a share; some decimals for the fading schedule.

    >>> [place for place in range(40) if due(GoldShare(10), 7, "ann", place)]
    [7, 17, 23, 33]

    Raises:
        InvalidInput: seed, assignee or place cannot be used.
    """
    block = gold.block(_place(place))
    name = f"gold place {block.start} {check_id(assignee, 'assignee id')}"
    if block.gold == 1:
        return place - block.start == word(check_seed(seed), name) % block.length
    return place - block.start in permutation(check_seed(seed), name, block.length)[: block.gold]


def choose(
    pool: Iterable[ItemId | Item], seen: Collection[ItemId], seed: int, assignee: AssigneeId
) -> ItemId | None:
    """Choose the gold she gets: one she never had, in an order of her own; None when there is none left.

    Her order is a function of seed, assignee and the ids alone: it does not change when the
    pool grows or loses some, and tells nothing of ids.

    Runtime: O(pool).

    >>> choose(["g1", "g2", "g3"], {"g2"}, 7, "ann") in {"g1", "g3"}
    True
    >>> choose(["g1"], {"g1"}, 7, "ann") is None
    True

    Raises:
        InvalidInput: an id or the seed cannot be used.
    """
    left = (item for item in item_ids(pool) if item not in seen)
    return min(left, key=_place_of(seed, assignee), default=None)


def own_order(pool: Iterable[ItemId | Item], seed: int, assignee: AssigneeId) -> list[ItemId]:
    """Give all gold in the order in which she gets it: what `choose` chooses, one after the other.

    Runtime: O(pool * log(pool)).

    >>> own_order(["g1", "g2", "g3"], 7, "ann") == own_order(["g3", "g2", "g1"], 7, "ann")
    True

    Raises:
        InvalidInput: an id or the seed cannot be used.
    """
    return sorted(item_ids(pool), key=_place_of(seed, assignee))


def _place_of(seed: int, assignee: AssigneeId) -> Callable[[ItemId], tuple[int, ItemId]]:
    seed, name = check_seed(seed), f"gold item {len(check_id(assignee, 'assignee id'))} {assignee} "
    return lambda item: (word(seed, name + item), item)


def mixed(
    items: Iterable[ItemId | Item],
    pool: Iterable[ItemId | Item],
    *,
    gold: Gold,
    seed: int,
    assignee: AssigneeId,
) -> list[ItemId]:
    """Give what she meets from her first place on: her items in their order, with gold between them.

    Every item is met, no gold twice. It ends with the last item; when the pool is used up,
    items take the places of gold. What of it is gold the caller knows by the pool.

    Runtime: O(items + gold * pool).

    >>> mixed(["a", "b", "c"], ["g"], gold=GoldShare(50), seed=7, assignee="ann")
    ['a', 'g', 'b', 'c']

    Raises:
        InvalidInput: an id cannot be used, or stands twice, or in both.
    """
    ordinary, known = list(item_ids(items)), list(item_ids(pool))
    if len({*ordinary, *known}) < len(ordinary) + len(known):
        twice, _ = Counter([*ordinary, *known]).most_common(1)[0]
        raise InvalidInput(subject="items and gold", must="be different", got=twice)
    met: list[ItemId] = []
    had: set[ItemId] = set()
    for item in ordinary:
        while due(gold, seed, assignee, len(met)):
            chosen = choose(known, had, seed, assignee)
            if chosen is None:
                break
            had.add(chosen)
            met.append(chosen)
        met.append(item)
    return met


def no_repeat_chance(draws: int, pool: int) -> float:
    """Give the probability that draws with replacement from a pool are all different.

    >>> round(no_repeat_chance(5, 20), 4)
    0.5814

    Raises:
        InvalidInput: a number makes no sense.
    """
    draws, pool = check_count(draws, "draws"), check_count(pool, "pool", least=1)
    return float(Fraction(perm(pool, draws), pool**draws)) if draws <= pool else 0.0


def draws_to_see_all(pool: int) -> float:
    """Give how many draws with replacement it takes on average until a whole pool is known.

    So fast does a pool leak to people who talk; retire gold by exposure.

    Runtime: O(pool).

    >>> round(draws_to_see_all(10), 1)
    29.3

    Raises:
        InvalidInput: *pool* is not a whole number of at least 1.

    Source: the coupon collector; Feller, An Introduction to Probability Theory (1968), IX.
    """
    pool = check_count(pool, "pool", least=1)
    return fsum(pool / left for left in range(1, pool + 1))


def pool_needed(gold: Gold, places: int) -> int:
    """Give how many gold items suffice so that nobody who is handed so much meets one twice.

    *places* counts everything she is handed, gold included.

    >>> pool_needed(GoldShare(5), 1000)
    50

    Raises:
        InvalidInput: *places* is not a whole number from 0 to 10^12.
    """
    return gold.most(_place(places))
