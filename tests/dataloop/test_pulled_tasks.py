"""Tasks that people pull from, batch by batch, through the SDK."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dataloop.sdk import ANN, BOB, DUE, EVE, Studio, fails, scenario

PULL: dict[str, Any] = {"batch_size": 3, "max_batch_workload": 5}


def pulled(studio: Studio, items: int = 12, people: Any = (ANN, BOB), **settings: Any) -> Any:
    """Create a task of small batches."""
    studio.upload(items)
    return studio.task("pulled", None, allowed_assignees=list(people), **{**PULL, **settings})


@scenario
def test_everybody_has_one_batch_at_once_and_the_rest_waits_unseen(studio: Studio) -> None:
    task = pulled(studio)

    assert studio.counts(task) == {ANN: 3, BOB: 3}
    assert task.assignmentIds == [one.id for one in task.assignments.list()]
    assert task.get_items().items_count == 12
    assert studio.ask("GET", f"/annotationtasks/{task.id}/queue") == (200, {"remaining": 6})
    hands = [item.id for one in task.assignments.list() for item in studio.items(one)]
    assert len(set(hands)) == 6


@scenario
def test_the_next_batch_comes_when_it_fits_under_the_cap(studio: Studio) -> None:
    task = pulled(studio)
    mine = task.assignments.list()[0]

    def left() -> int:
        return int(studio.ask("GET", f"/assignments/{mine.id}")[1]["itemStatus"]["remaining"])

    seen = [left()]
    for item in studio.items(mine):
        item.update_status("completed", assignment_id=mine.id)
        seen.append(left())
    # Two of three open and a batch of three is five: the cap.
    assert seen == [3, 5, 4, 3]
    assert studio.ask("GET", f"/annotationtasks/{task.id}/queue")[1] == {"remaining": 3}


@scenario
def test_nobody_is_ever_above_the_cap_and_everything_is_handed_out_once(studio: Studio) -> None:
    task = pulled(studio)
    done = set[str]()
    while task.status != "completed":
        for one in task.assignments.list():
            open_ = [item for item in studio.items(one) if item.status(task_id=task.id) is None]
            assert len(open_) <= 5
            if open_:
                assert open_[0].id not in done
                done.add(open_[0].id)
                task.set_status("completed", "create", [open_[0].id])
        task = studio.dl.tasks.get(task_id=task.id)
    assert len(done) == 12


@scenario
def test_ten_of_fifteen_as_in_the_tutorial(studio: Studio) -> None:
    task = pulled(studio, 40, batch_size=10, max_batch_workload=15)
    mine = task.assignments.list()[0]
    for item in studio.items(mine)[:4]:
        item.update_status("completed", assignment_id=mine.id)
    assert studio.counts(task)[ANN] == 10
    studio.items(mine)[4].update_status("completed", assignment_id=mine.id)
    assert studio.counts(task)[ANN] == 20


@scenario
def test_the_last_batch_may_be_short(studio: Studio) -> None:
    assert studio.counts(pulled(studio, 4)) == {ANN: 3, BOB: 1}


@scenario
def test_batches_win_over_loads_and_one_name_stands_for_a_list(studio: Studio) -> None:
    studio.upload(8)
    both = studio.task("both", [ANN, BOB], **PULL)
    assert studio.counts(both) == {ANN: 3, BOB: 3}

    one = studio.dataset.tasks.create(task_name="one", due_date=DUE, assignee_ids=ANN, **PULL)
    assert studio.counts(one) == {ANN: 3}


@scenario
def test_a_batch_is_asked_for_and_given_back_over_plain_rest(studio: Studio) -> None:
    task = pulled(studio, batch_size=3, max_batch_workload=6)
    mine = task.assignments.list()[0]

    status, got = studio.ask("POST", f"/assignments/{mine.id}/batch")
    assert (status, len(got["batch"]), got["totalItems"]) == (200, 3, 6)
    again = studio.ask("POST", f"/assignments/{mine.id}/batch")[1]
    assert (again["batch"], again["totalItems"]) == ([], 6)
    assert "cap" in again["reason"]

    assert len(studio.ask("POST", f"/assignments/{mine.id}/clear")[1]["released"]) == 6
    assert BOB in studio.counts(task)
    assert studio.ask("GET", f"/annotationtasks/{task.id}/queue")[1] == {"remaining": 9}


@scenario
def test_who_joins_gets_a_batch_and_who_leaves_gives_hers_back(studio: Studio) -> None:
    task = pulled(studio)
    path = f"/annotationtasks/{task.id}/contributors"

    assert studio.ask("POST", path, {"action": "add", "assignees": [EVE.upper()]})[0] == 200
    assert studio.counts(task) == {ANN: 3, BOB: 3, EVE: 3}
    assert studio.ask("POST", path, {"action": "remove", "assignees": [ANN]})[0] == 200
    assert studio.counts(task) == {BOB: 3, EVE: 3}
    assert studio.ask("GET", f"/annotationtasks/{task.id}/queue")[1] == {"remaining": 6}
    assert studio.ask("POST", path, {"action": "add", "assignees": [ANN]})[0] == 200
    assert studio.counts(task) == {ANN: 3, BOB: 3, EVE: 3}


@scenario
def test_items_that_are_added_join_the_queue_and_fill_up_whoever_is_short(studio: Studio) -> None:
    task = pulled(studio, 4)
    studio.upload(6, "/more")

    task.add_items(filters=studio.dl.Filters(field="dir", values="/more"))

    assert studio.counts(task) == {ANN: 3, BOB: 4}
    assert task.get_items().items_count == 10


@pytest.mark.parametrize(
    ("batch", "cap", "message"),
    [
        (2, 4, "batch_size must be between 3 and 100, got 2"),
        (101, 150, "batch_size must be between 3 and 100, got 101"),
        (10, 7, "max_batch_workload for batch_size 10 must be at least 10, got 7"),
        (10, 21, "max_batch_workload for batch_size 10 must be between 12 and 20, got 21"),
        (None, 5, "batchSize must be given with maxBatchWorkload, got None"),
    ],
)
@scenario
def test_batches_out_of_bounds_are_refused(studio: Studio, batch: int, cap: int, message: str) -> None:
    dl = studio.dl
    error = fails(
        dl.exceptions.BadRequest,
        lambda: studio.task(
            "pulled", None, batch_size=batch, max_batch_workload=cap, allowed_assignees=[ANN]
        ),
    )
    assert error.message == message
    assert studio.dataset.tasks.list() == []


@scenario
def test_a_task_is_pulled_from_or_has_consensus_not_both(studio: Studio) -> None:
    dl = studio.dl
    fails(dl.exceptions.BadRequest, lambda: studio.task(consensus_assignees=2, **PULL))
    both = {
        "system": {
            "batchSize": 5,
            "maxBatchWorkload": 7,
            "consensusPercentage": 50,
            "allowedAssignees": [ANN],
        }
    }
    error = fails(dl.exceptions.BadRequest, lambda: studio.task(metadata=both))
    assert error.message == (
        "a task must be pulled from, or have consensus, not both, "
        "got 'batchSize, maxBatchWorkload, consensusPercentage'"
    )


@scenario
def test_zero_counts_as_not_given(studio: Studio) -> None:
    studio.upload(4)
    zero = studio.task(metadata={"system": {"batchSize": 0, "maxBatchWorkload": 0, "consensusPercentage": 0}})

    assert studio.counts(zero) == {ANN: 2, BOB: 2}
