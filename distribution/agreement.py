"""How well people agree: one report.

Holds: all coefficients that apply to some ratings, and in words what is undefined and why.
Does not hold: how each is computed (see coefficients), who disagrees (see ratings).
Depends on: coefficients, ratings.
"""

from __future__ import annotations

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
from distribution.ratings import Ratings

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
        """Say why a coefficient is undefined."""
        if not self.overlapped:
            return "no item has two ratings"
        if name in {"gwet_ac1", "brennan_prediger"}:
            return "the scale has one answer only, so chance agrees always"
        return "one and the same answer was given throughout, so chance agrees always"

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
