"""The verbs of people who work: pull, list, submit, clear, skip, renew, release, steal.

What they answer tells gold from other items by nothing but what it is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Literal, Unpack

import attrs

from adapters.deciding import By
from adapters.piping import Piping
from distribution.choosing import finding_nothing, pulling_next, told_before, urgency
from distribution.errands import Errand
from distribution.errors import InvalidInput, NotFound
from distribution.filters import EVERYTHING, Filter, field, matches
from distribution.handing import stealing
from distribution.lifecycle import HELD
from distribution.outcomes import Batch, NoWork, Outcome, Turn
from distribution.ports import Page, Placement
from distribution.sending_back import Return, passed_on, sending_back
from distribution.task import Ask, Task, no_member, the_task
from distribution.values import ITEM_ID_LIMIT, AssigneeId, ItemId, TaskId, check_count, check_id
from distribution.work import (
    Handed,
    clearing,
    releasing,
    renewing,
    skipping,
)
from distribution.worklist import Piece, pieces

PULLING: Filter = field("mode").equal("pulling")


class Working(Piping):
    """What assignees do."""

    def pull(self, task_id: TaskId, assignee: AssigneeId, **by: Unpack[By]) -> Batch:
        """Give her the next batch, or none and the reason.

        >>> batch = tasks.pull(task.id, "ann")
        >>> batch.items
        ('a', 'b')
        >>> print(tasks.pull(task.id, "ann").reason)
        'ann' holds 2 items and with a batch of 2 would pass the cap of 3; complete some or raise max_batch_workload

        Raises:
            NotFound: there is no such task.
            Refused: it is distributed by load.
        """
        return self._run(Errand.pull(task_id, assignee, stamp=self._stamp(by)))

    def pull_next(self, assignee: AssigneeId, **by: Unpack[By]) -> Batch | NoWork:
        """Give her the next batch of whichever of her tasks is most urgent and has one.

        Tasks go by priority, then by due date, then by age; closed ones are passed over.

        Under a request id the answer is kept: a batch in the task it came from, that there
        was no work in the most urgent of her tasks. A call made again gets the same, also
        when that task was closed or deleted since. A call that was cut off before has no
        answer: made again it asks all tasks anew, and gives one batch. What cannot be had,
        for no transaction spans several tasks: of calls made *at the same time* under one
        id more than one may get a batch; and where she takes part in no task, there is none
        to keep that.

        >>> tasks.pull_next("ann").task == task.id
        True

        Raises:
            Refused: a task has answered another call under the request id.
        """
        check_id(assignee, "assignee id")
        stamp = self._stamp(by)
        if stamp.request is not None:
            told = told_before(self.store.answered(stamp.request), assignee)
            if told is not None:
                return told
        tried: list[Batch] = []
        for task in sorted(self._tasks(PULLING, assignee), key=urgency):
            with suppress(NotFound):  # deleted meanwhile
                answer = self._do(task.id, pulling_next(task.id, assignee, stamp))
                if isinstance(answer, NoWork) or answer:
                    return answer
                tried.append(answer)
        nothing = NoWork(tuple(tried))
        for batch in tried if stamp.request is not None else ():
            with suppress(NotFound):
                return self._do(batch.task, finding_nothing(batch.task, nothing, assignee, stamp))
        return nothing

    def _tasks(self, where: Filter | None, member: AssigneeId | None) -> Iterator[Task]:
        page = Page(limit=200)
        while rows := self.store.tasks(page, where=where, member=member):
            yield from (task for _, task in rows)
            page = attrs.evolve(page, after=rows[-1][0])

    def worklist(
        self,
        task_id: TaskId,
        assignee: AssigneeId,
        *,
        state: Literal["open", "done"] | None = None,
        where: Filter | None = None,
        after: ItemId | None = None,
        limit: int = 1000,
    ) -> list[Piece]:
        """Give a page of what she has open or done, in her order of work, as she may see it.

        *where* looks at the attributes as she sees them; *after* is the last item seen.

        >>> _ = tasks.pull(task.id, "ann")
        >>> [(piece.item, piece.cell.state) for piece in tasks.worklist(task.id, "ann")]
        [('a', 'open'), ('b', 'open')]

        Raises:
            NotFound: there is no such task, she is not in it, or the last item seen is not with her.
            InvalidInput: *state* is neither open nor done.
        """
        if state is not None and state not in HELD:
            raise InvalidInput(subject="state of a worklist", must="be open or done", got=state)
        view = self.store.read(check_id(task_id, "task id"), Ask(members=(assignee,)))
        task = the_task(view, task_id)
        if assignee not in view.members:
            raise no_member(assignee, task, 0)
        page = Page(limit=limit)
        found = pieces(task, self._in_order(task, assignee, state, after))
        return list(
            islice((piece for piece in found if matches(where or EVERYTHING, piece.attributes)), page.limit)
        )

    def _in_order(
        self, task: Task, assignee: AssigneeId, state: str | None, after: ItemId | None
    ) -> Iterator[Placement]:
        """Go through her placements, from the one after an item on."""
        last: tuple[int, int] | None = None
        page = Page(limit=200)
        if after is not None:
            check_id(after, "item id", ITEM_ID_LIMIT)
            seen = self.store.placements(task.id, page, assignee=assignee, item=after)
            if not seen:
                raise NotFound("item", after, f"the work of {assignee!r}", "list it from the beginning")
            last = (seen[0].rank, seen[0].position)
            # What stands at the same rank may come after it.
            page = attrs.evolve(page, after=last[0] - 1)
        while rows := self.store.placements(task.id, page, assignee=assignee, state=state):
            yield from (row for row in rows if last is None or (row.rank, row.position) > last)
            page = attrs.evolve(page, after=rows[-1].rank)

    def set_status(
        self,
        task_id: TaskId,
        assignee: AssigneeId,
        items: Sequence[ItemId],
        status: str,
        *,
        answers: Mapping[ItemId, str] | None = None,
        **by: Unpack[By],
    ) -> Outcome:
        """Set her status on items; each counts for itself.

        *answers* say what she answered about them, where the status alone does not: for
        agreement, and where answers decide how many people are asked. Work that a review
        rejects goes back by a change of its own in the task it belongs to. A call that is cut
        off between the two leaves it done there, until the same status is set again, with the
        same request id or without, or until `send_rejected`. With a request id it goes back
        once, also where that was undone since.

        >>> done = tasks.set_status(task.id, "ann", tasks.pull(task.id, "ann").items, "completed")
        >>> done.changed, done.refused
        (('a', 'b'), ())

        Raises:
            NotFound: there is no such task.
            InvalidInput: the task does not know the status.
        """
        handed = Handed(items=items, status=status, answers=answers or {})
        done = self._run(Errand.submit(task_id, assignee, handed, stamp=self._stamp(by)))
        self._pass_on(task_id, done, by)
        self._lead_on(task_id, done, by)
        return done

    def submit_and_pull(
        self,
        task_id: TaskId,
        assignee: AssigneeId,
        items: Sequence[ItemId],
        status: str,
        *,
        answers: Mapping[ItemId, str] | None = None,
        **by: Unpack[By],
    ) -> Turn:
        """Set her status on items and give her the next batch, as one change: half the cost of two calls.

        >>> batch = tasks.pull(task.id, "ann")
        >>> turn = tasks.submit_and_pull(task.id, "ann", batch.items, "completed")
        >>> turn.done.changed, turn.batch.items
        (('a', 'b'), ('c', 'd'))

        Raises:
            NotFound: there is no such task.
            InvalidInput: the task does not know the status.
            Refused: it is distributed by load.
        """
        handed = Handed(items=items, status=status, answers=answers or {})
        turn = self._run(Errand.turn(task_id, assignee, handed, stamp=self._stamp(by)))
        self._pass_on(task_id, turn.done, by)
        self._lead_on(task_id, turn.done, by)
        return turn

    def _pass_on(self, task_id: TaskId, done: Outcome, by: By) -> None:
        """Send back the work that reviews rejected, in the task it belongs to; where that is gone there is nothing to do."""
        if done.rejected:
            qa = self.store.read(task_id, Ask()).task
            if qa is not None and qa.qa is not None:
                stamp = self._stamp({**by, "request": passed_on(task_id, by.get("request"))})
                with suppress(NotFound):
                    back = Return(work=done.rejected, sends=qa.qa.sends)
                    self._do(qa.qa.parent, sending_back(qa.qa.parent, back, stamp))

    def clear_status(
        self, task_id: TaskId, assignee: AssigneeId, items: Sequence[ItemId], **by: Unpack[By]
    ) -> Outcome:
        """Take her status off items; they are open again, and hers.

        >>> _ = tasks.set_status(task.id, "ann", tasks.pull(task.id, "ann").items, "completed")
        >>> tasks.clear_status(task.id, "ann", ["a"]).changed
        ('a',)

        Raises:
            NotFound: there is no such task.
        """
        return self._do(task_id, clearing(task_id, assignee, items, self._stamp(by)))

    def skip(
        self, task_id: TaskId, assignee: AssigneeId, items: Sequence[ItemId], **by: Unpack[By]
    ) -> Outcome:
        """Skip items, by the policy of the task.

        >>> _ = tasks.pull(task.id, "ann")
        >>> tasks.skip(task.id, "ann", ["a"]).changed, tasks.pull(task.id, "bob").items
        (('a',), ('a', 'c'))

        Raises:
            NotFound: there is no such task.
        """
        done = self._do(task_id, skipping(task_id, assignee, items, self._stamp(by)))
        self._lead_on(task_id, done, by)
        return done

    def renew(
        self,
        task_id: TaskId,
        assignee: AssigneeId,
        items: Sequence[ItemId] | None = None,
        **by: Unpack[By],
    ) -> Outcome:
        """Prolong her leases: a heartbeat. None for all she has open.

        >>> _ = tasks.pull(task.id, "ann")
        >>> tasks.renew(task.id, "ann").changed
        ('a', 'b')

        Raises:
            NotFound: there is no such task.
        """
        return self._do(task_id, renewing(task_id, assignee, items, self._stamp(by)))

    def release(
        self,
        task_id: TaskId,
        assignee: AssigneeId,
        items: Sequence[ItemId] | None = None,
        **by: Unpack[By],
    ) -> Outcome:
        """Give items back unfinished; others come first. None for all she has open.

        >>> _ = tasks.pull(task.id, "ann")
        >>> tasks.release(task.id, "ann").changed
        ('a', 'b')

        Raises:
            NotFound: there is no such task.
        """
        return self._do(task_id, releasing(task_id, assignee, items, self._stamp(by)))

    def steal(
        self, task_id: TaskId, assignee: AssigneeId, *, limit: int | None = None, **by: Unpack[By]
    ) -> Batch:
        """Let somebody with an empty list take over half of the longest list nobody began.

        >>> _ = tasks.pull(task.id, "ann"), tasks.pull(task.id, "eve")
        >>> tasks.steal(task.id, "bob").items
        ('b',)

        Raises:
            NotFound: there is no such task.
        """
        check_id(assignee, "assignee id")
        if limit is not None:
            check_count(limit, "limit", least=1)
        return self._do(task_id, stealing(task_id, assignee, limit, self._stamp(by)))
