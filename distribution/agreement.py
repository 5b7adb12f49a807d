"""How well people agree, and who disagrees with whom.

Holds: a report of all coefficients that apply, the contested items, the pairs of assignees.
Does not hold: how a coefficient is computed (see coefficients).
Depends on: coefficients, ratings, values.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from math import isnan

import attrs

from distribution.coefficients import (
    brennan_prediger,
    cohen_kappa,
    conger_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
)
from distribution.ratings import Answer, Ratings
from distribution.values import AssigneeId, ItemId

NAMES = {
    "percent": "percent agreement",
    "gwet_ac1": "Gwet's AC1",
    "brennan_prediger": "Brennan and Prediger",
    "fleiss": "Fleiss's kappa",
    "conger": "Conger's kappa",
    "cohen": "Cohen's kappa",
    "alpha_nominal": "Krippendorff's alpha, nominal",
    "alpha_ordinal": "Krippendorff's alpha, ordinal",
    "alpha_interval": "Krippendorff's alpha, interval",
    "alpha_ratio": "Krippendorff's alpha, ratio",
}
"""What people call the coefficients, in the order of the report."""


@attrs.frozen(kw_only=True)
class Undefined:
    """A coefficient that has no value, and why."""

    name: str
    """The field of the report."""
    why: str

    def __str__(self) -> str:
        """Build the sentence."""
        return f"{NAMES[self.name]} is undefined: {self.why}"


@attrs.frozen(kw_only=True)
class Agreement:
    """How well people agree, by every coefficient that applies.

    A coefficient is NaN where it is undefined, and None where it does not apply: Cohen's kappa
    is for two assignees, ordinal alpha for numbers and scales given in order, interval alpha
    for numbers, ratio alpha for numbers of at least 0.

    Read percent agreement and AC1 beside the kappas: where one answer is rare, people who agree
    on 94 of 100 items can have a kappa below zero (the kappa paradox).
    """

    items: int
    overlapped: int
    """Items with two or more ratings; the others say nothing about agreement."""
    assignees: int
    answers: int
    """Answers on the scale."""
    percent: float
    """From 0 to 1."""
    gwet_ac1: float
    brennan_prediger: float
    fleiss: float
    conger: float
    cohen: float | None
    alpha_nominal: float
    alpha_ordinal: float | None
    alpha_interval: float | None
    alpha_ratio: float | None

    @property
    def undefined(self) -> tuple[Undefined, ...]:
        """List the coefficients that apply and are undefined."""
        return tuple(
            Undefined(name=name, why=self._why(name))
            for name in NAMES
            if (value := getattr(self, name)) is not None and isnan(value)
        )

    def _why(self, name: str) -> str:
        """Say why it has no value."""
        if not self.overlapped:
            return "no item has two ratings"
        if name in {"gwet_ac1", "brennan_prediger"}:
            return "the scale has one answer only, so chance agrees always"
        return "all ratings that can be compared are one answer, so chance agrees always"

    def __str__(self) -> str:
        """Say it in plain words, a line for each coefficient."""
        people, scale = f"assignees: {self.assignees}", f"answers: {self.answers}"
        lines = [f"items: {self.items}, with two or more ratings: {self.overlapped}; {people}; {scale}"]
        for name, title in NAMES.items():
            value = getattr(self, name)
            if value is not None and not isnan(value):
                lines.append(f"{title}: {value:.3f}")
        return "\n".join(lines + [str(missing) for missing in self.undefined])


def agreement(ratings: Ratings) -> Agreement:
    """Report how well people agree, by every coefficient that applies.

    Runtime: O(records + v q + q^2) for v assignees and q answers; see `krippendorff_alpha`.

    >>> records = [("i1", "ann", "cat"), ("i1", "bob", "cat"), ("i2", "ann", "cat"), ("i2", "bob", "dog")]
    >>> print(agreement(Ratings.of(records)))
    items: 2, with two or more ratings: 2; assignees: 2; answers: 2
    percent agreement: 0.500
    Gwet's AC1: 0.200
    Brennan and Prediger: 0.000
    Fleiss's kappa: -0.333
    Conger's kappa: 0.000
    Cohen's kappa: 0.000
    Krippendorff's alpha, nominal: 0.000

    Raises:
        InvalidInput: somebody answered an item more than once.
    """
    people, numeric = ratings.assignees, ratings.numeric
    proportional = numeric and all(answer >= 0 for answer in ratings.answers if not isinstance(answer, str))
    return Agreement(
        items=len(ratings.items),
        overlapped=sum(len(row) > 1 for row in ratings.rows),
        assignees=len(people),
        answers=len(ratings.answers),
        percent=percent_agreement(ratings),
        gwet_ac1=gwet_ac1(ratings),
        brennan_prediger=brennan_prediger(ratings),
        fleiss=fleiss_kappa(ratings),
        conger=conger_kappa(ratings),
        cohen=cohen_kappa(ratings, *people) if len(people) == 2 else None,
        alpha_nominal=krippendorff_alpha(ratings),
        alpha_ordinal=krippendorff_alpha(ratings, level="ordinal") if ratings.ordered or numeric else None,
        alpha_interval=krippendorff_alpha(ratings, level="interval") if numeric else None,
        alpha_ratio=krippendorff_alpha(ratings, level="ratio") if proportional else None,
    )


@attrs.frozen(kw_only=True)
class Disagreement:
    """An item on which people gave different answers."""

    item: ItemId
    answers: Mapping[Answer, tuple[AssigneeId, ...]] = attrs.field(hash=False)
    """Who gave which answer, in the order of the scale."""
    contested: Fraction
    """Which part of the pairs of its ratings differ: above 0, at most 1."""


def disagreements(ratings: Ratings) -> tuple[Disagreement, ...]:
    """List the items on which people disagree, the most contested first.

    An item is the more contested, the larger the part of its pairs of ratings that differ.
    Ties go to the item that came first.

    Runtime: O(records + d log d) for d such items.

    >>> found = disagreements(Ratings.of([("i1", "ann", "cat"), ("i1", "bob", "dog"), ("i2", "ann", "cat")]))
    >>> found[0].item, found[0].answers
    ('i1', {'cat': ('ann',), 'dog': ('bob',)})

    Raises:
        InvalidInput: somebody answered an item more than once.
    """
    found = []
    for item, row, votes in zip(ratings.once().items, ratings.rows, ratings.votes(), strict=True):
        if len(votes) > 1:
            pairs, equal = len(row) * (len(row) - 1), sum(n * (n - 1) for n in votes.values())
            given = {
                ratings.answers[place]: tuple(ratings.assignees[who] for who, said in row if said == place)
                for place in sorted(votes)
            }
            found.append(Disagreement(item=item, answers=given, contested=Fraction(pairs - equal, pairs)))
    return tuple(sorted(found, key=lambda disagreement: -disagreement.contested))


@attrs.frozen(kw_only=True)
class PairAgreement:
    """How two assignees agree on the items that both answered."""

    first: AssigneeId
    second: AssigneeId
    shared: int
    """Items both answered; at least 1."""
    agreed: int
    """Of these, items on which their answers are the same."""


def pairs(ratings: Ratings) -> tuple[PairAgreement, ...]:
    """Count for every two assignees who share items on how many they agree.

    In the order of the assignees. Runtime: O(sum of r^2) over items with r ratings each.

    >>> pairs(Ratings.of([("i1", "ann", "cat"), ("i1", "bob", "dog")]))
    (PairAgreement(first='ann', second='bob', shared=1, agreed=0),)

    Raises:
        InvalidInput: somebody answered an item more than once.
    """
    counted: dict[tuple[int, int], list[int]] = {}
    for row in ratings.once().rows:
        for (one, here), (other, there) in combinations(sorted(row), 2):
            count = counted.setdefault((one, other), [0, 0])
            count[0] += 1
            count[1] += here == there
    return tuple(
        PairAgreement(
            first=ratings.assignees[one], second=ratings.assignees[other], shared=shared, agreed=agreed
        )
        for (one, other), (shared, agreed) in sorted(counted.items())
    )
