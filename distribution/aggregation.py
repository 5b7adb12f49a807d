"""One answer for each item, from the answers of many.

Holds: majority vote, Dawid and Skene's model, the one-coin model.
Does not hold: how well people agree (see agreement), other models (an adapter has some).
Depends on: draw, errors, ratings, values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import exp, fsum, inf, log
from typing import Literal, TypeAlias, TypeVar

import attrs

from distribution.draw import word
from distribution.errors import InvalidInput, shown
from distribution.ratings import Answer, Ratings
from distribution.values import AssigneeId, ItemId, Number, check_count, check_seed, exact

Value = TypeVar("Value")
Ties: TypeAlias = Literal["none", "first", "seeded"]
TIES = ("none", "first", "seeded")
"""A tied item gets: no answer; the first on the scale; one drawn by the seed and its id."""


@attrs.frozen(kw_only=True)
class Majority:
    """What most say about an item."""

    item: ItemId
    answer: Answer | None
    """None where a tie was left open, or everybody who answered weighs nothing."""
    votes: Mapping[Answer, int | Fraction] = attrs.field(hash=False)
    """Votes for each answer, or the sum of their weights; in the order of the scale."""
    tie: bool
    """Whether two or more answers lead together."""


def majority(
    ratings: Ratings,
    *,
    ties: Ties = "none",
    seed: int | None = None,
    weights: Mapping[AssigneeId, Number] | None = None,
) -> tuple[Majority, ...]:
    """Give each item the answer with the most votes, in the order of the items.

    A tie is broken as *ties* says, and is always reported. A seeded choice depends on the
    seed, the id of the item and the tied answers, on nothing else. *weights* says how much the
    vote of each assignee counts, exactly; 0 counts for nothing.

    Runtime: O(records + n q log q) for n items and q answers.

    >>> ratings = Ratings.of([("i1", "ann", "cat"), ("i1", "bob", "dog"), ("i2", "ann", "cat")])
    >>> [(vote.item, vote.answer, vote.tie) for vote in majority(ratings)]
    [('i1', None, True), ('i2', 'cat', False)]
    >>> majority(ratings, weights={"ann": "0.9", "bob": "0.6"})[0].answer
    'cat'

    Raises:
        InvalidInput: *ties* is no such policy or lacks its seed, or a weight is missing or negative.
    """
    if ties not in TIES:
        raise InvalidInput(subject="ties", must=f"be one of {', '.join(TIES)}", got=ties)
    if (seed is not None) != (ties == "seeded"):
        raise InvalidInput(subject="seed", must="come with ties='seeded', and only with it", got=seed)
    drawn = 0 if seed is None else check_seed(seed)
    worth = _weights(ratings, weights)
    results = []
    for item, row in zip(ratings.items, ratings.rows, strict=True):
        counted: dict[int, int | Fraction] = {}
        for who, said in row:
            if worth[who]:
                counted[said] = counted.get(said, 0) + worth[who]
        votes = {ratings.answers[place]: counted[place] for place in sorted(counted)}
        most = max(votes.values(), default=0)
        leading = [answer for answer, count in votes.items() if count == most]
        tie = len(leading) > 1
        if ties == "seeded" and tie:
            leading.sort(key=lambda answer: word(drawn, f"tie|{item}|{answer!r}"))
        answer = None if not leading or (tie and ties == "none") else leading[0]
        results.append(Majority(item=item, answer=answer, votes=votes, tie=tie))
    return tuple(results)


def _weights(ratings: Ratings, weights: Mapping[AssigneeId, Number] | None) -> list[int] | list[Fraction]:
    """Give what the vote of each assignee counts, by place."""
    if weights is None:
        return [1] * len(ratings.assignees)
    if not isinstance(weights, Mapping):
        raise InvalidInput(subject="weights", must="be a mapping of assignee to number", got=weights)
    missing = [name for name in ratings.assignees if name not in weights]
    if missing:
        raise InvalidInput(
            subject="weights", must="name everybody who answered", got=missing, detail="missing"
        )
    return [exact(weights[name], f"weight of {shown(name)}") for name in ratings.assignees]


@attrs.frozen(kw_only=True)
class _Model:
    """What a model of who errs how says about items."""

    answers: tuple[Answer, ...]
    """The scale; every row of numbers below follows its order."""
    priors: tuple[float, ...]
    """How frequent each answer is as the true one."""
    posterior: Mapping[ItemId, tuple[float, ...]] = attrs.field(hash=False)
    """How probable each answer is as the true one of an item."""
    log_likelihood: tuple[float, ...]
    """Natural logarithm of the probability of the ratings, after each iteration.

    Without smoothing it never falls. With smoothing what never falls is its sum with
    smoothing times the logarithm of every smoothed probability.
    """
    converged: bool
    """Whether the last iteration gained less than the tolerance."""

    @property
    def labels(self) -> dict[ItemId, Answer]:
        """Give the most probable answer for each item; of equals the earlier on the scale."""
        return {item: self.answers[row.index(max(row))] for item, row in self.posterior.items()}


@attrs.frozen(kw_only=True)
class DawidSkene(_Model):
    """How often which answer is true, how each assignee errs, and what each item is."""

    confusion: Mapping[AssigneeId, tuple[tuple[float, ...], ...]] = attrs.field(hash=False)
    """For each assignee a row for each true answer: how probable it is that she gives each answer."""


@attrs.frozen(kw_only=True)
class OneCoin(_Model):
    """How often which answer is true, how often each assignee is right, and what each item is."""

    accuracy: Mapping[AssigneeId, float] = attrs.field(hash=False)
    """How probable it is that she gives the true answer, whatever it is."""


def dawid_skene(
    ratings: Ratings, *, iterations: int = 1000, tolerance: Number = "1e-9", smoothing: Number = 0
) -> DawidSkene:
    """Estimate how each assignee confuses answers, and with it the true answer of each item.

    Expectation-maximisation from the shares of the votes: priors and confusion from the
    probable answers, then the probable answers from them, until an iteration gains less than
    *tolerance* (natural logarithm) or *iterations* are over. It ends in a local optimum. Repeats
    count as further ratings. *smoothing* is added to each count of a confusion; without it an
    assignee who was never seen to err is taken for someone who never errs. Where nothing is
    known of how she answers a true answer, all answers are alike.

    Runtime: O(records q) an iteration, for q answers.

    >>> three = [("i1", "ann", "cat"), ("i1", "bob", "cat"), ("i1", "eve", "dog")]
    >>> more = [("i2", "ann", "dog"), ("i2", "bob", "dog"), ("i2", "eve", "dog")]
    >>> model = dawid_skene(Ratings.of(three + more))
    >>> model.labels
    {'i1': 'cat', 'i2': 'dog'}
    >>> [round(chance, 6) for chance in model.confusion["eve"][0]]
    [0.0, 1.0]

    Raises:
        InvalidInput: there are no ratings, or a setting is no number that makes sense here.

    Source: Dawid and Skene, Maximum Likelihood Estimation of Observer Error-Rates Using the
    EM Algorithm (1979).
    """
    smooth = float(exact(smoothing, "smoothing"))
    fit = _fit(ratings, _confusion(ratings, smooth), _vote_shares(ratings), iterations, tolerance)
    return DawidSkene(
        answers=ratings.answers,
        priors=tuple(fit.priors),
        posterior=_named(ratings.items, map(tuple, fit.posterior)),
        log_likelihood=tuple(fit.log_likelihood),
        converged=fit.converged,
        confusion=_named(ratings.assignees, (tuple(map(tuple, table)) for table in fit.tables)),
    )


def one_coin(
    ratings: Ratings, *, iterations: int = 1000, tolerance: Number = "1e-9", smoothing: Number = 0
) -> OneCoin:
    """Estimate how often each assignee is right, and with it the true answer of each item.

    As `dawid_skene`, with one number for each assignee: whatever the true answer, she gives it
    with her accuracy, and each other answer alike. Steadier where ratings are few. *smoothing*
    is added to her count of right answers and to that of wrong ones.

    Runtime: O(records q) an iteration, for q answers.

    >>> said = {"ann": "ccddc", "bob": "ccddd", "eve": "cdddc"}
    >>> model = one_coin(Ratings.of([(str(at), name, a) for name in said for at, a in enumerate(said[name])]))
    >>> "".join(model.labels.values())
    'ccddc'
    >>> {name: round(chance, 2) for name, chance in model.accuracy.items()}
    {'ann': 1.0, 'bob': 0.8, 'eve': 0.8}

    Raises:
        InvalidInput: there are no ratings, or a setting is no number that makes sense here.

    Source: Zhang, Chen, Zhou and Jordan, Spectral Methods Meet EM (2014), the one-coin model.
    """
    smooth = float(exact(smoothing, "smoothing"))
    fit = _fit(ratings, _accuracy(ratings, smooth), _vote_shares(ratings), iterations, tolerance)
    return OneCoin(
        answers=ratings.answers,
        priors=tuple(fit.priors),
        posterior=_named(ratings.items, map(tuple, fit.posterior)),
        log_likelihood=tuple(fit.log_likelihood),
        converged=fit.converged,
        accuracy=_named(ratings.assignees, (table[0][0] for table in fit.tables)),
    )


Rows: TypeAlias = list[list[float]]
Estimate: TypeAlias = Callable[[Rows], tuple[list[Rows], float]]
"""Of the posterior of each item: for each assignee, by true answer, how probable each answer is; and
the logarithm of what smoothing gives for these numbers, up to a constant."""


def _confusion(ratings: Ratings, smooth: float) -> Estimate:
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


def _accuracy(ratings: Ratings, smooth: float) -> Estimate:
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
class _Fit:
    """Where the iterations ended."""

    priors: list[float]
    tables: list[Rows]
    posterior: Rows
    log_likelihood: list[float]
    converged: bool


def _fit(ratings: Ratings, estimate: Estimate, posterior: Rows, iterations: int, tolerance: Number) -> _Fit:
    """Estimate the errors from the posterior and the posterior from the errors, until nothing is gained."""
    least = float(exact(tolerance, "tolerance"))
    before, history = -inf, list[float]()
    for _ in range(check_count(iterations, "iterations", least=1)):
        priors = [sum(column) / len(posterior) for column in zip(*posterior, strict=True)]
        tables, penalty = estimate(posterior)
        posterior, likelihood = _expected(ratings, priors, tables)
        history.append(likelihood)
        gained, before = likelihood + penalty - before, likelihood + penalty
        if gained < least:
            break
    return _Fit(
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


def _vote_shares(ratings: Ratings) -> Rows:
    """Give for each item the part of its ratings that name each answer: where the iterations start."""
    if not ratings.items:
        raise InvalidInput(subject="ratings", must="hold at least one", got=0)
    return [
        _shares([votes.get(place, 0) for place in range(len(ratings.answers))]) for votes in ratings.votes()
    ]


def _shares(counts: Sequence[float]) -> list[float]:
    """Divide by the sum; where that is nothing, nothing is known and all are alike."""
    total = sum(counts)
    return [count / total for count in counts] if total else [1 / len(counts)] * len(counts)


def _logs(chances: Iterable[float]) -> list[float]:
    return [log(chance) if chance else -inf for chance in chances]


def _named(names: Iterable[str], values: Iterable[Value]) -> dict[str, Value]:
    return dict(zip(names, values, strict=True))
