"""Streams of reviews: the plans as they are, asked review by review."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from distribution.inspection import Csp1, Sprt
from distribution.streams import Stand, stand

REVIEWS = st.lists(st.booleans() | st.just(False), max_size=60)


@given(failed=REVIEWS, clear=st.integers(1, 6), seed=st.integers(0, 5))
def test_a_stream_stands_where_its_watch_stands(failed: list[bool], clear: int, seed: int) -> None:
    """The watch is asked of every item; what it does not inspect has no review."""
    plan = Csp1(clear=clear, fraction="1/3")
    watch = plan.start(seed=seed)
    for wrong in failed:
        while not watch.inspects:
            watch = watch.after(wrong=None)
        watch = watch.after(wrong=wrong)

    found = stand(plan, failed)

    assert (found.state, found.rate) == (("part", Fraction(1, 3)) if watch.sampling else ("all", 1))
    assert (found.reviewed, found.failed) == (len(failed), sum(failed))


@given(failed=REVIEWS, p1=st.sampled_from(["0.1", "0.3", "0.5"]))
def test_a_sequential_test_ends_with_the_first_review_that_decides_it(failed: list[bool], p1: str) -> None:
    """Against the verdict of every number of reviews; what comes later changes nothing."""
    test = Sprt(p0="0.02", p1=p1)
    verdicts = [test.verdict(n, sum(failed[:n])) for n in range(len(failed) + 1)]
    ends = next((n for n, verdict in enumerate(verdicts) if verdict != "go on"), len(failed))

    found = stand(test, failed)

    assert (found.state, found.reviewed, found.failed) == (verdicts[ends], ends, sum(failed[:ends]))
    assert found.rate == (1 if verdicts[ends] == "go on" else 0)


def test_a_published_sequential_test_accepts_after_36_right_items() -> None:
    """Wald's test of 2 % against 8 %, risks 5 and 10 %."""
    test = Sprt(p0="0.02", p1="0.08")

    assert stand(test, [False] * 35).state == "go on"
    assert str(stand(test, iter([False] * 99))) == "accept after 0 wrong of 36"


def test_nothing_reviewed_is_the_beginning() -> None:
    """All of what comes is to be reviewed."""
    nothing = {"reviewed": 0, "failed": 0, "rate": Fraction(1)}
    assert stand(Csp1(clear=2, fraction="1/2"), []) == Stand(state="all", **nothing)  # type: ignore[arg-type]
    assert stand(Sprt(p0="0.1", p1="0.5"), []) == Stand(state="go on", **nothing)  # type: ignore[arg-type]
