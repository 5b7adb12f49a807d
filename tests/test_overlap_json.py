"""Plans with overlap that come from elsewhere: refused, or found out."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from distribution import DistributionError, InvalidInput, Overlap, Plan, Violation, Workload, distribute

TEAM = Workload.of({"ann": 50, "bob": 30, "eve": 20})


def data(plan: Plan) -> dict[str, Any]:
    return json.loads(plan.to_json())  # type: ignore[no-any-return]


def rules(plan: Plan) -> set[str]:
    verdict = plan.verify()
    assert bool(verdict) == (not verdict.violations)
    return {violation.rule for violation in verdict}


def moved(counts: list[int], teams: list[list[int]], sizes: tuple[int, int]) -> list[int]:
    """Take an item from a part of so many people to one of so many others."""
    source = next(at for at, team in enumerate(teams) if len(team) == sizes[0] and counts[at])
    target = next(at for at, team in enumerate(teams) if len(team) == sizes[1] and at != source)
    return [count - (at == source) + (at == target) for at, count in enumerate(counts)]


@pytest.mark.parametrize("sizes", [(1, 1), (2, 2)])
def test_copies_that_went_to_others_are_found_out(sizes: tuple[int, int]) -> None:
    """The number of overlapped items stays, the loads do not."""
    stored = data(distribute(60, TEAM, overlap=Overlap(percent=50)))
    stored["counts"] = moved(stored["counts"], stored["teams"], sizes)

    assert rules(Plan.from_json(json.dumps(stored))) == {"copies are the apportionment of the loads"}


@pytest.mark.parametrize("sizes", [(1, 2), (2, 1)])
def test_an_item_more_or_less_that_overlaps_is_found_out(sizes: tuple[int, int]) -> None:
    """Also in the number that was asked for."""
    stored = data(distribute(60, TEAM, overlap=Overlap(percent=50)))
    stored["counts"] = moved(stored["counts"], stored["teams"], sizes)

    assert "the share of overlapped items is as asked" in rules(Plan.from_json(json.dumps(stored)))


def test_overlapped_copies_exchanged_for_single_ones_are_found_out() -> None:
    """Everybody's total is right, what she shares is not."""
    stored = data(distribute(100, Workload.even(["ann", "bob", "eve"]), overlap=Overlap(count=30)))
    teams = [tuple(team) for team in stored["teams"]]
    for team, change in (((0, 1), 1), ((0, 2), 0), ((1, 2), -1), ((0,), -1), ((2,), 1)):
        stored["counts"][teams.index(team)] += change

    plan = Plan.from_json(json.dumps(stored))

    assert set(plan.counts().values()) == {43, 44}
    assert rules(plan) == {"copies are the apportionment of the loads"}


@pytest.mark.parametrize(
    ("teams", "rule"),
    [
        (((0, 1, 2), (0,), (1,), (2,)), "an item has 1 or 2 people"),
        (((0, 0), (0,), (1,), (2,)), "nobody has an item twice"),
        (((0, 3), (0,), (1,), (2,)), "whoever carries no load shares no item"),
    ],
)
def test_teams_that_must_not_be_are_found_out(teams: tuple[tuple[int, ...], ...], rule: str) -> None:
    """Told, not raised, whatever the number of people who carry a load."""
    workload = Workload.of({"ann": 100, "bob": 0, "eve": 0, "max": 0})
    plan = distribute(4, TEAM, overlap=Overlap(count=1))
    broken = attrs.evolve(plan, workload=workload, teams=teams)

    assert rule in rules(broken)


def test_a_plan_of_several_people_without_a_reason_is_found_out() -> None:
    """Nothing was to overlap."""
    plan = attrs.evolve(distribute(60, TEAM, overlap=Overlap(percent=50)), overlapping=None)

    assert Violation("the share of overlapped items is as asked", "30, not 0") in plan.verify().violations


def test_a_split_that_lies_about_its_parts_is_found_out() -> None:
    """Every part is looked at, not only as many as there are people."""
    plan = distribute(60, TEAM, overlap=Overlap(percent=50))
    split = plan.split
    last = len(split.counts) - 1
    own = split.positions_of
    object.__setattr__(split, "positions_of", lambda part: [0] if part == last else own(part))

    assert "every position is worked on by its owner, once" in rules(plan)


@pytest.mark.parametrize(
    "fields",
    [
        {"teams": [[0, 1], [0, 2], [1, 2], [0], [1], [3]]},
        {"teams": [[0, 1], [0, 2], [1, 2], [0], [1], [-1]]},
        {"teams": [[0, 0], [0, 2], [1, 2], [0], [1], [2]]},
        {"teams": [[0, 1], [0, 2], [1, 2], [0], [1]]},
        {"teams": [[0, 1], [0, 2], [1, 2], [0], [1], []]},
        {"teams": [[0, 1], [0, 2], [1, 2], [0], [1], "2"]},
        {"teams": [[0, 1], [0, 2], [1, 2], [0], [1], 2]},
        {"teams": "012012"},
        {"teams": None},
        {"teams": [[0, 1.5], [0, 2], [1, 2], [0], [1], [2]]},
        {"overlap": None},
        {"overlap": 50},
        {"overlap": {"kind": "overlap", "percent": "150"}},
        {"overlap": {"kind": "overlap", "percent": "50", "count": 3}},
        {"overlap": {"kind": "overlap", "percent": "50", "assignees": 1}},
        {"basis": {"kind": "by-effort"}},
        {"counts": [1, 2, 3]},
        {"owners": [6] * 60},
    ],
)
def test_a_stored_plan_whose_teams_make_no_sense_is_refused(fields: dict[str, Any]) -> None:
    """Numbers out of range, doubled, of the wrong number; an overlap that is none."""
    stored = data(distribute(60, Workload.even(["ann", "bob", "eve"]), overlap=Overlap(percent=50)))
    assert len(stored["teams"]) == 6

    with pytest.raises(DistributionError):
        Plan.from_json(json.dumps({**stored, **fields}))


@pytest.mark.parametrize("missing", ["teams", "overlap"])
def test_teams_and_what_was_to_overlap_come_together_or_not_at_all(missing: str) -> None:
    """One without the other is refused, and told."""
    stored = data(distribute(3, Workload.even(["ann", "bob", "eve"]), overlap=Overlap(count=0)))
    del stored[missing]

    with pytest.raises(InvalidInput, match="overlap of the plan must come with teams, by count"):
        Plan.from_json(json.dumps(stored))
