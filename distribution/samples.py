"""What a sample for review asks for.

Holds: how large it is, of which groups, drawn how; the rate that a record of errors calls for.
Does not hold: the draw (see sampling).
Depends on: acceptance, errors, filters, intervals, values.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Literal, TypeAlias

import attrs

from distribution.acceptance import AcceptancePlan, Severity, plan_for, table_plan
from distribution.errors import InvalidInput, shown
from distribution.filters import check_path
from distribution.intervals import upper_bound
from distribution.values import Number, check_count, exact

Group: TypeAlias = str | None
"""An assignee or a stratum; None for all together, or for items without a stratum."""
Per: TypeAlias = Literal["assignee", "stratum"]
PERS = ("assignee", "stratum")
Allocation: TypeAlias = Literal["proportional", "equal", "neyman"]
ALLOCATIONS = ("proportional", "equal", "neyman")
Method: TypeAlias = Literal["simple", "systematic", "blocks", "size"]
METHODS = ("simple", "systematic", "blocks", "size")
FINEST = 1_000_000
"""Rates that come from statistics are rounded up to a part of this many."""


def _percent(value: object, subject: str, *, none: bool = False) -> Fraction:
    """Check a percentage above 0; with *none* 0 as well."""
    percent = exact(value, subject)
    if percent > 100 or not (percent or none):
        must = "be between 0 and 100" if none else "be above 0 and at most 100"
        raise InvalidInput(subject=subject, must=must, got=value)
    return percent


def _target(value: Number) -> Fraction:
    return _percent(value, "target")


def _least(value: Number) -> Fraction:
    return _percent(value, "least")


@attrs.frozen(kw_only=True)
class Risk:
    """Review everybody so much that the errors which go out stay below a target.

    What is reviewed is mended, so that an assignee with a share p of errors, reviewed at
    rate r, lets p (1 - r) out. p is taken as high as her record allows (`upper_bound`, 95 %):
    newcomers are reviewed most, and whoever is good for long is at *least*.

    >>> risk = Risk(target=2, least=5)
    >>> [float(risk.rate(errors, reviewed)) for errors, reviewed in ((0, 0), (0, 50), (5, 1000))]
    [0.98, 0.656092, 0.05]

    Raises:
        InvalidInput: a percentage is not above 0 and at most 100.
    """

    target: Fraction = attrs.field(converter=_target)
    """Percent of errors that may go out."""
    least: Fraction = attrs.field(converter=_least)
    """Percent reviewed of even the best; without it a record would never change again."""

    def rate(self, errors: int, reviewed: int) -> Fraction:
        """Give the share to review, above 0 and at most 1, after *errors* in *reviewed* items.

        max(least, 1 - target / upper bound), rounded up to a millionth, so that no last bit
        of a float decides. Runtime: O(sqrt(reviewed)).

        Raises:
            InvalidInput: the numbers are no counts, or there are more errors than reviews.
        """
        bound = upper_bound(check_count(errors, "errors"), check_count(reviewed, "reviewed"))
        needed = Fraction(ceil((1 - float(self.target / 100) / bound) * FINEST), FINEST)
        return max(self.least / 100, needed)


def _limit(value: Number) -> Fraction:
    table_plan("A", value)
    return exact(value, "aql")


@attrs.frozen(kw_only=True)
class Aql:
    """Review as many items of a lot as its acceptance plan asks for, no matter which.

    >>> print(Aql(limit="1.0").plan(1000))
    review 80, accept with at most 2 errors

    Raises:
        InvalidInput: the tables have no such limit, level or severity.
    """

    limit: Fraction = attrs.field(converter=_limit)
    """Acceptable quality limit in percent, one of those in the tables."""
    level: str = "II"
    """Inspection level."""
    severity: Severity = "normal"

    def __attrs_post_init__(self) -> None:
        """Refuse a level or a severity that the tables do not have."""
        self.plan(1)

    def plan(self, lot: int) -> AcceptancePlan:
        """Give the plan for so many finished items; see `acceptance.plan_for`."""
        return plan_for(lot, self.limit, self.level, self.severity)


def _any_percent(value: Number | None) -> Fraction | None:
    return None if value is None else _percent(value, "percent")


def _count(value: int | None) -> int | None:
    return None if value is None else check_count(value, "count", least=1)


def _rates(value: Mapping[Group, Number] | None) -> Mapping[Group, Fraction] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidInput(subject="rates", must="be a mapping of groups to percent", got=value)
    return {group: _percent(rate, f"rate of {shown(group)}", none=True) for group, rate in value.items()}


def _key(value: str | None) -> str | None:
    return None if value is None else check_path(value, "key of a sample")


def _minimum(value: int | None) -> int | None:
    return None if value is None else check_count(value, "minimum")


@attrs.frozen(kw_only=True)
class Sample:
    """What to review of the work that is finished: a percentage, a count, rates of groups, or a plan's.

    >>> Sample(percent=10).least, Sample(count=50, per="assignee", allocation="equal").least
    (1, 1)
    >>> Sample(percent=10, count=5)
    Traceback (most recent call last):
    ...
    distribution.errors.InvalidInput: a sample must have one of percent, count, rates, risk, aql, got 'percent, count'

    Raises:
        InvalidInput: a number cannot be used, or two settings mean nothing together.
    """

    percent: Fraction | None = attrs.field(default=None, converter=_any_percent)
    """Of everything that finished, exact; with `per` shared out among the groups by their size."""
    count: int | None = attrs.field(default=None, converter=_count)
    """So many, however much finished."""
    rates: Mapping[Group, Fraction] | None = attrs.field(default=None, converter=_rates, hash=False)
    """Percent of each group; 0 exempts it, from the minimum too."""
    risk: Risk | None = None
    """Percent of each assignee as her record asks for."""
    aql: Aql | None = None
    """As many as the acceptance plan for all that finished asks for."""
    per: Per | None = None
    """The groups that each get their part: assignees or strata; None for no groups."""
    key: str | None = attrs.field(default=None, converter=_key)
    """The item attribute (dotted path) that names the stratum, with per="stratum"."""
    allocation: Allocation | None = None
    """How a count is divided among groups: in proportion to their size (the default), equally,
    or where it tells most about the whole (neyman, by the record of errors)."""
    minimum: int | None = attrs.field(default=None, converter=_minimum)
    """So many of each group at least, or all it has; None for 1, with blocks for 0."""
    method: Method = "simple"
    """simple: every choice equally likely. systematic: at even steps, in the order of finishing.
    blocks: one at random of each run of 100/percent items. size: in proportion to effort."""

    def __attrs_post_init__(self) -> None:
        """Refuse what means nothing, with the way out."""
        for name, known in (("per", PERS), ("allocation", ALLOCATIONS), ("method", METHODS)):
            value = getattr(self, name)
            if value not in known and (value is not None or name == "method"):
                raise InvalidInput(subject=name, must=f"be one of {', '.join(known)}", got=value)
        ways = ("percent", "count", "rates", "risk", "aql")
        sizes = [name for name in ways if getattr(self, name) is not None]
        if len(sizes) != 1:
            must = f"have one of {', '.join(ways)}"
            raise InvalidInput(subject="a sample", must=must, got=", ".join(sizes) or None)
        if self.aql is not None and not isinstance(self.aql, Aql):
            raise InvalidInput(subject="aql", must="be an Aql", got=self.aql, remedy="use Aql(limit=1)")
        self._check_groups()
        if self.method == "blocks":
            self._check_blocks()

    def _check_groups(self) -> None:
        if self.rates is not None and (self.per is None or not any(self.rates.values())):
            must = "name groups, and one with a rate above 0"
            remedy = 'add per="assignee" or per="stratum"' if self.per is None else "raise one"
            raise InvalidInput(subject="rates", must=must, got=self.rates, remedy=remedy)
        if self.risk is not None and (self.per != "assignee" or not isinstance(self.risk, Risk)):
            must, remedy = "be a Risk, of assignees", 'add per="assignee"'
            raise InvalidInput(
                subject="risk", must=must, got=self.risk, detail=f"per {self.per!r}", remedy=remedy
            )
        if (self.key is None) == (self.per == "stratum"):
            must = 'be given with per="stratum", and only then'
            raise InvalidInput(subject="key", must=must, got=self.key, detail=f"per {self.per!r}")
        if self.allocation is not None and (self.count is None or self.per is None):
            raise InvalidInput(
                subject="allocation",
                must="divide a count among groups",
                got=self.allocation,
                remedy="add count and per, or leave it out",
            )

    def _check_blocks(self) -> None:
        if (size := self.count or self.risk or self.aql) is not None:
            must = "go with percent or rates, which stay as they are"
            raise InvalidInput(subject="method 'blocks'", must=must, got=size)
        if self.minimum:
            must = "be 0 with method 'blocks', which keeps a rate and no more"
            raise InvalidInput(subject="minimum", must=must, got=self.minimum, remedy="use method 'simple'")

    @property
    def alike(self) -> bool:
        """Tell whether all work is to have the same chance, so that the sample stands for a lot."""
        skewed = self.rates is not None or self.risk is not None or self.method == "size"
        return not skewed and self.allocation in {None, "proportional"}

    def of(self, lot: int) -> Sample:
        """Give the sample of so many finished items: with the count of its plan, if it goes by one."""
        return self if self.aql is None else attrs.evolve(self, aql=None, count=self.aql.plan(lot).size)

    @property
    def least(self) -> int:
        """Give how many of each group are drawn at least, as far as it has them."""
        if self.minimum is not None:
            return self.minimum
        return 0 if self.method == "blocks" else 1
