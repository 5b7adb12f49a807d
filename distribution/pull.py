"""How a task hands out its work: batches, caps, leases, and what a skip means.

Holds: the settings of a pulling task, the batch that is best for a team, advice.
Does not hold: the decision to hand out (see handing), queues.
Depends on: errors, ranks, values.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from math import isqrt
from typing import Literal, TypeAlias

import attrs

from distribution.errors import InvalidInput
from distribution.ranks import QUEUE_ORDERS, QueueOrder
from distribution.values import Number, check_count, exact

SkipPolicy: TypeAlias = Literal["others", "later", "done"]
SKIP_POLICIES = ("others", "later", "done")
Profile: TypeAlias = Literal["core", "dataloop"]
PROFILES = ("core", "dataloop")

LEASE_LIMIT = timedelta(days=3650)
BATCH_LIMIT = 10_000
"""Items of a batch at most; one transaction grants them."""
SMALLEST_ADVICE, LARGEST_ADVICE = 3, 100
"""Batches outside are never recommended."""


def _batch(value: object) -> int:
    number = check_count(value, "batch_size", least=1)
    if number > BATCH_LIMIT:
        raise InvalidInput(subject="batch_size", must=f"be at most {BATCH_LIMIT}", got=value)
    return number


def _cap(value: object) -> int:
    return check_count(value, "max_batch_workload", least=1)


def check_lease(value: timedelta | None) -> timedelta | None:
    """Return how long a lease lasts, else raise.

    Raises:
        InvalidInput: it is no timedelta, not positive, or ten years.
    """
    if value is None:
        return None
    if not isinstance(value, timedelta):
        raise InvalidInput(
            subject="lease", must="be a timedelta", got=value, remedy="use timedelta(minutes=30)"
        )
    if not timedelta(0) < value <= LEASE_LIMIT:
        raise InvalidInput(subject="lease", must="be longer than nothing, at most ten years", got=value)
    return value


@attrs.frozen(kw_only=True)
class Pull:
    """Assignees pull items in batches; nobody has more than a cap of them open.

    A first pull gives one batch, not the cap; another whole batch follows whenever open
    items and batch together stay within the cap, so cap minus batch is the low-water mark.
    The last batch may be short.

    >>> Pull(batch_size=10, max_batch_workload=15).low_water
    5

    Raises:
        InvalidInput: batch or cap cannot be used together.
    """

    batch_size: int = attrs.field(converter=_batch)
    """Items handed out at once."""
    max_batch_workload: int = attrs.field(converter=_cap)
    """Open items one assignee may have at most: the cap."""
    lease: timedelta | None = attrs.field(default=None, converter=check_lease)
    """How long items are reserved; None for ever. Later they go to others."""
    order: QueueOrder = attrs.field(default="fifo")
    """fifo: as they came; random: by seed and id. Priority and what came back go first."""
    skip: SkipPolicy = attrs.field(default="others")
    """others: somebody else gets it; later: she herself gets it again at the end; done: it counts as done."""

    @max_batch_workload.validator
    def _check_cap(self, _: object, cap: int) -> None:
        if cap < self.batch_size:
            raise InvalidInput(
                subject=f"max_batch_workload for batch_size {self.batch_size}",
                must=f"be at least {self.batch_size}",
                got=cap,
            )

    @order.validator
    def _check_order(self, _: object, value: object) -> None:
        if value not in QUEUE_ORDERS:
            raise InvalidInput(subject="order", must=f"be one of {', '.join(QUEUE_ORDERS)}", got=value)

    @skip.validator
    def _check_skip(self, _: object, value: object) -> None:
        if value not in SKIP_POLICIES:
            raise InvalidInput(subject="skip", must=f"be one of {', '.join(SKIP_POLICIES)}", got=value)

    @property
    def low_water(self) -> int:
        """Give the number of open items at which another batch is granted."""
        return self.max_batch_workload - self.batch_size

    def checked(self, profile: Profile) -> Pull:
        """Return itself if it keeps the limits of a platform: 3 to 100, batch + 2 to twice the batch.

        >>> Pull(batch_size=5, max_batch_workload=12).checked("dataloop")
        Traceback (most recent call last):
        ...
        distribution.errors.InvalidInput: max_batch_workload for batch_size 5 must be between 7 and 10, got 12

        Raises:
            InvalidInput: it does not, or nobody knows the platform.

        Source: Dataloop, Tasks and Assignments, pulling tasks.
        """
        if profile not in PROFILES:
            raise InvalidInput(subject="profile", must=f"be one of {', '.join(PROFILES)}", got=profile)
        if profile == "dataloop":
            batch, cap = self.batch_size, self.max_batch_workload
            if not 3 <= batch <= 100:
                raise InvalidInput(subject="batch_size", must="be between 3 and 100", got=batch)
            if not batch + 2 <= cap <= 2 * batch:
                raise InvalidInput(
                    subject=f"max_batch_workload for batch_size {batch}",
                    must=f"be between {batch + 2} and {2 * batch}",
                    got=cap,
                )
        return self


@attrs.frozen(kw_only=True)
class BatchAdvice:
    """Which batch suits a team, and whether a chosen one is far from it."""

    recommended: int
    """Items."""
    chosen: int | None = None
    low: int
    """Half of it: smaller batches spend the time on pulling."""
    high: int
    """Twice of it: with larger ones all wait for the last one's last batch."""

    @property
    def warning(self) -> str | None:
        """Say it in words where the chosen batch is far off; else None."""
        if self.chosen is None or self.low <= self.chosen <= self.high:
            return None
        effect = (
            "much time goes into pulling"
            if self.chosen < self.low
            else "the others will wait for the last batches"
        )
        return f"batch_size {self.chosen} is far from the recommended {self.recommended}: {effect}"


