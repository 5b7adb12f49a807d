"""Dynamic overlap: documented numbers, laws, what is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from random import Random

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.codec import decode, encode
from distribution.errors import InvalidInput
from distribution.stopping import Answer, Beat, Confidence, Quorum, StoppingRule

PEOPLE = [f"p{at}" for at in range(12)]


def said(*answers: Answer) -> list[tuple[str, Answer]]:
    """Let one person after the other answer."""
    return list(zip(PEOPLE, answers, strict=False))


def answers_to_an_item() -> st.SearchStrategy[list[tuple[str, Answer]]]:
    return st.lists(st.sampled_from("abc"), max_size=10).map(lambda given: said(*given))


@pytest.mark.parametrize(
    ("answers", "leading", "percent"),
    [
        (["OK", "OK"], "OK", 97.7),
        (["OK", "BAD"], "BAD", 76.1),
        (["OK", "BAD", "BAD"], "BAD", 96.2),
    ],
)
def test_the_confidences_of_tolokas_documentation_come_out(
    answers: list[str], leading: str, percent: float
) -> None:
    """Three choices; people with skills 70, 90 and 80; none of them is touched by the bounds."""
    rule = Confidence(at_least=95, choices=3, skills={"p0": 70, "p1": 90, "p2": 80}, most=5)

    verdict = rule.wants(said(*answers))

    assert verdict.answer == leading
    assert verdict.confidence == pytest.approx(percent, abs=0.05)
    assert verdict.more == (percent < 95)


@pytest.mark.parametrize(
    ("skill", "percent"),
    [
        ((7, 10), Fraction(750, 11)),
        ((0, 0), 50),
        ("62.5", Fraction(125, 2)),
        ((16, 16), Fraction(1650, 17)),
    ],
)
def test_counts_are_read_as_a_skill_drawn_towards_one_half(skill: object, percent: Fraction) -> None:
    """(1/2 + correct) / (1 + total), as Toloka does; percents are taken as they are."""
    rule = Confidence(at_least=95, choices=2, skills={"ann": skill}, most=5)  # type: ignore[dict-item]

    assert rule.skills["ann"] == percent


@pytest.mark.parametrize(
    ("skill", "percent"),
    [(100, 97), ((17, 17), 97), ((16, 16), 97), ((15, 15), 1550 / 16), (0, 95), ((0, 10), 95)],
)
def test_nobody_is_always_right_or_always_wrong(skill: object, percent: float) -> None:
    """For two choices the confidence in a single answer, or in the other one, is the skill, held between 5 and 97 %."""
    rule = Confidence(at_least=99, choices=2, skills={"p0": skill}, most=5)  # type: ignore[dict-item]

    confidence = rule.wants(said("yes")).confidence
    assert confidence is not None

    assert max(confidence, 100 - confidence) == pytest.approx(percent)


def test_an_answer_of_who_is_mostly_wrong_does_not_lead() -> None:
    """The answer that nobody gave is likelier then."""
    verdict = Confidence(at_least=90, choices=2, skills={"p0": 10}, most=3).wants(said("yes"))

    assert verdict.answer is None
    assert verdict.confidence == pytest.approx(10)


def test_the_expert_outvotes_two_others_just_when_her_odds_exceed_theirs() -> None:
    """Skills 60, 70 and 90: the majority is right in .834 of cases, the likeliest answer in .9."""
    skills = {"p0": 60, "p1": 70, "p2": 90}
    rules: list[StoppingRule] = [
        Quorum(agreeing=3, most=3),
        Confidence(at_least="99.9", choices=2, skills=skills, most=3),
    ]
    right = [0.0, 0.0]
    for pattern in product([True, False], repeat=3):
        chance = 1.0
        for correct, skill in zip(pattern, skills.values(), strict=True):
            chance *= skill / 100 if correct else 1 - skill / 100
        for at, rule in enumerate(rules):
            right[at] += chance * (rule.wants(said(*pattern)).answer is True)

    assert right == pytest.approx([0.834, 0.9])


def obvious(rule: StoppingRule, answers: list[tuple[str, Answer]]) -> bool:
    """Say by counting, or by multiplying probabilities, whether more is wanted."""
    if len(answers) < rule.least:
        return True
    counts = [count for _, count in Counter(a for _, a in answers).most_common()]
    if isinstance(rule, Beat):
        met = bool(counts) and counts[0] - (counts[1] if counts[1:] else 0) >= rule.by
    elif isinstance(rule, Quorum):
        met = bool(counts) and counts[0] >= rule.agreeing
    else:
        likelihood = dict.fromkeys([*"abc", *range(rule.choices - 3)], Fraction(1))
        for name, answer in answers:
            q = min(max(rule.skills.get(name, rule.unknown) / 100, Fraction("0.05")), Fraction("0.97"))
            for choice in likelihood:
                likelihood[choice] *= q if choice == answer else (1 - q) / (rule.choices - 1)
        best = max(likelihood[answer] for _, answer in answers) if answers else Fraction(1)
        met = 100 * best / sum(likelihood.values()) >= rule.at_least
    return not met and len(answers) < rule.most


@st.composite
def rules(draw: st.DrawFn) -> StoppingRule:
    """Give a rule of any kind."""
    most = draw(st.integers(1, 8))
    least = draw(st.integers(1, most))
    kind = draw(st.sampled_from([Beat, Quorum, Confidence]))
    if kind is Beat:
        return Beat(by=draw(st.integers(1, most)), most=most, least=least)
    if kind is Quorum:
        return Quorum(agreeing=draw(st.integers(1, most)), most=most, least=least)
    percents = st.integers(0, 100)
    return Confidence(
        at_least=draw(st.integers(34, 99)),
        choices=draw(st.integers(3, 5)),
        skills=draw(st.dictionaries(st.sampled_from(PEOPLE), percents)),
        unknown=draw(percents),
        most=most,
        least=least,
    )


@given(rule=rules(), answers=answers_to_an_item())
def test_fast_and_obvious_rules_agree(rule: StoppingRule, answers: list[tuple[str, Answer]]) -> None:
    """Odds and bounds against counting and probabilities."""
    assert rule.wants(answers).more == obvious(rule, answers)


@given(rule=rules(), answers=answers_to_an_item(), shuffle=st.randoms())
def test_the_order_of_the_answers_does_not_matter(
    rule: StoppingRule, answers: list[tuple[str, Answer]], shuffle: Random
) -> None:
    """Decisions are exact, so not even the last digit moves."""
    shuffled = answers[:]
    shuffle.shuffle(shuffled)

    assert rule.wants(shuffled) == rule.wants(answers)


@given(rule=rules(), answers=answers_to_an_item())
def test_never_fewer_than_the_least_and_never_more_than_the_most(
    rule: StoppingRule, answers: list[tuple[str, Answer]]
) -> None:
    """Whatever the answers say."""
    more = rule.wants(answers).more

    assert more or len(answers) >= rule.least
    assert not more or len(answers) < rule.most


@given(rule=rules())
def test_a_rule_comes_back_from_json(rule: StoppingRule) -> None:
    """The codec needs no help."""
    assert decode(StoppingRule, json.loads(json.dumps(encode(rule)))) == rule


def test_where_two_lead_no_answer_does() -> None:
    """A tie is the caller's to break."""
    verdict = Beat(by=2, most=4).wants(said("a", "b", "b", "a"))

    assert (verdict.more, verdict.answer, verdict.confidence) == (False, None, None)


