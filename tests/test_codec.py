"""Values come back from their data, and nothing else gets in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import attrs
import pytest

from distribution import InvalidInput, Limit, Pull, Workload
from distribution.basis import Basis, Stratified
from distribution.codec import DEPTH_LIMIT, decode, encode, kind_of
from distribution.events import Cell, Entry, Event, MemberChange, SettingChange, Shift, Stamp, aware
from distribution.filters import Filter, Not, field
from distribution.members import Member
from distribution.task import Task
from tests.office import NOON


@attrs.frozen
class Sample:
    """One of every type."""

    name: str
    share: Fraction
    at: datetime
    lease: timedelta | None = None
    done: bool = False
    ratio: float = 1.0
    numbers: tuple[int, ...] = ()


SAMPLE = Sample("x", Fraction(1, 3), NOON, timedelta(minutes=90), done=True, ratio=0.5, numbers=(1, 2))


PULL = Pull(batch_size=2, max_batch_workload=3, lease=timedelta(minutes=30), order="random", skip="later")
OPEN = Cell("open", NOON, None, NOON + timedelta(minutes=30))
PULLED = Event(
    what="pulled",
    assignee="ann",
    shifts=(Shift("ann", None, OPEN, (0, 2)), Shift("bob", OPEN, Cell("returned", NOON), (2,))),
    members=(MemberChange(None, Member("ann", state="paused", limit=Limit(count=3, percent="12.5"))),),
    settings=(SettingChange("name", "x", {"y": [1]}),),
    came=(3, 5),
    restored=(1,),
    removed=(0,),
)


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        (Sample, SAMPLE),
        (Sample, Sample("y", Fraction(2), NOON)),
        (Workload, Workload.even(["ann", "bob"])),
        (Basis, Stratified("a.b")),
        (Task, Task(id="t", name="label cats", workload=Workload.even(["ann"]), created_at=NOON)),
        (
            Task,
            Task(id="t", name="label cats", pull=PULL, due=NOON, where=field("a").exists(), created_at=NOON),
        ),
        (Event, Event(what="created", facts={"items": 3, "counts": {"ann": 3}})),
        (
            Entry,
            Entry(task="t", version=1, stamp=Stamp(at=NOON, request="r"), event=PULLED, answer={"a": [1]}),
        ),
        (Filter, Not(field("a").is_in([1, "x", None, True]))),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_comes_back_from_json(expected: Any, value: object) -> None:
    for brief in (False, True):
        assert decode(expected, json.loads(json.dumps(encode(value, brief=brief)))) == value


def test_a_field_with_a_default_may_be_absent() -> None:
    data = {"kind": "sample", "name": "x", "share": "1", "at": "2026-11-22T12:00:00+00:00"}

    assert decode(Sample, data) == Sample("x", Fraction(1), NOON)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "other"}, "data must be a Sample, got "),
        ({"name": 7}, "data.name must be a str, got 7"),
        ({"share": "x"}, "data.share must be a Fraction, got 'x'"),
        ({"share": "1e10000000"}, "data.share must be a Fraction, got '1e10000000'"),
        ({"at": "yesterday"}, "data.at must be a datetime, got 'yesterday'"),
        ({"lease": True}, "data.lease must be a timedelta, got True"),
        ({"lease": 1e300}, "data.lease must be a timedelta, got 1e+300"),
        ({"done": 1}, "data.done must be a bool, got 1"),
        ({"numbers": [1, "2"]}, "data.numbers[1] must be a int, got '2'"),
        ({"numbers": 1}, "data.numbers must be a "),
        ({"extra": 1}, "data must have no field 'extra', got 'sample'"),
    ],
)
def test_data_of_the_wrong_form_is_refused_with_the_path_to_it(change: dict[str, Any], message: str) -> None:
    data: Any = encode(SAMPLE)

    with pytest.raises(InvalidInput) as error:
        decode(Sample, {**data, **change})

    assert str(error.value).startswith(message)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InvalidInput, match="data must have the field 'name', got"):
        decode(Sample, {"kind": "sample"})


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        InvalidInput, match=r"data must be of a known kind \(by-count, by-effort, grouped, stratified\)"
    ):
        decode(Basis, {"kind": "by-magic"})
    with pytest.raises(InvalidInput, match="data.relation must be one of 'equal', .*, got 'near'"):
        decode(Filter, {"kind": "compare", "path": "a", "relation": "near", "value": 1})
    with pytest.raises(InvalidInput, match="data must be a "):
        decode(dict[str, int], [1])
    with pytest.raises(InvalidInput, match="data must be a list, got 7"):
        decode(list, 7)


def test_data_nested_without_end_is_refused() -> None:
    data: Any = {"kind": "not"}
    for _ in range(DEPTH_LIMIT + 5):
        data = {"kind": "not", "clause": data}

    with pytest.raises(InvalidInput, match="be nested at most 100 deep"):
        decode(Filter, data)


def test_kinds_are_the_names_of_classes() -> None:
    assert kind_of(SettingChange) == "setting-change"
    assert datetime.fromisoformat(str(encode(NOON))) == datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_an_instant_beyond_the_calendar_is_refused() -> None:
    west = timezone(timedelta(hours=-5))

    with pytest.raises(InvalidInput, match="an instant must lie between the years 1 and 9999"):
        aware(datetime(9999, 12, 31, 23, tzinfo=west))


def test_a_text_of_a_class_of_its_own_is_written_as_text() -> None:
    class Name(str):
        __slots__ = ()

    assert encode({"name": Name("ann")}) == {"name": "ann"}