def recommend_batch(
    items: int,
    assignees: int,
    *,
    overhead: Number = 30,
    seconds_per_item: Number = 20,
    chosen: int | None = None,
) -> BatchAdvice:
    """Recommend a batch size: the square root of n h / (P t), between 3 and 100.

    With batches of b one assignee spends (n/P)(t + h/b) on her part and may keep the
    others waiting for about b t at the end; b is where the sum is least. n items, P
    assignees, h seconds of overhead for each pull, t seconds of work for each item.

    >>> recommend_batch(1000, 10, overhead=30, seconds_per_item=20.2).recommended
    12
    >>> print(recommend_batch(300, 10, overhead=5, seconds_per_item=20.2, chosen=50).warning)
    batch_size 50 is far from the recommended 3: the others will wait for the last batches

    Raises:
        InvalidInput: a number is negative, zero where it may not be, or not finite.

    Source: the cost model and its check by simulation are in the project's notes on
    pulling; compare Kruskal and Weiss, Allocating Independent Subtasks on Parallel
    Processors (1985), whose formula assumes equal workers.
    """
    n = check_count(items, "items")
    people = check_count(assignees, "assignees", least=1)
    h, t = _seconds(overhead, "overhead"), _seconds(seconds_per_item, "seconds_per_item")
    # Rounded to the nearest whole number without a float's square root: floor(sqrt(4x) + 1) / 2.
    quotient = 4 * n * h / (people * t)
    best = (isqrt(int(quotient)) + 1) // 2
    best = min(max(best, SMALLEST_ADVICE), LARGEST_ADVICE)
    known = None if chosen is None else check_count(chosen, "chosen", least=1)
    return BatchAdvice(recommended=best, chosen=known, low=-(-best // 2), high=2 * best)


def _seconds(value: Number, subject: str) -> Fraction:
    seconds = exact(value, subject)
    if not seconds:
        raise InvalidInput(subject=subject, must="be a positive number of seconds", got=value)
    return seconds
