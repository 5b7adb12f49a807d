"""Every value of the core comes back from its data, and its plainest example is plain."""

from __future__ import annotations

import importlib
import inspect
import json
import pickle
import pkgutil
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

import distribution
from distribution.basis import Basis
from distribution.codec import decode, encode
from distribution.diff import Diff
from distribution.errors import InvalidInput
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
from distribution.testing.any_value import values
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


def classes() -> dict[str, type]:
    """Find every value class of the core: whatever is public, built by attrs, and no error."""
    found: dict[str, type] = {}
    for module in pkgutil.iter_modules(distribution.__path__, "distribution."):
        if not module.ispkg:
            for called, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                own = cls.__module__ == module.name and not called.startswith("_")
                if own and attrs.has(cls) and not issubclass(cls, Exception):
                    found[f"{module.name.removeprefix('distribution.')}.{called}"] = cls
    return found


WORKINGS = {
    "apportion.Timing": "two functions",
    "line.Run": "a part of an index, which changes all the time",
}
"""What is no value."""


def parts(value: Any) -> tuple[Any, ...]:
    return attrs.astuple(value, recurse=False)


@pytest.mark.parametrize("called", sorted(set(classes()) - set(WORKINGS)))
def test_every_value_class_of_the_core_has_a_strategy(called: str) -> None:
    """Found by looking, so that none is forgotten; what is drawn is equal to its copy from another process."""
    cls: Any = classes()[called]

    @settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
    @given(value=values(cls))
    def drawn(value: Any) -> None:
        assert value.__class__ is cls
        copy = pickle.loads(pickle.dumps(value))  # noqa: S301  our own
        # What is equal only to itself is compared by its fields.
        assert copy == value or parts(copy) == parts(value)

    drawn()


def test_what_is_no_value_is_named_for_a_reason() -> None:
    assert set(WORKINGS) <= set(classes())
    for called in WORKINGS:
        with pytest.raises(InvalidInput, match="a type must be one of the core"):
            find(values(classes()[called]), lambda _: True)


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
