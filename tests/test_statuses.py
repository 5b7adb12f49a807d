"""What people do with what they have, and what lies with them: submit, clear, skip, release, steal, reclaim."""

from __future__ import annotations

from distribution.refusals import QueueHasWork
from tests.office import Office


def test_nothing_is_stolen_while_the_queue_has_something_for_her(office: Office) -> None:
    task = office.queue(4, 2)
    office.pull(task, "ann")

    assert office.steal(task, "bob").reason == QueueHasWork("bob")
    assert office.holds(task, "ann") == ["a", "b"]
