"""The verbs of people who look after quality: draw a sample, see error rates, send work back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Unpack

import attrs

from adapters.creating import Creating
from adapters.deciding import By
from adapters.intake import Intake
from distribution.acceptance import AcceptancePlan, Judgement, judge
from distribution.basis import ByCount
from distribution.codec import decode
from distribution.contents import adding_items
from distribution.error_rates import ErrorRate, error_rate
from distribution.errors import InvalidInput, Refused
from distribution.lifecycle import HELD
from distribution.outcomes import Changed
from distribution.ports import PAGE_LIMIT, Page
from distribution.pull import Pull
from distribution.qa import (
    AUTHOR,
    Qa,
    SendTo,
    Unit,
    in_order,
    is_work,
    rejected,
    review_item,
    verdict,
)
from distribution.requests import used_before
from distribution.rules import Rules
from distribution.samples import Sample
from distribution.sampling import Drawn, Record, Tally, draw
from distribution.sending_back import recalling, sending_back
from distribution.task import Ask, Held, Row, Task, the_task
from distribution.values import AssigneeId, Item, ItemId, Number, TaskId, check_id, check_seed
from distribution.values import in_order as listed
from distribution.workload import Workload

REVIEWED = ("approved", "discard")
"""Statuses of a review unless told otherwise."""


class Reviewing(Creating):
    """What those do who look after quality."""

    def create_qa(
        self,
        task_id: TaskId,
        reviewers: Sequence[AssigneeId],
        sample: Sample,
        *,
        workload: Workload | None = None,
        pull: Pull | None = None,
        rules: Rules | None = None,
        own: bool = False,
        statuses: Sequence[str] = (),
        rejecting: Sequence[str] = ("discard",),
        sends: SendTo = "author",
        record: Record | None = None,
        seed: int = 0,
        name: str | None = None,
        actions: Sequence[str] = REVIEWED,
        **settings: Any,
    ) -> Task:
        """Create a task in which a *sample* of the finished work of another is reviewed.

        Nobody reviews her own work, unless *own*. Reviewers share it evenly, or by a
        *workload* of theirs, or *pull* it. All that is finished is looked at, or only work
        with some *statuses*. A review with a *rejecting* status *sends* the work back to its
        author, or to others. *record* are the errors found so far, where the sample asks for
        them. Further *settings* are those of `create`, and who asks.

        >>> from distribution import Sample
        >>> _ = tasks.set_status(task.id, "ann", tasks.pull(task.id, "ann").items, "completed")
        >>> review = tasks.create_qa(task.id, ["ann", "eve"], Sample(percent=50))
        >>> review.items, tasks.progress(review.id)["eve"].open
        (1, 1)

        Raises:
            NotFound: there is no such task.
            InvalidInput: something given cannot be used; nothing was stored.
            Infeasible: somebody's work has no reviewer besides herself.
        """
        listed(reviewers, "reviewers")
        if not isinstance(sample, Sample):
            remedy = "use Sample(percent=10)"
            raise InvalidInput(subject="sample", must="be a Sample", got=sample, remedy=remedy)
        parent, version, units = self._work(task_id, statuses)
        drawn = _draw(units, sample, check_seed(seed), None, record)
        qa = Qa(
            parent=task_id,
            sample=sample,
            statuses=statuses,
            rejecting=rejecting,
            sends=sends,
            seed=seed,
            tally=drawn.tally,
            version=version,
        )
        if unknown := [status for status in qa.rejecting if status not in actions]:
            must = f"be among the statuses of a review: {', '.join(actions)}"
            raise InvalidInput(subject="rejecting", must=must, got=unknown[0])
        who: dict[str, Any] = {"workload": workload or Workload.even(reviewers)}
        if pull is not None:
            who = {"allowed": reviewers, "pull": pull}
        return self.create(
            name or f"{parent.name}: review",
            [item for item, _ in _items(units, drawn)],
            rules=rules if own else attrs.evolve(rules or Rules(), blocked=AUTHOR),
            qa=qa,
            seed=seed,
            actions=actions,
            **who,
            **settings,
        )

    def extend_qa(self, task_id: TaskId, *, record: Record | None = None, **by: Unpack[By]) -> Changed:
        """Draw further from what was finished since; what was drawn before stays drawn.

        *record* are the errors by group; those this task has found, if absent.

        >>> from distribution import Sample
        >>> _ = tasks.set_status(task.id, "ann", tasks.pull(task.id, "ann").items, "completed")
        >>> review = tasks.create_qa(task.id, ["eve"], Sample(percent=100))
        >>> _ = tasks.set_status(task.id, "bob", tasks.pull(task.id, "bob").items, "completed")
        >>> tasks.extend_qa(review.id).event.facts["added"]
        2

        Raises:
            NotFound: there is no such task.
            Refused: it is no QA task, or was extended by somebody else meanwhile.
        """
        task, qa = self._qa(task_id)
        if (request := by.get("request")) is not None:
            answered = self.store.read(task_id, Ask(request=request)).answered
            if answered is not None:
                # What was drawn then cannot be drawn again; it is in the answer.
                if not answered.call.startswith("add-items "):
                    raise used_before(request)
                known: Changed = decode(Changed, answered.answer)
                return known
        _, version, units = self._work(qa.parent, qa.statuses)
        fresh = self._since(qa)
        units = [unit for unit in units if (unit.item, unit.assignee) in fresh]
        found = self.quality(task_id).record if record is None else record
        drawn = _draw(units, qa.sample, qa.seed, qa.tally, found)
        items = [self._unused(task.id, made) for made in _items(units, drawn)]
        after = attrs.evolve(qa, tally=drawn.tally, version=version)
        with Intake(items, ByCount(), None) as intake:
            rows = [(item, effort, attributes, priority) for _, item, effort, attributes, priority in intake]
            digest = intake.digest()
        return self._do(
            task_id, adding_items(task_id, rows, self._stamp(by), digest, (), (qa.version, after))
        )

    def quality(self, task_id: TaskId, *, method: str = "wilson", confidence: Number = 0.95) -> ErrorRate:
        """Give the error rate of the work that a QA task looks at, with its interval.

        >>> from distribution import Sample
        >>> _ = tasks.set_status(task.id, "ann", tasks.pull(task.id, "ann").items, "completed")
        >>> review = tasks.create_qa(task.id, ["eve"], Sample(percent=100))
        >>> _ = tasks.set_status(review.id, "eve", ["a", "b"], "approved")
        >>> print(tasks.quality(review.id))
        0 % wrong (0 of 2 reviewed), all of it was reviewed

        Raises:
            NotFound: there is no such task.
            Refused: it is no QA task.
        """
        _, qa = self._qa(task_id)
        reviews = (
            verdict(qa, row.attributes, [cell for cell in row.cells.values() if cell.state in HELD])
            for row in self._rows(task_id)
            if row.left == 0
        )
        found = [review for review in reviews if review is not None]
        return error_rate(found, method=method, confidence=confidence)

    def judge(self, task_id: TaskId, plan: AcceptancePlan) -> Judgement:
        """Accept or refuse the lot that a QA task was drawn from, by an acceptance plan.

        Raises:
            NotFound: there is no such task.
            Refused: it is no QA task, or fewer items are reviewed than the plan asks for.
        """
        found = self.quality(task_id)
        if found.reviewed < plan.size:
            what = f"has {found.reviewed} reviewed items and the plan asks for {plan.size}"
            raise Refused(f"the lot of task {task_id!r}", what, "finish the reviews, or draw further")
        return judge(plan, found.failed)

    def send_back(
        self,
        task_id: TaskId,
        *,
        assignee: AssigneeId | None = None,
        items: Sequence[ItemId] | None = None,
        sends: SendTo = "author",
        **by: Unpack[By],
    ) -> Changed:
        """Reopen finished work: of one assignee, of some items, or all; for its author, or for others.

        >>> _ = tasks.set_status(task.id, "ann", tasks.pull(task.id, "ann").items, "completed")
        >>> tasks.send_back(task.id, assignee="ann").event.what, tasks.progress(task.id)["ann"].open
        ('sent-back', 2)

        Raises:
            NotFound: there is no such task.
        """
        return self._do(task_id, recalling(task_id, assignee, items, sends, self._stamp(by)))

    def send_rejected(self, task_id: TaskId, *, actor: str = "", reason: str = "") -> Changed:
        """Send back all that the reviews of a QA task rejected, and that is not back yet.

        Reviews do it by themselves; this is for those that were cut off in between.

        Raises:
            NotFound: there is no such task, or what it reviews is gone.
            Refused: it is no QA task.
        """
        _, qa = self._qa(task_id)
        whose: By = {"actor": actor, "reason": reason}
        found = (rejected(qa, row.attributes, row.cells.values()) for row in self._rows(task_id))
        work = [piece for piece in found if piece is not None]
        return self._do(qa.parent, sending_back(qa.parent, work, qa.sends, self._stamp(whose)))

    def _qa(self, task_id: TaskId) -> tuple[Task, Qa]:
        task = the_task(self.store.read(check_id(task_id, "task id"), Ask()), task_id)
        if task.qa is None:
            raise Refused(f"task {task.name!r}", "reviews no other task", "create one that does: create_qa")
        return task, task.qa

    def _work(self, task_id: TaskId, statuses: Sequence[str]) -> tuple[Task, int, list[Unit]]:
        """Give a task, its version, and what is finished in it, in the order in which it was."""
        ask = Ask(members=None, held=Held(states=("done",)))
        view = self.store.read(check_id(task_id, "task id"), ask)
        task = the_task(view, task_id)
        rows = [row for row in view.rows if not task.is_gold(row.position)]
        return task, view.version, in_order(_units(rows, statuses))

    def _since(self, qa: Qa) -> set[tuple[ItemId, AssigneeId]]:
        """Name what was finished since a QA task last looked."""
        places: set[tuple[int, AssigneeId]] = set()
        page = Page(after=qa.version, limit=1000)
        while entries := self.store.history(qa.parent, page):
            for entry in entries:
                for shift in entry.event.shifts:
                    if shift.after is not None and shift.after.state == "done":
                        places |= {(position, shift.assignee) for position in shift.positions}
            page = attrs.evolve(page, after=entries[-1].version)
        ask = Ask(positions=tuple(sorted({position for position, _ in places})))
        names = {row.position: row.item for row in self.store.read(qa.parent, ask).rows}
        return {(names[position], who) for position, who in places}

    def _unused(self, task_id: TaskId, made: tuple[Item, Unit]) -> Item:
        """Name an item after an earlier round of the same work, where there was one."""
        item, number = made[0], 1
        while self.store.read(task_id, Ask(known=(item.id,))).known:
            number += 1
            item = attrs.evolve(made[0], id=f"{made[0].id} #{number}")
        return item

    def _rows(self, task_id: TaskId) -> Iterator[Row]:
        page = Page(limit=PAGE_LIMIT)
        while rows := self.store.items(task_id, page):
            yield from rows
            page = attrs.evolve(page, after=rows[-1].position)


def _units(rows: Iterable[Row], statuses: Sequence[str]) -> Iterator[Unit]:
    for row in rows:
        held = {who: cell for who, cell in row.cells.items() if cell.state in HELD}
        for who, cell in held.items():
            if is_work(cell, statuses):
                yield Unit(row.item, who, cell, row.attributes, row.effort, row.copies == 1)


def _draw(
    units: Sequence[Unit], sample: Sample, seed: int, before: Tally | None, record: Record | None
) -> Drawn:
    finished = [unit.finished(sample.key) for unit in units]
    return draw(finished, sample, seed=seed, before=before, record=record)


def _items(units: Sequence[Unit], drawn: Drawn) -> Iterator[tuple[Item, Unit]]:
    """Make the items that stand for what was drawn."""
    by_name = {(unit.item, unit.assignee): unit for unit in units}
    for chosen in drawn.chosen:
        unit = by_name[chosen.unit.item, chosen.unit.assignee]
        yield review_item(unit, chosen), unit
