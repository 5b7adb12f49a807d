"""One answer for each item, from the answers of many.

Holds: majority vote, Dawid and Skene's model, the one-coin model.
Does not hold: how well people agree (see agreement), other models (an adapter has some).
Depends on: draw, errors, likelihood, ratings, values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Literal, TypeAlias, TypeVar

import attrs

from distribution.draw import word
from distribution.errors import InvalidInput, shown
from distribution.likelihood import accuracy_of, confusion_of, fit, setting, vote_shares
from distribution.ratings import Answer, Ratings
from distribution.values import AssigneeId, ItemId, Number, check_seed, exact

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

    Repeats are votes too. A tie is broken as *ties* says, and is always reported. A seeded choice depends on the
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
    """For each assignee a row for each true answer: how probable it is that she gives each answer.

    A row is all 0 where none of her items can have that true answer.
    """


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
    assignee who was never seen to err is taken never to err, and an answer that got no vote on
    any item of hers stays impossible on all of them.

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
    smooth = setting(smoothing, "smoothing")
    found = fit(
        ratings,
        confusion_of(ratings, smooth),
        vote_shares(ratings),
        iterations=iterations,
        tolerance=tolerance,
    )
    return DawidSkene(
        answers=ratings.answers,
        priors=tuple(found.priors),
        posterior=_named(ratings.items, map(tuple, found.posterior)),
        log_likelihood=tuple(found.log_likelihood),
        converged=found.converged,
        confusion=_named(ratings.assignees, (tuple(map(tuple, table)) for table in found.tables)),
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
    smooth = setting(smoothing, "smoothing")
    found = fit(
        ratings,
        accuracy_of(ratings, smooth),
        vote_shares(ratings),
        iterations=iterations,
        tolerance=tolerance,
    )
    return OneCoin(
        answers=ratings.answers,
        priors=tuple(found.priors),
        posterior=_named(ratings.items, map(tuple, found.posterior)),
        log_likelihood=tuple(found.log_likelihood),
        converged=found.converged,
        accuracy=_named(ratings.assignees, (table[0][0] for table in found.tables)),
    )


def _named(names: Iterable[str], values: Iterable[Value]) -> dict[str, Value]:
    return dict(zip(names, values, strict=True))
