"""How well people agree beyond what chance would give: the coefficients.

Holds: percent agreement, the kappas, AC1, Brennan and Prediger, Krippendorff's alpha.
Does not hold: the report of all of them, who disagrees (see agreement), distances (see scales).
Depends on: errors, ratings, scales, values.

All but alpha are (p_a - p_e) / (1 - p_e). Here p_a is the mean, over the items with two or
more ratings, of the part of their pairs of ratings that are equal, and p_e is what chance
would give; the coefficients differ in p_e alone. An item with one rating tells how often
answers are given, and nothing about agreement. Alpha leaves it out altogether.

Sums are rounded once, so the order of items, assignees and answers changes no digit.
A coefficient that is 0/0 is NaN, never 0 and never 1.

A kappa can be low, even negative, where people nearly always agree: if one answer is rare
then chance agreement is high, and little is left to win. Read it beside p_a and AC1.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import fsum, nan, sqrt
from typing import Literal, TypeAlias

from distribution.errors import InvalidInput, NotFound
from distribution.ratings import Ratings
from distribution.scales import Level, distance, ranks_of
from distribution.values import AssigneeId

Weighting: TypeAlias = Literal["unweighted", "linear", "quadratic"]
WEIGHTINGS = ("unweighted", "linear", "quadratic")
"""How much worse a disagreement is when answers lie further apart on the scale."""


def percent_agreement(ratings: Ratings) -> float:
    """Give the mean part of pairs of ratings that are equal, from 0 to 1.

    Over the items with two or more ratings; NaN where there is none. Runtime: O(records).

    >>> percent_agreement(Ratings.of([("i1", "ann", "cat"), ("i1", "bob", "dog"), ("i1", "eve", "dog")]))
    0.3333333333333333

    Raises:
        InvalidInput: somebody answered an item more than once.
    """
    parts = [
        sum(n * (n - 1) for n in votes.values()) / (given * (given - 1))
        for votes in ratings.once().votes()
        if (given := sum(votes.values())) > 1
    ]
    return fsum(parts) / len(parts) if parts else nan


def fleiss_kappa(ratings: Ratings) -> float:
    """Give Fleiss's kappa, which for two assignees is Scott's pi.

    Chance: two ratings drawn from all that were given, items weighing alike. NaN where no item
    has two ratings, or only one answer was given. Runtime: O(records).

    >>> fleiss_kappa(Ratings.of([("i1", "ann", 0), ("i1", "bob", 0), ("i2", "ann", 1), ("i2", "bob", 1)]))
    1.0

    Raises:
        InvalidInput: somebody answered an item more than once.

    Source: Fleiss, Measuring Nominal Scale Agreement among Many Raters (1971).
    """
    return _beyond(percent_agreement(ratings), fsum(part * part for part in _parts(ratings)))


def gwet_ac1(ratings: Ratings) -> float:
    """Give Gwet's AC1, which stays near percent agreement where one answer is rare.

    Chance: that of ratings given blindly, estimated from how evenly the q answers of the scale
    are used. NaN where no item has two ratings, or the scale has one answer. Runtime: O(records + q).

    >>> gwet_ac1(Ratings.of([("i1", "ann", 0), ("i1", "bob", 0), ("i2", "ann", 1), ("i2", "bob", 1)]))
    1.0

    Raises:
        InvalidInput: somebody answered an item more than once.

    Source: Gwet, Computing Inter-Rater Reliability and its Variance in the Presence of High
    Agreement (2008).
    """
    parts = _parts(ratings)
    chance = fsum(part * (1 - part) for part in parts) / (len(parts) - 1) if len(parts) > 1 else nan
    return _beyond(percent_agreement(ratings), chance)


def brennan_prediger(ratings: Ratings) -> float:
    """Give the coefficient of Brennan and Prediger, also known as Randolph's free-marginal kappa.

    Chance: every one of the q answers of the scale alike, 1/q. NaN where no item has two
    ratings, or the scale has one answer. Runtime: O(records).

    >>> brennan_prediger(Ratings.of([("i1", "ann", 0), ("i1", "bob", 0)], answers=[0, 1]))
    1.0

    Raises:
        InvalidInput: somebody answered an item more than once.

    Source: Brennan and Prediger, Coefficient Kappa: Some Uses, Misuses, and Alternatives (1981).
    """
    return _beyond(percent_agreement(ratings), 1 / len(ratings.answers) if ratings.answers else nan)


def conger_kappa(ratings: Ratings) -> float:
    """Give Conger's kappa: Cohen's for two assignees, and its like for more.

    Chance: two different assignees, each with the habits she has over all the items she
    answered. Where ratings are missing it is not Cohen's, which looks at shared items alone.
    NaN where no item has two ratings, or only one answer was given.
    Runtime: O(records + v q) for v assignees and q answers.

    >>> conger_kappa(Ratings.of([("i1", "ann", 0), ("i1", "bob", 0), ("i2", "ann", 1), ("i2", "bob", 1)]))
    1.0

    Raises:
        InvalidInput: somebody answered an item more than once.

    Source: Conger, Integration and Generalization of Kappas for Multiple Raters (1980).
    """
    p_a, size = percent_agreement(ratings), len(ratings.assignees)
    if size < 2:
        return nan
    given = [[0] * len(ratings.answers) for _ in ratings.assignees]
    for row in ratings.rows:
        for who, said in row:
            given[who][said] += 1
    habits = [[count / sum(counts) for count in counts] for counts in given]
    # Summed over ordered pairs of different assignees, the products are (sum)^2 - (sum of squares).
    chance = fsum(
        fsum(habit) ** 2 - fsum(part * part for part in habit) for habit in zip(*habits, strict=True)
    )
    return _beyond(p_a, chance / (size * (size - 1)))


def _parts(ratings: Ratings) -> list[float]:
    """Give for each answer of the scale the part of ratings that name it, items weighing alike."""
    shares: list[list[float]] = [[] for _ in ratings.answers]
    for votes in ratings.votes():
        given = sum(votes.values())
        for place, count in votes.items():
            shares[place].append(count / given)
    return [fsum(share) / max(len(ratings.items), 1) for share in shares]


def _beyond(p_a: float, p_e: float) -> float:
    """Give what agreement is beyond chance, as part of what it could be."""
    return nan if p_e == 1 else (p_a - p_e) / (1 - p_e)


def cohen_kappa(
    ratings: Ratings, first: AssigneeId, second: AssigneeId, *, weights: Weighting = "unweighted"
) -> float:
    """Give Cohen's kappa of two assignees over the items both answered.

    `linear` and `quadratic` weigh a disagreement by how many places, or their square, lie
    between the answers on the scale; numbers are in order by themselves, text needs `answers=`.
    NaN where they share no item, or both gave one and the same answer to all they share.

    Runtime: O(records + q^2) for q answers.

    >>> ratings = Ratings.of([("i1", "ann", 0), ("i1", "bob", 0), ("i2", "ann", 1), ("i2", "bob", 0)])
    >>> cohen_kappa(ratings, "ann", "bob")
    0.0

    Raises:
        InvalidInput: somebody answered an item more than once, or the scale has no order.
        NotFound: an assignee has no rating.

    Source: Cohen, A Coefficient of Agreement for Nominal Scales (1960); Weighted Kappa (1968).
    """
    table, cost = _crossed(ratings, first, second), _cost(ratings, weights)
    seen, chance = _costs(table, cost)
    # In whole numbers up to the one division.
    return (chance - seen * sum(map(sum, table))) / chance if chance else nan


def cohen_standard_error(
    ratings: Ratings, first: AssigneeId, second: AssigneeId, *, weights: Weighting = "unweighted"
) -> float:
    """Give the standard error of Cohen's kappa for many items, weighted or not.

    It is that of an estimate, not the one under the hypothesis of no agreement.
    NaN where kappa is. Runtime: O(records + q^2) for q answers.

    >>> ratings = Ratings.of([("i1", "ann", 0), ("i1", "bob", 0), ("i2", "ann", 1), ("i2", "bob", 0)])
    >>> cohen_standard_error(ratings, "ann", "bob")
    0.0

    Raises:
        InvalidInput: somebody answered an item more than once, or the scale has no order.
        NotFound: an assignee has no rating.

    Source: Fleiss, Cohen and Everitt, Large Sample Standard Errors of Kappa and Weighted
    Kappa (1969).
    """
    table, cost = _crossed(ratings, first, second), _cost(ratings, weights)
    total, (seen, chance) = sum(map(sum, table)), _costs(table, cost)
    if not chance:
        return nan
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    places = range(len(table))
    # With c the cost in place of w = 1 - c the published (w - mean w)(1 - kappa) turns into this.
    by_row = [sum(columns[k] * cost(i, k) for k in places) / total for i in places]
    by_column = [sum(rows[k] * cost(k, i) for k in places) / total for i in places]
    left = seen * total / chance
    spread = fsum(
        table[i][k] / total * (cost(i, k) - (by_row[i] + by_column[k]) * left) ** 2
        for i in places
        for k in places
    )
    mean = seen / total
    return sqrt(max(spread - mean * mean, 0.0) / total) / (chance / total / total)


Cost: TypeAlias = Callable[[int, int], int]
"""Of two places on the scale: how bad it is to take one for the other."""


def _crossed(ratings: Ratings, first: AssigneeId, second: AssigneeId) -> list[list[int]]:
    """Count the items both answered, by the answer of the first and that of the second."""
    places = []
    for name in (first, second):
        if name not in ratings.assignees:
            raise NotFound(kind="assignee", name=name, place="the ratings")
        places.append(ratings.assignees.index(name))
    if first == second:
        raise InvalidInput(subject="second", must="be somebody else than the first", got=second)
    table = [[0] * len(ratings.answers) for _ in ratings.answers]
    for row in ratings.once().rows:
        said = dict(row)
        if said.keys() >= set(places):
            table[said[places[0]]][said[places[1]]] += 1
    return table


def _cost(ratings: Ratings, weights: Weighting) -> Cost:
    """Give what a disagreement costs."""
    if weights not in WEIGHTINGS:
        raise InvalidInput(subject="weights", must=f"be one of {', '.join(WEIGHTINGS)}", got=weights)
    if weights == "unweighted":
        return lambda i, k: int(i != k)
    ranks, power = ranks_of(ratings), 1 if weights == "linear" else 2
    return lambda i, k: int(abs(ranks[i] - ranks[k]) ** power)


def _costs(table: list[list[int]], cost: Cost) -> tuple[int, int]:
    """Add up what was seen to cost, and what chance would cost times the number of items squared."""
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    seen = chance = 0
    for i, row in enumerate(table):
        for k, count in enumerate(row):
            seen += count * cost(i, k)
            chance += rows[i] * columns[k] * cost(i, k)
    return seen, chance


def krippendorff_alpha(ratings: Ratings, *, level: Level = "nominal") -> float:
    """Give Krippendorff's alpha: one minus the disagreement seen, over what chance would give.

    Takes any number of assignees and missing ratings; an item with one rating counts for
    nothing. `ordinal` needs numbers or a scale given in order, `interval` and `ratio` need
    numbers, `ratio` none below zero. NaN where no item has two ratings, or those items
    got one and the same answer. Runtime: O(records + q^2), and items with many answers c^2 each.

    >>> ratings = Ratings.of([("i1", "ann", 1), ("i1", "bob", 2), ("i2", "ann", 3), ("i2", "bob", 3)])
    >>> krippendorff_alpha(ratings, level="interval")
    0.7272727272727273

    Raises:
        InvalidInput: somebody answered an item more than once, or the answers do not fit the level.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability (2011).
    """
    units = [votes for votes in ratings.once().votes() if sum(votes.values()) > 1]
    used = [sum(votes.get(place, 0) for votes in units) for place in range(len(ratings.answers))]
    apart = distance(ratings, level, used)
    seen = fsum(
        apart(c, k) * (votes[c] * votes[k]) / (sum(votes.values()) - 1)
        for votes in units
        for c, k in combinations(votes, 2)
    )
    chance = fsum(apart(c, k) * (used[c] * used[k]) for c, k in combinations(range(len(used)), 2))
    return 1 - (sum(used) - 1) * seen / chance if chance else nan
