"""What people do with what they have, and what lies with them: submit, clear, skip, release, steal, reclaim."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from distribution import InvalidInput
from distribution.errors import shown
from distribution.refusals import QueueHasWork
from tests.office import Office


def test_nothing_is_stolen_while_the_queue_has_something_for_her(office: Office) -> None:
    task = office.queue(4, 2)
    office.pull(task, "ann")

    assert office.steal(task, "bob").reason == QueueHasWork("bob")
    assert office.holds(task, "ann") == ["a", "b"]


@pytest.mark.parametrize("assignee", [None, 7, ["ann"], "", "a\nb"])
def test_an_id_that_cannot_be_one_is_refused_alike_by_every_verb(office: Office, assignee: Any) -> None:
    task = office.queue(2)

    verbs: list[Callable[[], object]] = [
        lambda: office.pull(task, assignee),
        lambda: office.pull_next(assignee),
        lambda: office.set_status(task, assignee, ["a"], "completed"),
        lambda: office.clear_status(task, assignee, ["a"]),
        lambda: office.skip(task, assignee, ["a"]),
        lambda: office.renew(task, assignee),
        lambda: office.release(task, assignee),
        lambda: office.steal(task, assignee),
    ]
    for verb in verbs:
        with pytest.raises(InvalidInput, match="assignee id must "):
            verb()


@pytest.mark.parametrize("idle", [5, "x", timedelta(seconds=-1), timedelta(days=3651), timedelta.max])
def test_a_time_that_nothing_can_lie_untouched_for_is_refused(office: Office, idle: Any) -> None:
    task = office.queue(2)

    with pytest.raises(InvalidInput) as error:
        office.reclaim(task, idle=idle)

    must = "must be a timedelta that is not negative, at most ten years"
    assert str(error.value) == f"idle {must}, got {shown(idle)}; use timedelta(days=1)"
