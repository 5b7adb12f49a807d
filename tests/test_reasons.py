"""Why not: reasons are data, one line each, and come back from the log as they were."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution import Batch, Changed, Outcome, bars, refusals, rounds
from distribution.codec import decode, encode
from distribution.outcomes import Left
from distribution.refusals import (
    AllReserved,
    AtCap,
    Lost,
    NotHers,
    NotInTask,
    OnlySkipped,
    WhyNot,
    WhyNoWork,
)
from distribution.testing import strategies
from tests.office import NOON, Office

COUNTS = st.integers(0, 10**9)
INSTANTS = st.datetimes(timezones=st.just(NOON.tzinfo))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "task": strategies.ids(),
    "state": st.sampled_from(["open", "done", "skipped", "returned", "paused", "removed", "closed"]),
    "assignee": strategies.ids(),
    "item": strategies.ids(),
    "due": INSTANTS,
    "until": st.none() | INSTANTS,
    "limit": st.sampled_from(["3 items", "30 % of the items"]),
    "verb": st.sampled_from(["submit", "skip"]),
    "holders": st.lists(strategies.ids(), min_size=1, max_size=3).map(tuple),
    "everybody": st.booleans(),
    "mate": strategies.ids(),
    "bar": st.builds(
        bars.Bar,
        st.sampled_from(["skills", "blocked", "reserved"]),
        st.lists(strategies.ids(), min_size=1, max_size=3).map(tuple),
    ),
} | dict.fromkeys(["open", "batch", "cap", "holds", "done", "count", "copies", "passes"], COUNTS)


def some(reasons: Any) -> st.SearchStrategy[Any]:
    """Give any of these reasons, with any data."""
    return st.sampled_from(get_args(reasons)).flatmap(
        lambda cls: st.builds(cls, **{a.name: FIELDS[a.name] for a in cls.__attrs_attrs__})
    )


def test_every_reason_says_why_a_batch_is_empty_or_an_item_was_left_out() -> None:
    ours = {
        found
        for found in vars(refusals).values()
        if isinstance(found, type) and found.__module__ in {refusals.__name__, rounds.__name__}
    }

    assert set(get_args(WhyNoWork)) | set(get_args(WhyNot)) == ours


@given(reason=some(WhyNoWork) | some(WhyNot))
def test_a_sentence_is_one_line_without_a_full_stop(reason: Any) -> None:
    text = str(reason)

    assert "\n" not in text
    assert text == text.strip() != ""
    assert not text.endswith(".")


@given(why=some(WhyNoWork), whom=strategies.ids())
def test_an_empty_batch_comes_back_from_the_log_with_its_reason(why: Any, whom: str) -> None:
    batch = Batch(task="t", assignee=whom, reason=why)

    assert decode(Batch, json.loads(json.dumps(encode(batch)))) == batch


@given(whys=st.lists(some(WhyNot), max_size=3))
def test_an_outcome_and_a_change_come_back_with_every_reason(whys: list[Any]) -> None:
    refused = tuple(Left(f"i{at}", why) for at, why in enumerate(whys))

    for answer in (Outcome(changed=("a",), refused=refused), Changed(refused=refused, version=7)):
        assert decode(type(answer), json.loads(json.dumps(encode(answer)))) == answer
    for left in refused:
        assert str(left).endswith(str(left.why))
        # Who is refused many items has to see which.
        assert hasattr(left.why, "item") or str(left).startswith(f"item {left.item!r}: ")


@pytest.mark.parametrize("request_id", [None, "r"])
def test_reasons_of_a_store_are_data_to_compare(office: Office, request_id: str | None) -> None:
    task = office.queue(3, 2, people=["ann", "bob"])
    office.pull(task, "ann")

    for _ in range(2):
        batch = office.pull(task, "ann", request=request_id and f"{request_id}1")
        done = office.set_status(
            task, "bob", ["a", "z"], "completed", request=request_id and f"{request_id}2"
        )
        assert batch.reason == AtCap("ann", 2, 2, 2)
        assert done.refused == (Left("a", NotHers("a", "bob")), Left("z", NotInTask("z")))
    office.pull(task, "bob")
    office.set_status(task, "bob", ["c"], "completed")
    waits = office.pull(task, "bob", request=request_id).reason
    assert isinstance(waits, AllReserved)
    assert (waits.open, str(waits)) == (
        2,
        "all 2 items left are reserved, the first until 2026-11-22 12:30:00+00:00; ask again then",
    )


def test_reasons_alike_are_equal_and_can_be_counted() -> None:
    assert len({OnlySkipped(1), OnlySkipped(1), OnlySkipped(1, everybody=True)}) == 2
    assert Lost("a", "ann", ("bob",)) != Lost("a", "ann", ("eve",))