@pytest.mark.parametrize(
    ("rule", "answers", "sentence"),
    [
        (Beat(by=2, most=5), "", "0 answers of at least 1"),
        (Beat(by=1, most=5, least=2), "a", "1 answer of at least 2"),
        (Beat(by=2, most=3), "aba", "3 answers of at most 3 with a lead of 1, where 2 is asked for"),
        (Quorum(agreeing=2, most=3), "aba", "3 answers with 2 agreeing, where 2 is enough"),
        (Quorum(agreeing=2, most=3), "a", "1 answer of at most 3 with 1 agreeing, where 2 is asked for"),
        (
            Confidence(at_least=90, choices=2, unknown=80, most=3),
            "a",
            "1 answer of at most 3 with a confidence of 80 %, where 90 is asked for",
        ),
    ],
)
def test_a_verdict_says_why(rule: StoppingRule, answers: str, sentence: str) -> None:
    """One line, from data."""
    assert str(rule.wants(said(*answers)).why) == sentence


def test_without_answers_all_choices_are_equally_likely() -> None:
    """Nothing leads, and the least is still asked for."""
    verdict = Confidence(at_least=90, choices=4, most=3).wants([])

    assert (verdict.more, verdict.answer, verdict.confidence) == (True, None, 25)
    assert Quorum(agreeing=1, most=1).wants([]).why.value == 0


