"""Expectation-maximisation over ratings: who errs how, and what is true, each from the other.

Holds: the iterations, the two ways to estimate errors, where they start.
Does not hold: the models people ask for (see aggregation).
Depends on: errors, ratings, values.

A posterior is a row of chances for each item, one for each answer of the scale. Of an answer
that an assignee can have met on no item nothing is estimated: it stays impossible on hers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import exp, fsum, inf, log
from typing import TypeAlias

import attrs

from distribution.errors import InvalidInput
from distribution.ratings import Ratings
from distribution.values import Number, check_count, exact

SETTING_LIMIT = 10**9
"""Tolerance and smoothing lie between 0 and this."""


def setting(value: Number, subject: str) -> float:
    """Return a setting as a float, else raise.

    Raises:
        InvalidInput: it is negative, too large or no number.
    """
    number = exact(value, subject)
    if number > SETTING_LIMIT:
        raise InvalidInput(subject=subject, must=f"be at most {SETTING_LIMIT}", got=value)
    return float(number)


Rows: TypeAlias = list[list[float]]
Estimate: TypeAlias = Callable[[Rows], tuple[list[Rows], float]]
"""Of the posterior of each item: for each assignee, by true answer, how probable each answer is; and
the logarithm of what smoothing gives for these numbers, up to a constant."""


def confusion_of(ratings: Ratings, smooth: float) -> Estimate:
    """Estimate a probability for each true and each given answer of each assignee."""
    places = range(len(ratings.answers))

    def estimate(posterior: Rows) -> tuple[list[Rows], float]:
        tables = [[[smooth for _ in places] for _ in places] for _ in ratings.assignees]
        for row, chances in zip(ratings.rows, posterior, strict=True):
            for who, said in row:
                for table_row, chance in zip(tables[who], chances, strict=True):
                    table_row[said] += chance
        tables = [[_shares(counts) for counts in table] for table in tables]
        return tables, _penalty(smooth, (row for table in tables for row in table))

    return estimate


def accuracy_of(ratings: Ratings, smooth: float) -> Estimate:
    """Estimate one probability of being right for each assignee."""
    places = range(len(ratings.answers))
    given = [0] * len(ratings.assignees)
    for row in ratings.rows:
        for who, _ in row:
            given[who] += 1

    def estimate(posterior: Rows) -> tuple[list[Rows], float]:
        right = [0.0] * len(given)
        for row, chances in zip(ratings.rows, posterior, strict=True):
            for who, said in row:
                right[who] += chances[said]
        coins = []
        for hits, count in zip(right, given, strict=True):
            # Where there is one answer only, nobody can be wrong.
            misses = max(count - hits, 0.0) + smooth if len(places) > 1 else 0.0
            coins.append(_shares([hits + smooth, misses]))
        others = max(len(places) - 1, 1)
        tables = [[[hit if k == t else miss / others for k in places] for t in places] for hit, miss in coins]
        return tables, _penalty(smooth, coins)

    return estimate


def _penalty(smooth: float, rows: Iterable[list[float]]) -> float:
    """Give the logarithm of what smoothing adds to the likelihood, up to a constant."""
    return smooth and smooth * fsum(log(chance) for row in rows for chance in row if chance)


@attrs.frozen(kw_only=True)
class Fit:
    """Where the iterations ended."""

    priors: list[float]
    tables: list[Rows]
    posterior: Rows
    log_likelihood: list[float]
    converged: bool


def fit(ratings: Ratings, estimate: Estimate, posterior: Rows, *, iterations: int, tolerance: Number) -> Fit:
    """Estimate the errors from the posterior and the posterior from the errors, until nothing is gained.

    Raises:
        InvalidInput: *iterations* or *tolerance* is no number that makes sense here.
    """
    least = setting(tolerance, "tolerance")
    before, history = -inf, list[float]()
    for _ in range(check_count(iterations, "iterations", least=1)):
        priors = [sum(column) / len(posterior) for column in zip(*posterior, strict=True)]
        tables, penalty = estimate(posterior)
        posterior, likelihood = _expected(ratings, priors, tables)
        history.append(likelihood)
        gained, before = likelihood + penalty - before, likelihood + penalty
        if gained < least:
            break
    return Fit(
        priors=priors, tables=tables, posterior=posterior, log_likelihood=history, converged=gained < least
    )


def _expected(ratings: Ratings, priors: list[float], tables: list[Rows]) -> tuple[Rows, float]:
    """Give the posterior of each item, and the logarithm of the likelihood.

    In logarithms, because the product of many ratings is too small for a float.
    """
    start = _logs(priors)
    evidence = [[_logs(said) for said in zip(*table, strict=True)] for table in tables]
    posterior, likelihood = [], []
    for row in ratings.rows:
        scores = start
        for who, said in row:
            scores = [score + more for score, more in zip(scores, evidence[who][said], strict=True)]
        most = max(scores)
        chances = [exp(score - most) for score in scores]
        total = sum(chances)
        posterior.append([chance / total for chance in chances])
        likelihood.append(most + log(total))
    return posterior, fsum(likelihood)


def vote_shares(ratings: Ratings) -> Rows:
    """Give for each item the part of its ratings that name each answer: where the iterations start."""
    if not ratings.items:
        raise InvalidInput(subject="ratings", must="hold at least one", got=0)
    return [
        _shares([votes.get(place, 0) for place in range(len(ratings.answers))]) for votes in ratings.votes()
    ]


def _shares(counts: Sequence[float]) -> list[float]:
    """Divide by the sum, unless that is nothing."""
    total = sum(counts) or 1.0
    return [count / total for count in counts]


def _logs(chances: Iterable[float]) -> list[float]:
    return [log(chance) if chance else -inf for chance in chances]
