"""What is fair, as functions that check an outcome.

Holds: the properties methods of apportionment and sequences may have.
Does not hold: inputs (see strategies); give each law as many as you like.
Depends on: nothing of the core: bring your own method.

Each law raises AssertionError with the offending numbers. A method of your own is a
function of weights and n; which laws it must keep is for you to say, no method keeps all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

Method = Callable[[Sequence[Fraction], int], Sequence[int]]
Serve = Callable[[Sequence[Fraction], int], Sequence[int]]
"""Owners of n items in order, by index."""


def house_size_is_met(method: Method, weights: Sequence[Fraction], n: int) -> None:
    """Everything is given out, nothing twice, nobody gets less than nothing."""
    seats = method(weights, n)
    assert len(seats) == len(weights), (seats, weights)
    assert sum(seats) == n, (seats, n)
    assert min(seats) >= 0, seats


def zero_weight_gets_nothing(method: Method, weights: Sequence[Fraction], n: int) -> None:
    """Who carries no weight gets no unit."""
    seats = method(weights, n)
    assert all(seat == 0 for seat, weight in zip(seats, weights, strict=True) if not weight), (seats, weights)


def quota_is_kept(method: Method, weights: Sequence[Fraction], n: int) -> None:
    """Nobody is a whole unit off her exact share (hamilton)."""
    total = sum(weights)
    for seat, weight in zip(method(weights, n), weights, strict=True):
        assert abs(seat - n * weight / total) < 1, (seat, weight, n)


def upper_quota_is_kept(method: Method, weights: Sequence[Fraction], n: int) -> None:
    """Nobody is a whole unit above her exact share (hamilton, balinski_young)."""
    total = sum(weights)
    for seat, weight in zip(method(weights, n), weights, strict=True):
        assert seat - n * weight / total < 1, (seat, weight, n)


def scale_does_not_matter(method: Method, weights: Sequence[Fraction], n: int) -> None:
    """Seven times the weights give the same."""
    assert list(method(weights, n)) == list(method([7 * weight for weight in weights], n))


def one_more_takes_from_nobody(method: Method, weights: Sequence[Fraction], n: int) -> None:
    """Growing nobody a seat (all divisor methods, balinski_young; not hamilton)."""
    before, after = method(weights, n), method(weights, n + 1)
    assert all(a <= b for a, b in zip(before, after, strict=True)), (before, after)


def exact_quotas_are_met(method: Method, weights: Sequence[Fraction], times: int) -> None:
    """Where every quota is whole, everybody gets hers (all methods)."""
    whole = [int(weight) for weight in weights]
    assert list(method(weights, sum(whole) * times)) == [w * times for w in whole], whole


def prefix_does_not_matter(serve: Serve, weights: Sequence[Fraction], n: int) -> None:
    """Who gets the first items does not depend on how many follow."""
    assert list(serve(weights, n + 1))[:n] == list(serve(weights, n))


def every_prefix_is_within(serve: Serve, weights: Sequence[Fraction], n: int, bound: Fraction) -> None:
    """At no moment is anybody further than *bound* from her exact share."""
    total, held = sum(weights), [0] * len(weights)
    for turn, owner in enumerate(serve(weights, n), 1):
        held[owner] += 1
        worst = max(abs(held[at] - turn * weight / total) for at, weight in enumerate(weights))
        assert worst <= bound, (turn, held, worst)
