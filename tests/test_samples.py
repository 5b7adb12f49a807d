"""What a sample may ask for, and the rate a record calls for."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution.acceptance import plan_for
from distribution.errors import InvalidInput
from distribution.intervals import upper_bound
from distribution.samples import Aql, Risk, Sample


@pytest.mark.parametrize(
    ("errors", "reviewed", "rate"),
    [
        (0, 20, 0.856),
        (0, 50, 0.656),
        (0, 100, 0.322),
        (1, 50, 0.781),
        (3, 50, 0.865),
        (5, 100, 0.804),
        (10, 100, 0.878),
        (20, 100, 0.928),
    ],
)
def test_published_rates_of_risk_are_reproduced(errors: int, reviewed: int, rate: float) -> None:
    """Two percent may go out."""
    assert round(float(Risk(target=2, least=1).rate(errors, reviewed)), 3) == rate


@given(errors=st.integers(0, 50), more=st.integers(0, 400), target=st.integers(1, 20))
def test_what_goes_out_stays_below_the_target_however_bad_the_work_may_be(
    errors: int, more: int, target: int
) -> None:
    """At the upper bound p of the share of errors: p (1 - rate)."""
    risk = Risk(target=target, least=5)
    rate = risk.rate(errors, errors + more)

    assert Fraction(5, 100) <= rate <= 1
    assert upper_bound(errors, errors + more) * float(1 - rate) <= target / 100 + 1e-12
    assert rate.denominator <= 1_000_000


def test_a_newcomer_is_reviewed_most_and_the_best_at_the_least_rate() -> None:
    """As nothing is known of the one, and enough of the other."""
    risk = Risk(target=2, least=5)

    assert risk.rate(0, 0) == Fraction(98, 100)
    assert risk.rate(0, 1000) == Fraction(5, 100)
    assert Risk(target=100, least=5).rate(0, 0) == Fraction(5, 100)


def test_a_percentage_is_read_as_what_was_meant() -> None:
    """A float is its decimal."""
    assert Sample(percent=33.3).percent == Sample(percent="33.3").percent == Fraction(333, 10)
    assert Sample(percent=10) == Sample(percent="10")


def test_one_of_each_group_is_the_least_unless_blocks_or_the_caller_say_otherwise() -> None:
    """A rate and a minimum do not go together in blocks."""
    assert [Sample(percent=1).least, Sample(percent=1, minimum=5).least] == [1, 5]
    assert Sample(percent=1, method="blocks").least == Sample(percent=1, minimum=0).least == 0


def test_a_sample_for_a_plan_has_the_size_its_lot_asks_for() -> None:
    """Others stay as they are."""
    sample = Sample(aql=Aql(limit="1.0", severity="tightened"), per="assignee")

    assert sample.of(1000) == Sample(count=80, per="assignee")
    assert sample.of(1000).count == plan_for(1000, "1.0", severity="tightened").size
    assert Sample(percent=5).of(1000) == Sample(percent=5)


def test_only_a_sample_with_one_rate_for_all_stands_for_a_lot() -> None:
    """In whole numbers, and but for the minimum."""
    alike = [Sample(percent=5, per="assignee"), Sample(count=5), Sample(aql=Aql(limit=1))]
    alike += [Sample(count=5, per="assignee", allocation="proportional"), Sample(percent=5, method="blocks")]
    other = [Sample(count=5, per="assignee", allocation="equal"), Sample(percent=5, method="size")]
    other += [Sample(rates={"ann": 5}, per="assignee"), Sample(risk=Risk(target=2, least=5), per="assignee")]

    assert [sample.alike for sample in alike + other] == [True] * len(alike) + [False] * len(other)


REFUSED: list[tuple[Callable[[], object], str]] = [
    (Sample, "a sample must have one of percent, count, rates, risk, aql, got None"),
    (
        lambda: Sample(percent=1, count=1),
        "a sample must have one of percent, count, rates, risk, aql, got 'percent, count'",
    ),
    (lambda: Sample(percent=0), "percent must be above 0 and at most 100, got 0"),
    (lambda: Sample(percent=100.1), "percent must be above 0 and at most 100, got 100.1"),
    (lambda: Sample(percent=True), "percent must be a non-negative number, got True"),
    (lambda: Sample(percent=float("nan")), "percent must be a finite number, got nan"),
    (lambda: Sample(count=0), "count must be a whole number of at least 1, got 0"),
    (lambda: Sample(percent=1, minimum=-1), "minimum must be a whole number of at least 0, got -1"),
    (
        lambda: Sample(percent=1, per="task"),  # type: ignore[arg-type]
        "per must be one of assignee, stratum, got 'task'",
    ),
    (
        lambda: Sample(percent=1, method=None),  # type: ignore[arg-type]
        "method must be one of simple, systematic, blocks, size, got None",
    ),
    (
        lambda: Sample(rates={"ann": 10}),
        'rates must name groups, and one with a rate above 0, got {\'ann\': Fraction(10, 1)}; add per="assignee" or per="stratum"',
    ),
    (
        lambda: Sample(rates={"ann": 0}, per="assignee"),
        "rates must name groups, and one with a rate above 0, got {'ann': Fraction(0, 1)}; raise one",
    ),
    (
        lambda: Sample(rates={"ann": 101}, per="assignee"),
        "rate of 'ann' must be between 0 and 100, got 101",
    ),
    (
        lambda: Sample(rates=[10], per="assignee"),  # type: ignore[arg-type]
        "rates must be a mapping of groups to percent, got [10]",
    ),
    (
        lambda: Sample(risk=5, per="assignee"),  # type: ignore[arg-type]
        "risk must be a Risk, of assignees, got 5 (per 'assignee'); add per=\"assignee\"",
    ),
    (
        lambda: Sample(percent=5, per="stratum"),
        "key must be given with per=\"stratum\", and only then, got None (per 'stratum')",
    ),
    (
        lambda: Sample(percent=5, key="dir"),
        "key must be given with per=\"stratum\", and only then, got 'dir' (per None)",
    ),
    (
        lambda: Sample(percent=5, per="stratum", key="a..b"),
        "key of a sample must be names joined by single dots, got 'a..b'",
    ),
    (
        lambda: Sample(count=5, allocation="equal"),
        "allocation must divide a count among groups, got 'equal'; add count and per, or leave it out",
    ),
    (
        lambda: Sample(percent=5, per="assignee", allocation="neyman"),
        "allocation must divide a count among groups, got 'neyman'; add count and per, or leave it out",
    ),
    (
        lambda: Sample(aql=1.0),  # type: ignore[arg-type]
        "aql must be an Aql, got 1.0; use Aql(limit=1)",
    ),
    (
        lambda: Aql(limit="0.9"),
        "aql must be a percentage of the tables, got '0.9'; use 0.65, or plan_between",
    ),
    (lambda: Aql(limit=1, level="IV"), "level must be one of S-1, S-2, S-3, S-4, I, II, III, got 'IV'"),
    (
        lambda: Aql(limit=1, severity="reduced"),  # type: ignore[arg-type]
        "severity must be one of normal, tightened, got 'reduced'",
    ),
    (
        lambda: Sample(aql=Aql(limit=1), method="blocks"),
        "method 'blocks' must go with percent or rates, which stay as they are, got Aql(limit=Fraction(1, 1), level='II', severity='normal')",
    ),
    (
        lambda: Sample(count=5, method="blocks"),
        "method 'blocks' must go with percent or rates, which stay as they are, got 5",
    ),
    (
        lambda: Sample(percent=5, method="blocks", minimum=1),
        "minimum must be 0 with method 'blocks', which keeps a rate and no more, got 1; use method 'simple'",
    ),
    (lambda: Risk(target=0, least=5), "target must be above 0 and at most 100, got 0"),
    (lambda: Risk(target=2, least=0), "least must be above 0 and at most 100, got 0"),
    (lambda: Risk(target=2, least=5).rate(2, 1), "errors must be at most the 1 reviewed, got 2"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message[:50] for _, message in REFUSED])
def test_what_means_nothing_is_refused_with_the_way_out(call: Callable[[], object], message: str) -> None:
    """Numbers out of range, and settings that contradict each other."""
    with pytest.raises(InvalidInput) as error:
        call()

    assert str(error.value) == message


def test_a_risk_of_strata_is_refused_even_where_it_is_a_risk() -> None:
    """Records are kept of people."""
    with pytest.raises(InvalidInput, match="risk must be a Risk, of assignees"):
        Sample(risk=Risk(target=2, least=5), per="stratum", key="dir")
    with pytest.raises(InvalidInput, match="method 'blocks' must go with percent or rates"):
        Sample(risk=Risk(target=2, least=5), per="assignee", method="blocks")
