"""Every value of the core comes back from its data, and its plainest example is plain."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from distribution.basis import Basis
from distribution.codec import decode, encode
from distribution.diff import Diff
from distribution.events import Cell, Entry, Event, Shift, Stamp
from distribution.filters import Filter
from distribution.members import Limit, Member, Standing
from distribution.outcomes import Batch, Changed, Outcome
from distribution.overlap import Overlap
from distribution.ports import Page, Placement
from distribution.pull import Pull
from distribution.refusals import WhyNot, WhyNoWork
from distribution.rules import Rules
from distribution.task import Ask, Row, Task
from distribution.testing import strategies as plain
from distribution.testing import task_strategies as given_
from distribution.values import Item
from distribution.workload import Workload

VALUES: dict[Any, st.SearchStrategy[Any]] = {
    Ask: given_.asks(),
    Basis: plain.bases(),
    Batch: given_.batches(),
    Cell: given_.cells(),
    Changed: given_.changes(),
    Diff: given_.diffs(),
    Entry: given_.entries(),
    Event: given_.events(),
    Filter: plain.filters(),
    Item: given_.prioritized(),
    Limit: given_.limits(),
    Member: given_.members(),
    Outcome: given_.outcomes(),
    Page: given_.pages(),
    Overlap: given_.overlaps(),
    Placement: given_.placements(),
    Pull: given_.pulls(),
    Row: given_.rows(),
    Rules: plain.rules(),
    Shift: given_.shifts(),
    Stamp: given_.stamps(),
    Standing: given_.standings(),
    Task: given_.tasks(),
    WhyNoWork: given_.reasons_for_no_work(),
    WhyNot: given_.refusals(),
    Workload: plain.workloads(),
}


def name(value: object) -> str:
    return getattr(value, "__name__", "union")


@pytest.mark.parametrize("kind", VALUES, ids=name)
def test_a_value_comes_back_from_json(kind: Any) -> None:
    @settings(max_examples=max(settings().max_examples // 3, 20))
    @given(value=VALUES[kind])
    def comes_back(value: Any) -> None:
        for brief in (False, True):
            assert decode(kind, json.loads(json.dumps(encode(value, brief=brief)))) == value

    comes_back()


def test_the_plainest_task_is_plain() -> None:
    task = find(given_.tasks(), lambda task: task.workload is not None)

    assert (task.id, task.pull, task.where, task.state) == ("0", None, None, "open")
    assert task.created_at == given_.PLAIN


def test_the_plainest_event_touches_nothing() -> None:
    assert find(given_.events(), lambda event: event.what == "created") == Event(what="created")


def test_the_plainest_batch_has_one_item() -> None:
    assert find(given_.batches(), lambda batch: bool(batch.items)) == Batch(
        task="0", assignee="0", items=("0",)
    )
