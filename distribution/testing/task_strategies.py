"""Hypothesis strategies for tasks and all that happens to them.

Holds: one strategy for each value that crosses a port, shrinking to the plainest.
Does not hold: items, workloads, filters and plain values (see strategies).
Depends on: events, gold, golden, members, outcomes, overlap, pipeline, ports, pull, refusals, stopping,
strategies, task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any, TypeVar, get_args, get_type_hints

import attrs
from hypothesis import strategies as st

from distribution.bars import Bar
from distribution.diff import Diff, Move
from distribution.events import Cell, Entry, Event, MemberChange, SettingChange, Shift, Stamp, What
from distribution.gold import GoldFading, GoldShare
from distribution.golden import Golden
from distribution.lifecycle import MemberState, PlacementState, TaskState
from distribution.members import Limit, Member, Standing
from distribution.outcomes import Batch, Changed, Left, Outcome
from distribution.overlap import Overlap
from distribution.pipeline import Departure, Lead, Station
from distribution.ports import Page, Placement
from distribution.pull import BATCH_LIMIT, LEASE_LIMIT, SKIP_POLICIES, Pull
from distribution.ranks import QUEUE_ORDERS
from distribution.refusals import WhyNot, WhyNoWork
from distribution.stopping import Beat, Confidence, Quorum, StoppingRule
from distribution.task import Ask, Head, Held, Row, Task
from distribution.testing.strategies import (
    attribute_values,
    attributes,
    bases,
    filters,
    ids,
    orders,
    rules,
    seeds,
    workloads,
)
from distribution.values import Item

T = TypeVar("T")

PLAIN = datetime(2026, 1, 1, tzinfo=UTC)


def instants() -> st.SearchStrategy[datetime]:
    """Give instants of any zone, to the microsecond, from the year 2 to 9998; the plainest is 2026 in UTC."""
    zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=11))])
    any_ = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=zones)  # noqa: DTZ001  zones are drawn
    return st.one_of(st.just(PLAIN), durations().map(lambda step: PLAIN + step), any_)


def durations() -> st.SearchStrategy[timedelta]:
    """Give durations that a lease may have: from a microsecond to ten years."""
    return st.one_of(
        st.sampled_from([timedelta(minutes=30), timedelta(microseconds=1), LEASE_LIMIT]),
        st.timedeltas(timedelta(microseconds=1), LEASE_LIMIT),
    )


def counts() -> st.SearchStrategy[int]:
    """Give whole numbers, mostly small."""
    return st.integers(0, 5) | st.integers(0, 2**62)


def texts() -> st.SearchStrategy[str]:
    """Give free text, empty or not."""
    return st.just("") | ids()


def prioritized() -> st.SearchStrategy[Item]:
    """Give items with a priority."""
    return st.builds(
        Item,
        ids(),
        effort=st.integers(0, 5).map(Fraction),
        attributes=attributes(),
        priority=st.integers(-3, 3) | st.integers(-(2**20), 2**20),
    )


@st.composite
def pulls(draw: st.DrawFn) -> Pull:
    """Give settings of a pulling task."""
    batch = draw(st.integers(1, 10) | st.integers(1, BATCH_LIMIT))
    return Pull(
        batch_size=batch,
        max_batch_workload=batch + draw(st.integers(0, 20)),
        lease=draw(st.none() | durations()),
        order=draw(st.sampled_from(QUEUE_ORDERS)),
        skip=draw(st.sampled_from(SKIP_POLICIES)),
    )


def limits() -> st.SearchStrategy[Limit]:
    """Give limits, by number, by percent, by both or none."""
    percents = (
        st.sampled_from([50, 0, 100]).map(Fraction)
        | st.fractions(0, 100)
        | st.integers(1, 10**300).map(lambda n: Fraction(1, n))
    )
    return st.builds(Limit, count=st.none() | counts(), percent=st.none() | percents)


def members() -> st.SearchStrategy[Member]:
    """Give members in any state."""
    return st.builds(Member, ids(), state=st.sampled_from(get_args(MemberState)), limit=st.none() | limits())


def standings() -> st.SearchStrategy[Standing]:
    """Give how members stand."""
    number = counts()
    return st.builds(
        Standing,
        member=members(),
        number=number,
        open=number,
        done=number,
        skipped=number,
        lost=number,
        gold_open=number,
        gold_done=number,
        gold_gone=number,
        worked_at=st.none() | instants(),
    )


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    """Give how a placement may stand: only what is done has a status and an answer, only what is open a lease."""
    state: PlacementState = draw(st.sampled_from(get_args(PlacementState)))
    status, answer = (draw(ids()), draw(st.none() | ids())) if state == "done" else (None, None)
    until = draw(st.none() | instants()) if state == "open" else None
    return Cell(state, draw(instants()), status, until, answer)


def positions() -> st.SearchStrategy[tuple[int, ...]]:
    """Give positions, none or several, each once."""
    return st.lists(st.integers(0, 50), max_size=4, unique=True).map(tuple)


def shifts() -> st.SearchStrategy[Shift]:
    """Give placements that changed alike."""
    return st.builds(Shift, ids(), st.none() | cells(), st.none() | cells(), positions())


def stamps() -> st.SearchStrategy[Stamp]:
    """Give when, by whom, why and under which request."""
    return st.builds(Stamp, at=instants(), actor=texts(), request=st.none() | ids(), reason=texts())


def events() -> st.SearchStrategy[Event]:
    """Give what may have happened."""
    ranges = st.tuples(st.integers(0, 9), st.integers(1, 9)).map(lambda r: (r[0], r[0] + r[1]))
    return st.builds(
        Event,
        what=st.sampled_from(get_args(What)),
        assignee=st.none() | ids(),
        shifts=_tuples(shifts()),
        members=_tuples(st.builds(MemberChange, st.none() | members(), members())),
        settings=_tuples(st.builds(SettingChange, ids(), attribute_values(), attribute_values())),
        came=st.just(()) | ranges,
        restored=positions(),
        removed=positions(),
        rounds=st.lists(st.tuples(st.integers(0, 50), st.sampled_from([1, -1])), max_size=3).map(tuple),
        copies=_tuples(st.tuples(st.integers(0, 50), st.integers(-3, 3))),
        facts=attributes(),
    )


def entries() -> st.SearchStrategy[Entry]:
    """Give lines of a history."""
    return st.builds(
        Entry,
        task=ids(),
        version=st.integers(1, 99),
        stamp=stamps(),
        event=events(),
        call=texts(),
        answer=attribute_values(),
    )


def stopping_rules() -> st.SearchStrategy[StoppingRule]:
    """Give rules of dynamic overlap that allow from three to ten answers."""
    most, few = st.integers(3, 10), st.integers(1, 3)
    return st.one_of(
        st.builds(Beat, by=few, most=most, least=few),
        st.builds(Quorum, agreeing=few, most=most, least=few),
        st.builds(
            Confidence,
            at_least=st.sampled_from([90, Fraction("99.5")]),
            choices=st.integers(2, 4),
            skills=st.dictionaries(ids(), st.integers(0, 100), max_size=2),
            unknown=st.integers(0, 100),
            most=most,
            least=few,
        ),
    )


def overlaps() -> st.SearchStrategy[Overlap]:
    """Give overlap by percent, by number or by filter, fixed or by the answers."""
    common = {"assignees": st.integers(2, 3), "until": st.none() | stopping_rules()}
    return st.one_of(
        st.builds(Overlap, percent=st.integers(0, 100) | st.fractions(0, 100), **common),
        st.builds(Overlap, count=counts(), **common),
        st.builds(Overlap, where=filters(), **common),
    )


def golds() -> st.SearchStrategy[Golden]:
    """Give what tasks remember of their gold."""
    shares = st.builds(GoldShare, st.sampled_from([5, 50, "100/3"]))
    return st.builds(
        Golden,
        rule=shares | st.builds(GoldFading, st.integers(1, 10)),
        truth=st.sampled_from(["truth", "meta.label"]),
        start=counts(),
        count=st.integers(1, 3),
    )


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """Give tasks of both modes, with overlap and without."""
    overlap = draw(st.none() | overlaps())
    pull = draw(st.none() | pulls())
    items = draw(counts())
    return Task(
        id=draw(ids()),
        name=draw(ids()),
        workload=draw(workloads()) if pull is None else None,
        pull=pull,
        seed=draw(seeds()),
        order=draw(orders()),
        basis=draw(bases()),
        where=draw(st.none() | filters()),
        rules=draw(st.none() | rules()),
        gold=draw(st.none() | golds()),
        items=items,
        positions=items + draw(st.integers(0, 3)),
        copies=items if overlap is None else items + draw(counts()),
        overlap=overlap,
        station=draw(st.none() | stations()),
        actions=draw(st.lists(ids(), min_size=1, max_size=3, unique=True)),
        priority=draw(st.integers(-3, 3)),
        due=draw(st.none() | instants()),
        created_at=draw(instants()),
        creator=draw(texts()),
        digest=draw(texts()),
        metadata=draw(attributes()),
        state=draw(st.sampled_from(get_args(TaskState))),
    )


def rows() -> st.SearchStrategy[Row]:
    """Give items as a decision sees them."""
    return st.builds(
        Row,
        position=counts(),
        item=ids(),
        rank=st.integers(-(2**62), 2**62),
        left=st.integers(0, 3),
        removed=st.booleans(),
        round=st.integers(1, 3),
        cells=st.dictionaries(ids(), cells(), max_size=2),
        effort=st.just("1") | st.fractions(0, 9).map(str),
        attributes=attributes(),
    )


def placements() -> st.SearchStrategy[Placement]:
    """Give placements as they are listed."""
    return st.builds(
        Placement,
        item=ids(),
        position=counts(),
        assignee=ids(),
        rank=st.integers(-(2**62), 2**62),
        cell=cells(),
        attributes=attributes(),
    )


def asks() -> st.SearchStrategy[Ask]:
    """Give what a decision may want to see."""
    names = _tuples(ids())
    held = st.builds(
        Held,
        assignees=st.none() | names,
        states=st.lists(st.sampled_from(get_args(PlacementState)), max_size=4, unique=True).map(tuple),
        where=st.none() | filters(),
    )
    heads = st.builds(
        Head,
        assignee=ids(),
        fresh=st.none() | counts(),
        again=st.booleans(),
        where=st.none() | filters(),
        recent=st.integers(0, 9),
    )
    return st.builds(
        Ask,
        request=st.none() | ids(),
        members=st.none() | names,
        head=st.none() | heads,
        expired=st.none() | instants(),
        items=names,
        positions=positions(),
        held=st.none() | held,
        waiting=st.booleans(),
        known=names,
        whole=st.booleans(),
        outlook=st.booleans(),
        gold=st.none() | ids(),
        entry=st.none() | counts(),
    )


def pages() -> st.SearchStrategy[Page]:
    """Give stretches of a list."""
    return st.builds(Page, after=st.none() | st.integers(-1, 50), limit=st.integers(1, 10_000))


def reasons_for_no_work() -> st.SearchStrategy[Any]:
    """Give why a batch may be empty."""
    return st.one_of([_by_hints(cls) for cls in get_args(WhyNoWork)])


def refusals() -> st.SearchStrategy[Any]:
    """Give why an item may be left out of a call."""
    return st.one_of([_by_hints(cls) for cls in get_args(WhyNot)])


def batches() -> st.SearchStrategy[Batch]:
    """Give batches, and empty ones with the reason."""
    full = st.builds(
        Batch,
        task=ids(),
        assignee=ids(),
        items=st.lists(ids(), min_size=1, max_size=3, unique=True).map(tuple),
        until=st.none() | instants(),
    )
    return full | st.builds(Batch, task=ids(), assignee=ids(), reason=reasons_for_no_work())


def outcomes() -> st.SearchStrategy[Outcome]:
    """Give what came of a call about many items."""
    return st.builds(
        Outcome,
        changed=_tuples(ids()),
        unchanged=_tuples(ids()),
        refused=_tuples(_left()),
        leaving=_tuples(st.builds(Departure, ids(), ids())),
        version=counts(),
    )


def stations() -> st.SearchStrategy[Station]:
    """Give what tasks remember of a pipeline."""
    return st.builds(
        Station,
        pipeline=ids(),
        node=ids(),
        leads=_tuples(st.builds(Lead, ids(), ids())),
        repeatable=st.booleans(),
        passes=st.integers(1, 5),
        start=st.booleans(),
    )


def diffs() -> st.SearchStrategy[Diff]:
    """Give moves of items, by id or by position."""
    moves = st.builds(Move, ids() | counts(), st.none() | ids(), st.none() | ids())
    return st.builds(Diff, _tuples(moves))


def changes() -> st.SearchStrategy[Changed]:
    """Give what a change answers."""
    return st.builds(
        Changed, event=st.none() | events(), diff=diffs(), refused=_tuples(_left()), version=counts()
    )


def _left() -> st.SearchStrategy[Left]:
    return st.builds(Left, ids(), refusals())


def _tuples(parts: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(parts, max_size=3).map(tuple)


_BY_HINT: Mapping[Any, Callable[[], st.SearchStrategy[Any]]] = {
    str: ids,
    int: counts,
    bool: st.booleans,
    datetime: instants,
    datetime | None: lambda: st.none() | instants(),
    tuple[str, ...]: lambda: _tuples(ids()),
    Bar: lambda: st.builds(Bar, st.sampled_from(["skills", "blocked", "reserved"]), _tuples(ids())),
}


def _by_hints(cls: Any) -> st.SearchStrategy[Any]:
    """Build a plain value from the types of its fields."""
    hints = get_type_hints(cls)
    return st.builds(cls, **{a.name: _BY_HINT[hints[a.name]]() for a in attrs.fields(cls)})