SURE = Confidence(at_least=90, choices=2, most=5)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Beat(by=0, most=5), "by must be a whole number of at least 1, got 0"),
        (lambda: Beat(by=6, most=5), "by must not exceed most, which is 5, got 6"),
        (lambda: Beat(by=1, most=True), "most must be a whole number of at least 1, got True"),
        (lambda: Beat(by=1, most=5, least=6), "least must not exceed most, which is 5, got 6"),
        (lambda: Quorum(agreeing=6, most=5), "agreeing must not exceed most, which is 5, got 6"),
        (lambda: attrs.evolve(SURE, choices=1), "choices must be a whole number of at least 2, got 1"),
        (
            lambda: attrs.evolve(SURE, at_least=50),
            "at_least must be above 50, which is chance, and below 100, got Fraction(50, 1)",
        ),
        (lambda: attrs.evolve(SURE, at_least=101), "at_least must be between 0 and 100, got 101"),
        (lambda: attrs.evolve(SURE, at_least=float("nan")), "at_least must be a finite number, got nan"),
        (lambda: attrs.evolve(SURE, unknown=-1), "unknown must not be negative, got -1"),
        (lambda: attrs.evolve(SURE, skills=5), "skills must be a mapping of assignees, got 5"),  # type: ignore[arg-type]
        (
            lambda: attrs.evolve(SURE, skills={"ann": 140}),
            "skill of 'ann' must be between 0 and 100, got 140",
        ),
        (
            lambda: attrs.evolve(SURE, skills={"ann": (1,)}),  # type: ignore[dict-item]
            "skill of 'ann' must be a percent or a pair (correct, total), got (1,)",
        ),
        (
            lambda: attrs.evolve(SURE, skills={"ann": (3, 2)}),
            "correct of skill of 'ann' must not exceed total 2, got 3",
        ),
        (lambda: SURE.wants("ab"), "answers must be a list of pairs (assignee, answer), got 'ab'"),  # type: ignore[arg-type]
        (lambda: SURE.wants(["ab", "x"]), "answer 0 must be a pair (assignee, answer), got 'ab'"),  # type: ignore[list-item]
        (lambda: SURE.wants([("ann", None)]), "answer 0 must be a text or a whole number, got None"),  # type: ignore[list-item]
        (lambda: SURE.wants([("", 1)]), "assignee id must not be empty, got ''"),
        (
            lambda: SURE.wants([("ann", 1), ("ann", 2)]),
            "answers to one item must come from different assignees, got 'ann'",
        ),
        (lambda: SURE.wants(said(1, 2, 3)), "answers must be one of 2 choices, got '3 different ones'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_value(build: Callable[[], object], message: str) -> None:
    """With the words of all other refusals."""
    with pytest.raises(InvalidInput) as error:
        build()

    assert str(error.value) == message
