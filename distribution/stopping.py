"""When an item has answers enough: ask one person more, or stop.

Holds: the rules of dynamic overlap: a lead, a quorum, a confidence.
Does not hold: what a rule costs (see voting), who is asked (see handing), known answers (see gold).
Depends on: errors, values.

A rule sees the answers to one item and nothing else. Whether it stops is decided in
whole numbers and Fractions, so two machines never disagree and the order in which the
answers came does not matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import ClassVar, Literal, TypeAlias

import attrs

from distribution.errors import InvalidInput
from distribution.values import AssigneeId, Number, check_count, check_id, exact

Answer: TypeAlias = str | int
"""One of a few: a label, a number, true or false. Answers that are equal in Python are one."""
State: TypeAlias = Literal["early", "open", "met", "most"]
"""Fewer answers than the least; goal not met yet; goal met; goal not met with the most answers."""
Measure: TypeAlias = Literal["lead", "agreeing", "confidence"]
PHRASES: Mapping[Measure, str] = {
    "lead": "a lead of {}",
    "agreeing": "{} agreeing",
    "confidence": "a confidence of {} %",
}

LEAST_SKILL, MOST_SKILL = Fraction(5, 100), Fraction(97, 100)
"""Skills are held between them: nobody is always right, and nobody always wrong."""


@attrs.frozen(kw_only=True)
class Standing:
    """How far the answers to an item are, and what its rule asks for.

    >>> print(Standing(state="open", measure="lead", value=1, goal=2, answers=3, least=1, most=10))
    3 answers of at most 10 with a lead of 1, where 2 is asked for
    """

    state: State
    measure: Measure
    """What the rule looks at."""
    value: float
    """How much of it there is; in percent for confidence."""
    goal: float
    """How much of it is enough."""
    answers: int
    least: int
    most: int

    def __str__(self) -> str:
        """Say it in words."""
        has = PHRASES[self.measure].format(f"{self.value:.4g}")
        answers = f"{self.answers} answer" + ("s" if self.answers != 1 else "")
        if self.state == "early":
            return f"{answers} of at least {self.least}"
        if self.state == "met":
            return f"{answers} with {has}, where {self.goal:.4g} is enough"
        return f"{answers} of at most {self.most} with {has}, where {self.goal:.4g} is asked for"


@attrs.frozen(kw_only=True)
class Verdict:
    """Whether to ask one person more, and what the answers say so far."""

    more: bool
    answer: Answer | None
    """The leading answer; None where two lead, or where an answer nobody gave is as likely."""
    confidence: float | None
    """Percent, of the likeliest answer that was given; None where the rule knows no skills."""
    why: Standing


def _most(value: object) -> int:
    return check_count(value, "most", least=1)


def _least(value: object) -> int:
    return check_count(value, "least", least=1)


@attrs.frozen(kw_only=True)
class _Rule(ABC):
    """What all rules share: the limits, and the walk from answers to a verdict."""

    measure: ClassVar[Measure]
    most: int = attrs.field(converter=_most)
    """Never more answers than this."""
    least: int = attrs.field(default=1, converter=_least)
    """Never fewer answers than this."""

    @least.validator
    def _check_least(self, _: object, value: int) -> None:
        if value > self.most:
            raise InvalidInput(subject="least", must=f"not exceed most, which is {self.most}", got=value)

    @property
    @abstractmethod
    def goal(self) -> Fraction | int:
        """Give how much of the measure is enough."""

    @abstractmethod
    def weigh(self, people: Sequence[AssigneeId]) -> Fraction | int:
        """Weigh an answer by who gave it; by nobody too."""

    @abstractmethod
    def measured(self, weights: Sequence[Fraction | int]) -> Fraction | int:
        """Measure the weights of the answers that were given, the largest first."""

    def unnamed(self, _named: int, /) -> int:
        """Count the choices that may be right though nobody named them; none where none are known."""
        return 0

    def state(self, answers: int, value: Fraction | int) -> State:
        """Compare what was measured after so many answers with what is asked for."""
        if answers < self.least:
            return "early"
        if value >= self.goal:
            return "met"
        return "open" if answers < self.most else "most"

    def wants(self, answers: Sequence[tuple[AssigneeId, Answer]]) -> Verdict:
        """Decide whether the item needs one answer more.

        Answers beyond the most are counted like others; then no more are wanted.

        Runtime: O(a log a) for a answers.

        >>> str(Beat(by=2, most=5).wants([("ann", "cat"), ("bob", "cat")]).why)
        '2 answers with a lead of 2, where 2 is enough'

        Raises:
            InvalidInput: an answer is none, one person answered twice, or there are more
                different answers than choices.
        """
        weights = {answer: self.weigh(people) for answer, people in _piles(answers).items()}
        ranked = sorted(weights.values(), reverse=True)
        value = self.measured(ranked)
        state = self.state(len(answers), value)
        rivals = [*ranked[1:2], *[self.weigh(())] * min(self.unnamed(len(ranked)), 1)]
        leads = bool(ranked) and all(ranked[0] > rival for rival in rivals)
        return Verdict(
            more=state in {"early", "open"},
            answer=max(weights, key=weights.__getitem__) if leads else None,
            confidence=float(value) if self.measure == "confidence" else None,
            why=Standing(
                state=state, measure=self.measure, value=float(value), goal=float(self.goal),
                answers=len(answers), least=self.least, most=self.most,
            ),
        )  # fmt: skip


def _piles(answers: Sequence[tuple[AssigneeId, Answer]]) -> dict[Answer, list[AssigneeId]]:
    """List who gave each answer, in the order in which they came."""
    if not isinstance(answers, (tuple, list)):
        raise InvalidInput(subject="answers", must="be a list of pairs (assignee, answer)", got=answers)
    piles: dict[Answer, list[AssigneeId]] = {}
    known: set[AssigneeId] = set()
    for at, pair in enumerate(answers):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise InvalidInput(subject=f"answer {at}", must="be a pair (assignee, answer)", got=pair)
        assignee, answer = check_id(pair[0], "assignee id"), pair[1]
        if not isinstance(answer, (str, int)):
            raise InvalidInput(subject=f"answer {at}", must="be a text or a whole number", got=answer)
        if assignee in known:
            raise InvalidInput(
                subject="answers to one item", must="come from different assignees", got=assignee
            )
        known.add(assignee)
        piles.setdefault(answer, []).append(assignee)
    return piles


def _reachable(rule: _Rule, attribute: attrs.Attribute[int], value: int) -> None:
    """Refuse a goal that the most answers cannot meet."""
    if value > rule.most:
        raise InvalidInput(subject=attribute.name, must=f"not exceed most, which is {rule.most}", got=value)


def check_lead(value: object) -> int:
    """Return a lead of one answer over the next, else raise.

    Raises:
        InvalidInput: it is not a whole number of at least 1.
    """
    return check_count(value, "by", least=1)


@attrs.frozen(kw_only=True)
class Beat(_Rule):
    """Stop when one answer leads the next by so many.

    >>> rule = Beat(by=2, most=5)
    >>> rule.wants([("ann", "cat"), ("bob", "dog"), ("eve", "cat")]).more
    True

    Raises:
        InvalidInput: a number makes no sense, or the lead could never be reached.
    """

    measure = "lead"
    by: int = attrs.field(converter=check_lead, validator=_reachable)
    """Answers the first has more than the second; 0 where nobody named a second."""

    @property
    def goal(self) -> int:
        """Give the lead that is enough."""
        return self.by

    def weigh(self, people: Sequence[AssigneeId]) -> int:
        """Count them."""
        return len(people)

    def measured(self, weights: Sequence[Fraction | int]) -> Fraction | int:
        """Subtract the second from the first."""
        first, second, *_ = *weights, 0, 0
        return first - second


def _agreeing(value: object) -> int:
    return check_count(value, "agreeing", least=1)


@attrs.frozen(kw_only=True)
class Quorum(_Rule):
    """Stop when so many agree; with agreeing equal to most it is a fixed number of answers.

    >>> Quorum(agreeing=2, most=5).wants([("ann", "cat"), ("bob", "dog"), ("eve", "cat")]).answer
    'cat'

    Raises:
        InvalidInput: a number makes no sense, or so many could never agree.
    """

    measure = "agreeing"
    agreeing: int = attrs.field(converter=_agreeing, validator=_reachable)
    """Equal answers."""

    @property
    def goal(self) -> int:
        """Give how many are enough."""
        return self.agreeing

    def weigh(self, people: Sequence[AssigneeId]) -> int:
        """Count them."""
        return len(people)

    def measured(self, weights: Sequence[Fraction | int]) -> Fraction | int:
        """Take the largest."""
        return weights[0] if weights else 0


def _percent(value: object, subject: str) -> Fraction:
    number = exact(value, subject)
    if number > 100:
        raise InvalidInput(subject=subject, must="be between 0 and 100", got=value)
    return number


def _at_least(value: object) -> Fraction:
    return _percent(value, "at_least")


def check_choices(value: object) -> int:
    """Return how many answers are possible, else raise.

    Raises:
        InvalidInput: it is not a whole number of at least 2.
    """
    return check_count(value, "choices", least=2)


def _unknown(value: object) -> Fraction:
    return _percent(value, "unknown")


def _skill(value: object, subject: str) -> Fraction:
    """Read a percent, or counts of correct and all, which are drawn towards one half."""
    if not isinstance(value, (tuple, list)):
        return _percent(value, subject)
    if len(value) != 2:
        raise InvalidInput(subject=subject, must="be a percent or a pair (correct, total)", got=value)
    total = check_count(value[1], f"total of {subject}")
    correct = check_count(value[0], f"correct of {subject}")
    if correct > total:
        raise InvalidInput(subject=f"correct of {subject}", must=f"not exceed total {total}", got=correct)
    return 100 * (Fraction(1, 2) + correct) / (1 + total)


def _skills(value: Mapping[AssigneeId, Number | tuple[int, int]]) -> Mapping[AssigneeId, Fraction]:
    if not isinstance(value, Mapping):
        raise InvalidInput(subject="skills", must="be a mapping of assignees", got=value)
    return {
        check_id(name, "assignee id"): _skill(skill, f"skill of {name!r}") for name, skill in value.items()
    }


@attrs.frozen(kw_only=True)
class Confidence(_Rule):
    """Stop when the likeliest answer is right with a given probability, by what is known of people.

    Somebody with skill q gives the right answer with probability q, and each wrong one
    with (1 - q) / (choices - 1); before anybody answers all choices are equally likely.
    A skill is a percent, or (correct, total), read as (1/2 + correct) / (1 + total).
    Either is held between 5 % and 97 %: it concerns percents outside, and counts such as
    17 of 17 or 0 of 10, never 70 or 90.

    >>> rule = Confidence(at_least=95, choices=3, skills={"ann": 70, "bob": 90}, most=5)
    >>> verdict = rule.wants([("ann", "OK"), ("bob", "OK")])
    >>> verdict.more, round(verdict.confidence, 1)
    (False, 97.7)

    Raises:
        InvalidInput: a number makes no sense.

    Source: Toloka, dynamic overlap of type BASIC; the bounds of a skill are ours.
    """

    measure = "confidence"
    choices: int = attrs.field(converter=check_choices)
    """How many answers are possible."""
    at_least: Fraction = attrs.field(converter=_at_least)
    """Percent."""
    skills: Mapping[AssigneeId, Fraction] = attrs.field(factory=dict, converter=_skills, hash=False)
    """Percent of right answers."""
    unknown: Fraction = attrs.field(default=Fraction(50), converter=_unknown)
    """Percent, of people without a skill of their own; 50 is what (0, 0) means."""

    @at_least.validator
    def _check_at_least(self, _: object, value: Fraction) -> None:
        if not Fraction(100, self.choices) < value < 100:
            least = f"{100 / self.choices:.4g}"
            raise InvalidInput(
                subject="at_least", must=f"be above {least}, which is chance, and below 100", got=value
            )

    @property
    def goal(self) -> Fraction:
        """Give the percent that is enough."""
        return self.at_least

    def weigh(self, people: Sequence[AssigneeId]) -> Fraction:
        """Multiply their odds: how much likelier their answer is right than one nobody gave."""
        weight = Fraction(1)
        for name in people:
            q = min(max(self.skills.get(name, self.unknown) / 100, LEAST_SKILL), MOST_SKILL)
            weight *= q * (self.choices - 1) / (1 - q)
        return weight

    def unnamed(self, named: int, /) -> int:
        """Count the choices that nobody named, each of weight 1."""
        if named > self.choices:
            raise InvalidInput(
                subject="answers", must=f"be one of {self.choices} choices", got=f"{named} different ones"
            )
        return self.choices - named

    def measured(self, weights: Sequence[Fraction | int]) -> Fraction:
        """Give the percent of all weight that the largest has."""
        total = sum(weights, Fraction(self.unnamed(len(weights))))
        return 100 * Fraction(max(weights, default=1)) / total


StoppingRule: TypeAlias = Beat | Quorum | Confidence
