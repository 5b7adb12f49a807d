"""How the work of somebody stands after its reviews, one after the other.

Holds: what the sequential test and CSP-1 say of the reviews so far.
Does not hold: the plans as such (see inspection), lots (see acceptance), the reviews (see qa).
Depends on: inspection.

Reviews count in the order in which they came, so that what was said once stays said. What
was finished between them and not reviewed is as if it had not been there.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal, TypeAlias

import attrs

from distribution.inspection import Csp1, Sprt

State: TypeAlias = Literal["accept", "reject", "go on", "all", "part"]
"""Of a sequential test the verdict; of CSP-1 how much is inspected."""


@attrs.frozen(kw_only=True)
class Stand:
    """Where a stream stands, and how much of what comes next is to be reviewed."""

    state: State
    rate: Fraction
    """Of the next items, as a share: 1 for all; 0 once a sequential test has its verdict."""
    reviewed: int
    """Reviews that were looked at; those after the verdict are not."""
    failed: int
    """Of these."""

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.state} after {self.failed} wrong of {self.reviewed}"


def stand(plan: Csp1 | Sprt, failed: Iterable[bool]) -> Stand:
    """Tell where a stream stands after reviews that *failed* or not, the first one first.

    A sequential test ends with the first review that decides it. Under CSP-1 everything is
    reviewed until as many in a row were right as the plan asks for, then its fraction, until
    one is wrong. Runtime: O(reviews).

    >>> print(stand(Sprt(p0="0.02", p1="0.08"), [False] * 40))
    accept after 0 wrong of 36
    >>> found = stand(Csp1(clear=10, fraction="1/10"), [True, *[False] * 12])
    >>> found.state, found.rate
    ('part', Fraction(1, 10))
    """
    return _tested(plan, failed) if isinstance(plan, Sprt) else _watched(plan, failed)


def _tested(test: Sprt, failed: Iterable[bool]) -> Stand:
    verdict, seen, errors = test.verdict(0, 0), 0, 0
    for wrong in failed:
        if verdict != "go on":
            break
        seen, errors = seen + 1, errors + wrong
        verdict = test.verdict(seen, errors)
    return Stand(state=verdict, rate=Fraction(verdict == "go on"), reviewed=seen, failed=errors)


def _watched(plan: Csp1, failed: Iterable[bool]) -> Stand:
    run = seen = errors = 0
    for wrong in failed:
        seen, errors, run = seen + 1, errors + wrong, 0 if wrong else run + 1
    part = run >= plan.clear
    rate = plan.fraction if part else Fraction(1)
    return Stand(state="part" if part else "all", rate=rate, reviewed=seen, failed=errors)
