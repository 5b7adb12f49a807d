"""Accept a finished lot, or not, by a sample of it.

Holds: single sampling plans of MIL-STD-105E, plans between two points, when a lot passes, switching.
Does not hold: drawing the sample (see sampling), streams without lots (see inspection).
Depends on: errors, intervals, lifecycle, values.

A lot is one assignee's finished batch, or a day of work. The normal and tightened single
plans of MIL-STD-105E, ANSI Z1.4 and ISO 2859-1 are the same; reduced inspection differs
between them and is left out. AQL is in percent, as in the standards; shares are 0 to 1.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from fractions import Fraction
from typing import Literal, TypeAlias

import attrs

from distribution.errors import Infeasible, InvalidInput
from distribution.intervals import between, binomial_at_most, hypergeometric_at_most, share_of
from distribution.lifecycle import Table, after
from distribution.values import Number, check_count, decimal_text, exact

Arrow: TypeAlias = Literal["up", "down"]
Severity: TypeAlias = Literal["normal", "tightened"]

LETTERS = "ABCDEFGHJKLMNPQRS"
"""Code letters; S is reached by tightened inspection alone."""
SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
"""How many each letter reviews."""
AQLS = tuple(
    Fraction(aql)
    for aql in [
        "0.010",
        "0.015",
        "0.025",
        "0.040",
        "0.065",
        "0.10",
        "0.15",
        "0.25",
        "0.40",
        "0.65",
        "1.0",
        "1.5",
        "2.5",
        "4.0",
        "6.5",
        "10",
        "15",
        "25",
        "40",
        "65",
        "100",
        "150",
        "250",
        "400",
        "650",
        "1000",
    ]
)
"""The acceptable quality limits of the tables, in percent; above 10 they count errors in a hundred items."""
LOTS = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10000, 35000, 150000, 500000)
"""The largest lot of each row but the last."""
LEVELS = {
    "S-1": "AAAABBBBCCCCDDD",
    "S-2": "AAABBBCCCDDDEEE",
    "S-3": "AABBCCDDEEFFGGH",
    "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}
"""The letter of each row of lots, by inspection level. Source: MIL-STD-105E (1989), table I."""
STEPS: dict[str, tuple[int | Arrow, ...]] = {
    "normal": (0, "up", "down", 1, 2, 3, 5, 7, 10, 14, 21, 30, 44),
    "tightened": (0, "down", "down", 1, 2, 3, 5, 8, 12, 18, 27, 41),
}
"""How many errors are accepted, down each column of the tables from the entry 0."""
PLAN_LIMIT = 10_000
"""Larger samples are not searched for."""


def _size(value: object) -> int:
    return check_count(value, "size of a plan", least=1)


def _accept(value: object) -> int:
    return check_count(value, "accept of a plan")


@attrs.frozen(kw_only=True)
class AcceptancePlan:
    """Review so many items of a lot; accept it if at most so many of them are wrong.

    >>> print(plan_for(5000, 1.5))
    review 200, accept with at most 7 errors

    Raises:
        InvalidInput: size or accept is not a count.
    """

    size: int = attrs.field(converter=_size)
    """Items to review."""
    accept: int = attrs.field(converter=_accept)
    """Errors with which the lot still passes; one more refuses it."""
    letter: str = ""
    """The code letter of the lot; empty where the plan is from no table."""
    arrow: Arrow | None = None
    """Where in the table the plan stands, if not at the letter: size and accept are from there."""
    stricter: int | None = None
    """Errors that would pass one AQL lower; None where accept is 0 or 1. The switching score asks."""
    whole: bool = False
    """The sample is the lot."""

    @property
    def refuse(self) -> int:
        """Give the number of errors from which on the lot is refused."""
        return self.accept + 1

    def __str__(self) -> str:
        """Build the sentence."""
        what = f"all {self.size}" if self.whole else str(self.size)
        return f"review {what}, accept with at most {self.accept} error{'' if self.accept == 1 else 's'}"


def plan_for(lot: int, aql: Number, level: str = "II", severity: Severity = "normal") -> AcceptancePlan:
    """Look up the single sampling plan for *lot* items at an acceptable quality limit in percent.

    An arrow of the table changes size and accept both. A sample as large as the lot means
    that all is reviewed, with the same number accepted. Runtime: O(1).

    >>> plan_for(100, 1.0).size, plan_for(100, 1.0).accept, plan_for(100, 1.0).arrow
    (13, 0, 'up')

    Raises:
        InvalidInput: the tables have no such AQL, level or severity, or the lot is empty.

    Source: MIL-STD-105E (1989), tables I, II-A and II-B; the same in ANSI Z1.4 and ISO 2859-1.
    """
    items = check_count(lot, "lot", least=1)
    _check_one_of("level", level, LEVELS)
    plan = table_plan(LEVELS[level][bisect_left(LOTS, items)], aql, severity)
    return attrs.evolve(plan, size=min(plan.size, items), whole=plan.size >= items)


def table_plan(letter: str, aql: Number, severity: Severity = "normal") -> AcceptancePlan:
    """Look up the plan of a code letter, A to R, as `plan_for` does for a lot. Runtime: O(1).

    >>> print(table_plan("C", 1.0))
    review 13, accept with at most 0 errors

    Raises:
        InvalidInput: the tables have no such letter, AQL or severity.
    """
    _check_one_of("letter", letter, LETTERS[:-1])
    _check_one_of("severity", severity, STEPS)
    limit = exact(aql, "aql")
    if limit not in AQLS:
        near = decimal_text(max((known for known in AQLS if known < limit), default=AQLS[0]))
        remedy = f"use {near}, or plan_between"
        raise InvalidInput(subject="aql", must="be a percentage of the tables", got=aql, remedy=remedy)
    row, column = LETTERS.index(letter), AQLS.index(limit)
    at, accept = _found(row, column, severity)
    below = _entry(at, column - 1, severity) if accept > 1 else None
    return AcceptancePlan(
        size=SIZES[at],
        accept=accept,
        letter=letter,
        arrow=None if at == row else "down" if at > row else "up",
        stricter=below if isinstance(below, int) else None,
    )


def _check_one_of(subject: str, value: object, known: Iterable[str]) -> None:
    if value not in list(known):
        raise InvalidInput(subject=subject, must=f"be one of {', '.join(known)}", got=value)


def _entry(row: int, column: int, severity: Severity) -> int | Arrow:
    """Say what stands in a cell of the tables: a number to accept, or an arrow.

    One diagonal makes them all: each letter and each AQL is a step further down it.
    """
    steps = STEPS[severity]
    step = row + column - (14 if severity == "normal" else 15)
    if step < 0 or (severity, row, step) == ("tightened", 0, 0):
        # The one exception of the standard: AQL 10 has no tightened plan for letter A.
        return "down"
    if step >= len(steps):
        return "up"
    beyond = LETTERS[row] == "S" and severity == "normal"
    # The last two numbers of a column are for small samples only.
    large = LETTERS[row] > "E" and step >= len(steps) - 2
    return "up" if beyond or large else steps[step]


def _found(row: int, column: int, severity: Severity) -> tuple[int, int]:
    """Follow the arrow of a cell; where it leads out of the table, go the other way."""
    above, below = range(row - 1, -1, -1), range(row + 1, len(LETTERS))
    ways = (row, *below, *above) if _entry(row, column, severity) == "down" else (row, *above, *below)
    return next((at, accept) for at in ways if isinstance(accept := _entry(at, column, severity), int))


def plan_between(good: tuple[Number, Number], bad: tuple[Number, Number]) -> AcceptancePlan:
    """Find the smallest plan that passes good work and refuses bad work.

    *good* is a share of errors and the least probability to pass with it, 1 - alpha;
    *bad* a larger share and the most probability to pass with it, beta.

    Runtime: O(accept) binomial tails, times log of the size.

    >>> print(plan_between(("0.05", "0.95"), ("0.15", "0.075")))
    review 80, accept with at most 7 errors

    Raises:
        InvalidInput: a number is not strictly between 0 and 1, or the points are not in order.
        Infeasible: they lie so close that no plan of 10,000 items tells them apart.

    Source: Hailey, Minimum Sample Size Single Sampling Plans (1980).
    """
    low, pass_low = _point(good, "good")
    high, pass_high = _point(bad, "bad")
    if low >= high or pass_low <= pass_high:
        must = "be a smaller share, and pass with more probability, than bad"
        raise InvalidInput(subject="good", must=must, got=good, detail=f"bad is {bad}")
    accept, size = 0, _least_size(0, 1, high, pass_high)
    while binomial_at_most(accept, size, low) < pass_low:
        accept += 1
        size = _least_size(accept, size, high, pass_high)
        if size > PLAN_LIMIT:
            what, why = f"cannot tell {good[0]} from {bad[0]}", f"that needs more than {PLAN_LIMIT} items"
            raise Infeasible(what=what, why=why, remedy="set them further apart")
    return AcceptancePlan(size=size, accept=accept)


def _point(value: object, subject: str) -> tuple[float, float]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise InvalidInput(subject=subject, must="be a share and a probability", got=value)
    return float(between(value[0], f"share of {subject}")), float(
        between(value[1], f"probability of {subject}")
    )


def _least_size(accept: int, above: int, share: float, most: float) -> int:
    """Find the least sample, no smaller than *above*, that passes with at most this probability."""
    low, step = above, 1
    while binomial_at_most(accept, low + step, share) > most:
        low, step = low + step, 2 * step
    return low + bisect_left(
        range(step), -most, key=lambda more: -binomial_at_most(accept, low + more, share)
    )


def passes(plan: AcceptancePlan, share: Number, lot: int | None = None) -> float:
    """Give the probability that a lot with this share of errors is accepted: the plan's OC curve.

    Binomial, as for a stream of lots; with the size of the *lot* hypergeometric, where
    the share is rounded to whole items, half up. The share that passes with probability b
    is `intervals.upper_bound(plan.accept, plan.size, 1 - b)`.

    Runtime: O(sqrt(size)), of a lot O(accept).

    >>> plan = plan_for(3000, 1.0)
    >>> round(passes(plan, 0.01), 4), round(passes(plan, 0.01, 200), 4)
    (0.9626, 1.0)

    Raises:
        InvalidInput: the share is above 1, or the lot smaller than the sample.
    """
    wrong = share_of(share, "share")
    if lot is None:
        return binomial_at_most(plan.accept, plan.size, wrong)
    items = check_count(lot, "lot", least=plan.size)
    return hypergeometric_at_most(
        plan.accept, plan.size, wrong=(2 * exact(share, "share") * items + 1) // 2, total=items
    )


@attrs.frozen
class Judgement:
    """What becomes of one lot."""

    accepted: bool
    points: int = 0
    """What it adds to the switching score."""
    errors: int = 0
    """Found in its sample."""


def judge(plan: AcceptancePlan, errors: int) -> Judgement:
    """Accept a lot if at most so many errors were found in its sample, as the plan allows.

    A lot that passes gains 2 points where the plan accepts 0 or 1 errors; else 3 if it
    would have passed one AQL lower too. Runtime: O(1).

    >>> judge(plan_for(5000, 1.5), 7)
    Judgement(accepted=True, points=0, errors=7)

    Raises:
        InvalidInput: more errors than items in the sample.

    Source: the score is that of ISO 2859-1 (1999).
    """
    found = check_count(errors, "errors")
    if found > plan.size:
        raise InvalidInput(subject="errors", must=f"be at most the {plan.size} reviewed", got=errors)
    if found > plan.accept:
        return Judgement(accepted=False, errors=found)
    if plan.stricter is None:
        return Judgement(accepted=True, points=2 if plan.accept <= 1 else 0, errors=found)
    return Judgement(accepted=True, points=3 if found <= plan.stricter else 0, errors=found)


SWITCHING: Table = {
    ("normal", "two of five refused"): "tightened",
    ("tightened", "five accepted in a row"): "normal",
    ("tightened", "five refused"): "stopped",
    ("stopped", "resume"): "tightened",
}
"""(severity, what happened) to the next severity. Source: ISO 2859-1 (1999)."""


@attrs.frozen(kw_only=True)
class Switching:
    """How severely the next lot is inspected, after those before it.

    Begins normal; 2 refused of 5 lots or fewer in a row make it tightened; there 5 accepted
    in a row make it normal again, and 5 refused in all stop it until somebody resumes.
    Lots inspected before the last change no longer count.

    >>> state = Switching()
    >>> for accepted in (True, False, False):
    ...     state = state.after(Judgement(accepted))
    >>> state.severity
    'tightened'

    Source: ISO 2859-1 (1999), original inspection without the reduced plans.
    """

    severity: str = "normal"
    """normal, tightened, or stopped."""
    recent: tuple[bool, ...] = ()
    """Whether the last lots since the change were accepted, five at most."""
    refused: int = 0
    """Lots refused since the change."""
    score: int = 0
    """The switching score: from 30 on the standard allows reduced inspection. 0 unless normal."""

    def after(self, lot: Judgement) -> Switching:
        """Take in one judged lot. Runtime: O(1).

        Raises:
            Refused: inspection was stopped; nothing is judged until it is resumed.
        """
        recent = (*self.recent, lot.accepted)[-5:]
        refused = self.refused + (not lot.accepted)
        event = self._event(recent, refused)
        if event is not None:
            return Switching(severity=after(SWITCHING, self.severity, event, "inspection"))
        score = self.score + lot.points if lot.accepted and self.severity == "normal" else 0
        return attrs.evolve(self, recent=recent, refused=refused, score=score)

    def _event(self, recent: tuple[bool, ...], refused: int) -> str | None:
        """Name what has happened, in the words of the table."""
        if self.severity == "stopped":
            return "a judged lot"
        if self.severity == "normal":
            return "two of five refused" if recent.count(False) == 2 else None
        if recent == (True,) * 5:
            return "five accepted in a row"
        return "five refused" if refused == 5 else None

    def resume(self) -> Switching:
        """Go on with tightened inspection, once the cause of the errors is mended.

        Raises:
            Refused: it was not stopped.
        """
        return Switching(severity=after(SWITCHING, self.severity, "resume", "inspection"))
