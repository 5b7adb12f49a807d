"""Plans that come from elsewhere: read back, refused, or found out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from distribution import (
    ByCount,
    ByEffort,
    DistributionError,
    Grouped,
    InvalidInput,
    Item,
    Plan,
    Stratified,
    Violation,
    Workload,
    distribute,
)
from distribution.basis import Basis
from distribution.split import TableSplit, make_order

TEAM = Workload.of({"ann": 50, "bob": 30, "eve": 20})
TEN = [f"img-{at:03}" for at in range(10)]


def tampered(plan: Plan, **fields: object) -> Plan:
    return Plan.from_json(json.dumps({**json.loads(plan.to_json()), **fields}))


@pytest.mark.parametrize(
    ("basis", "fields", "rule"),
    [
        (ByCount(), {"counts": [4, 4, 2]}, "counts are the apportionment of the loads"),
        (ByCount(), {"items": [*TEN[:9], TEN[0]]}, "every item is in the plan once"),
        (ByEffort(), {"owners": [0] * 10}, "effort is within 2/3 of the exact share"),
        (Stratified("dir"), {"owners": [0] * 5 + [1] * 3 + [2] * 2}, "a stratum is divided within 3/2"),
        (Grouped("dir"), {"owners": [0, 1, 1, 0, 1, 2, 0, 0, 2, 0]}, "a group stays together"),
        (Grouped("dir"), {"owners": [0] * 10}, "counts are within 10/3 of the exact share"),
    ],
)
def test_a_plan_that_was_tampered_with_is_found_out(
    basis: Basis, fields: dict[str, object], rule: str
) -> None:
    items = [Item(name, attributes={"dir": at // 5}) for at, name in enumerate(TEN)]
    plan = tampered(distribute(items, TEAM, order="contiguous", basis=basis), **fields)

    verdict = plan.verify()

    assert not verdict
    assert len(verdict) > 0
    assert rule in {violation.rule for violation in verdict}
    assert str(next(iter(verdict))).count(": ") >= 1


def test_a_split_that_lies_about_itself_is_found_out() -> None:
    class Liar(TableSplit):
        def positions_of(self, owner: int) -> list[int]:
            return [0, 0] if owner == 0 else []

    plan = distribute(["a", "b"], Workload.even(["ann"]), basis=ByEffort())
    object.__setattr__(plan, "split", Liar([0, 0], 1, make_order("contiguous", [2], 0)))
    assert (
        Violation("every position is worked on by its owner, once", "position 0") in plan.verify().violations
    )
    assert (
        Violation("every position is worked on by its owner, once", "position 1 by nobody")
        in plan.verify().violations
    )
    plan.split.counts = (1,)
    assert "labels agree with the counts" in {violation.rule for violation in plan.verify()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "plan must be JSON, got '{'"),
        ("[" * 100_000, "plan must be JSON"),
        ("[]", "plan must be a mapping of kind 'plan', got []"),
        (7, "plan must be JSON, got 7"),
        ('{"kind": "plan", "schema": true}', "schema of the plan must be 1, got True"),
        ('{"kind": "plan", "schema": 1, "algorithm": 2}', "algorithm of the plan must be 1, got 2"),
        ('{"kind": "plan", "schema": 99}', "schema of the plan must be 1, got 99"),
        (
            '{"kind": "plan", "schema": 1, "algorithm": 1}',
            """plan must have every field in its form, got "'n'\"""",
        ),
    ],
)
def test_what_is_no_plan_is_refused(text: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        Plan.from_json(text)

    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 9},
        {"counts": [5, 5]},
        {"counts": [5, 3, -2]},
        {"assignees": ["ann", "ann", "bob"]},
        {"shares": [1, 2]},
        {"shares": ["x", 1, 2]},
        {"seed": 1.5},
        {"order": "sorted"},
        {"order": ["shuffled"]},
        {"items": TEN[:9]},
        {"items": "0123456789"},
        {"owners": [0] * 9},
        {"owners": [9] * 10},
        {"owners": [-1] * 10},
        {"owners": [10**30] * 10},
        {"basis": {"kind": "by-magic"}},
        {"basis": 7},
        {"keys": [1] * 10},
        {"sizes": [-1] * 10},
        {"scale": 0},
        {"skipped": [""]},
        {"n": 10**18},
        {"assignees": "abc"},
        {"keys": [["text", "a"]]},
        {"keys": [["text", ["a"]]] * 10},
        {"sizes": [1]},
    ],
)
def test_a_plan_with_a_field_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(DistributionError):
        tampered(distribute(TEN, TEAM), **fields)


def test_the_basis_of_a_plan_that_does_not_say_is_the_count() -> None:
    data = json.loads(distribute(TEN, TEAM).to_json())
    del data["basis"]

    assert Plan.from_json(json.dumps(data)) == distribute(TEN, TEAM)
