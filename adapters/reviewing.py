"""The verbs of people who look after quality: draw a sample, draw further, send work back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Unpack

import attrs

from adapters.creating import Creating, QaCall, QaSettings
from adapters.deciding import By
from adapters.intake import Intake
from adapters.judging import Judging, held
from distribution.basis import ByCount
from distribution.contents import DRAWN, Arrival, adding_items
from distribution.contents import VERB as ADD
from distribution.creation import VERB as CREATE
from distribution.errors import InvalidInput
from distribution.events import Cell
from distribution.filters import Filter, matches
from distribution.lifecycle import SKIPPED
from distribution.outcomes import Changed
from distribution.ports import Page
from distribution.pull import Pull
from distribution.qa import (
    Qa,
    Rejected,
    SendTo,
    Unit,
    in_order,
    in_turns,
    is_work,
    rejected,
    review_item,
    reviewing_basis,
    reviewing_rules,
)
from distribution.rules import Rules
from distribution.samples import Sample
from distribution.sampling import Drawn, Record, Tally, draw
from distribution.sending_back import VERB as SEND_BACK
from distribution.sending_back import Return, sending_back
from distribution.task import Ask, Held, Row, Task, View, no_member, the_task
from distribution.values import AssigneeId, Item, ItemId, TaskId, check_id, check_seed
from distribution.values import in_order as listed
from distribution.work import check_items
from distribution.workload import Workload

REVIEWED = ("approved", "discard")
"""Statuses of a review unless told otherwise."""


UNSAID = {"id", "progress", *By.__annotations__}
"""Settings that do not tell one call from another: the task that keeps the answer, and who asks."""


class Reviewing(Judging, Creating):
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
        where: Filter | None = None,
        rejecting: Sequence[str] = ("discard",),
        sends: SendTo = "author",
        record: Record | None = None,
        seed: int = 0,
        name: str | None = None,
        actions: Sequence[str] = REVIEWED,
        **settings: Unpack[QaSettings],
    ) -> Task:
        """Create a task in which a *sample* of the finished work of another is reviewed.

        Nobody reviews her own work, unless *own*. Reviewers share it evenly, or by a
        *workload* of theirs, or *pull* it; the work of each author is spread over all of them.
        All that is finished is looked at, or only work with some *statuses*, or *where* a
        filter says so: a lot. It looks at the attributes of the item, and under "qa" at item,
        author, finished, status and answer: the items people disagree about are
        `field("qa.item").is_in([found.item for found in tasks.disagreements(task_id)])`. A
        review with a *rejecting* status *sends* the work back to its author, or to others.
        *record* are the errors found so far, where the sample asks for them. Further *settings*
        are those of `create`, and who asks.

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
        who = _reviewers(reviewers, workload, pull)
        if not isinstance(sample, Sample):
            remedy = "use Sample(percent=10)"
            raise InvalidInput(subject="sample", must="be a Sample", got=sample, remedy=remedy)
        self._check_request(settings.get("id"), settings)
        said = {name: value for name, value in settings.items() if name not in UNSAID}
        told = (
            "qa", task_id, reviewers, sample, workload, pull, rules, own, statuses, where, rejecting, sends,
            record, seed, name, actions, said,
        )  # fmt: skip
        made = self._told(settings.get("id") or "", settings.get("request"), CREATE, told, Task)
        if made is not None:
            return made
        parent, view, units = self._work(task_id, statuses, where)
        known = (*parent.actions, SKIPPED)
        if unknown := [status for status in statuses if status not in known]:
            must = f"be among those of task {parent.name!r}: {', '.join(known)}"
            raise InvalidInput(subject="statuses", must=must, got=unknown[0])
        drawn = _draw(units, sample, check_seed(seed), None, record)
        qa = Qa(
            parent=task_id,
            sample=sample,
            statuses=statuses,
            rejecting=rejecting,
            sends=sends,
            seed=seed,
            tally=drawn.tally,
            version=view.version,
        )
        if unknown := [status for status in qa.rejecting if status not in actions]:
            must = f"be among the statuses of a review: {', '.join(actions)}"
            raise InvalidInput(subject="rejecting", must=must, got=unknown[0])
        kept = reviewing_rules(rules, own=own)
        return self.create(
            name or f"{parent.name}: review",
            self._unused(None, _items(units, drawn, pulled=pull is not None)),
            rules=kept,
            basis=None if pull is not None else reviewing_basis(kept, settings.get("overlap")),
            qa=QaCall(qa, told),
            where=where,
            seed=seed,
            actions=actions,
            **who,
            **settings,
        )

    def extend_qa(
        self, task_id: TaskId, *, record: Record | None = None, dry_run: bool = False, **by: Unpack[By]
    ) -> Changed:
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
        request = None if dry_run else by.get("request")
        if (told := self._told(task_id, request, ADD, DRAWN, Changed)) is not None:
            return told
        task, qa = self._qa(task_id)
        _, view, units = self._work(qa.parent, qa.statuses, task.where)
        before = self._since(qa, view)
        units = [unit for unit in units if before.get((unit.item, unit.assignee), unit.cell) != unit.cell]
        found = self.quality(task_id).record if record is None else record
        drawn = _draw(units, qa.sample, qa.seed, qa.tally, found)
        items = self._unused(task.id, _items(units, drawn, pulled=task.pull is not None))
        after = attrs.evolve(qa, tally=drawn.tally, version=view.version)
        with Intake(items, ByCount(), None) as intake:
            rows = [(item, effort, attributes, priority) for _, item, effort, attributes, priority in intake]
            digest = intake.digest()
        arrival = Arrival(items=rows, digest=digest, drawn=(qa.version, after))
        return self._change(task_id, adding_items(task_id, arrival, self._stamp(by)), dry_run=dry_run)

    def send_back(
        self,
        task_id: TaskId,
        *,
        assignee: AssigneeId | None = None,
        items: Sequence[ItemId] | None = None,
        sends: SendTo = "author",
        dry_run: bool = False,
        **by: Unpack[By],
    ) -> Changed:
        """Reopen finished work: of one assignee, of some items, or all; for its author, or for others.

        Items that are named and not finished are reported.

        >>> _ = tasks.set_status(task.id, "ann", tasks.pull(task.id, "ann").items, "completed")
        >>> tasks.send_back(task.id, assignee="ann").event.what, tasks.progress(task.id)["ann"].open
        ('sent-back', 2)

        Raises:
            NotFound: there is no such task, or she is not in it.
        """
        wanted = None if items is None else check_items(items)
        told = ["finished", assignee, wanted]
        request = None if dry_run else by.get("request")
        if (known := self._told(task_id, request, SEND_BACK, (told, sends), Changed)) is not None:
            return known
        task, view, units = self._work(task_id)
        if assignee is not None and check_id(assignee, "assignee id") not in view.members:
            raise no_member(assignee, task, len(view.members))
        chosen = None if wanted is None else set(wanted)
        work = [
            Rejected(unit.item, unit.assignee, unit.cell.since)
            for unit in units
            if assignee in {None, unit.assignee} and (chosen is None or unit.item in chosen)
        ]
        found = {piece.item for piece in work}
        back = Return(
            work=work,
            sends=sends,
            unfinished=tuple(item for item in wanted or () if item not in found),
            of=assignee,
            told=told,
        )
        return self._change(task_id, sending_back(task_id, back, self._stamp(by)), dry_run=dry_run)

    def send_rejected(self, task_id: TaskId, *, dry_run: bool = False, **by: Unpack[By]) -> Changed:
        """Send back all that the reviews of a QA task rejected, and that is not back yet.

        Reviews do it by themselves; this is for those that were cut off in between. Done
        again it changes nothing.

        >>> from distribution import Sample
        >>> _ = tasks.set_status(task.id, "ann", tasks.pull(task.id, "ann").items, "completed")
        >>> review = tasks.create_qa(task.id, ["eve"], Sample(percent=100))
        >>> _ = tasks.set_status(review.id, "eve", ["a"], "discard")
        >>> tasks.send_rejected(review.id).event is None  # it is back already
        True
        >>> _ = tasks.undo(task.id, tasks.history(task.id)[-1].version)
        >>> tasks.send_rejected(review.id).event.what
        'sent-back'

        Raises:
            NotFound: there is no such task, or what it reviews is gone.
            Refused: it is no QA task.
        """
        told = ["rejected", task_id]
        review = self.store.read(check_id(task_id, "task id"), Ask()).task
        if review is not None and review.qa is not None and not dry_run:
            by_then = (told, review.qa.sends)
            known = self._told(review.qa.parent, by.get("request"), SEND_BACK, by_then, Changed)
            if known is not None:
                return known
        _, qa = self._qa(task_id)
        found = (rejected(qa, row.attributes, row.cells.values()) for row in self._rows(task_id))
        work = [piece for piece in found if piece is not None]
        back = Return(work=work, sends=qa.sends, told=told)
        return self._change(qa.parent, sending_back(qa.parent, back, self._stamp(by)), dry_run=dry_run)

    def _work(
        self, task_id: TaskId, statuses: Sequence[str] = (), where: Filter | None = None
    ) -> tuple[Task, View, list[Unit]]:
        """Give a task, how it stands, and what is finished in it, in the order in which it was."""
        ask = Ask(members=None, held=Held(states=("done",)))
        view = self.store.read(check_id(task_id, "task id"), ask)
        task = the_task(view, task_id)
        units = _units((row for row in view.rows if not task.is_gold(row.position)), statuses)
        chosen = units if where is None else (unit for unit in units if matches(where, unit.record()))
        return task, view, in_order(chosen)

    def _since(self, qa: Qa, view: View) -> dict[tuple[ItemId, AssigneeId], Cell | None]:
        """Tell how what changed stood when a QA task last looked.

        Not whether it was finished since: an undo may have brought back what it had seen.
        """
        was: dict[tuple[ItemId, AssigneeId], Cell | None] = {}
        names = {row.position: row.item for row in view.rows}
        page = Page(after=qa.version, limit=1000)
        while entries := self.store.history(qa.parent, page):
            # What came after the view belongs to the next draw.
            for entry in (entry for entry in entries if entry.version <= view.version):
                for shift in entry.event.shifts:
                    for position in shift.positions:
                        if position in names:
                            was.setdefault((names[position], shift.assignee), shift.before)
            page = attrs.evolve(page, after=entries[-1].version)
        return was

    def _unused(self, task_id: TaskId | None, made: Iterable[Item]) -> list[Item]:
        """Give items names that neither each other nor earlier rounds of the same work have."""
        items, given = list(made), set[ItemId]()
        if task_id is not None:
            given |= self.store.read(task_id, Ask(known=tuple(item.id for item in items))).known
        for at, item in enumerate(items):
            name, number = item.id, 1
            while name in given or (number > 1 and task_id is not None and self._knows(task_id, name)):
                number += 1
                name = f"{item.id} #{number}"
            given.add(name)
            items[at] = attrs.evolve(item, id=name)
        return items

    def _knows(self, task_id: TaskId, item: ItemId) -> bool:
        return bool(self.store.read(task_id, Ask(known=(item,))).known)


def _reviewers(
    reviewers: Sequence[AssigneeId], workload: Workload | None, pull: Pull | None
) -> dict[str, Any]:
    """Say how reviewers get their work.

    Raises:
        InvalidInput: they cannot be used, or the workload is of other people.
    """
    listed(reviewers, "reviewers")
    if pull is not None:
        return {"allowed": reviewers, "pull": pull, "workload": workload}
    even = Workload.even(reviewers)
    if isinstance(workload, Workload) and set(workload.assignees) != set(reviewers):
        must = f"be of the reviewers: {', '.join(reviewers)}"
        raise InvalidInput(subject="workload", must=must, got=", ".join(workload.assignees))
    return {"workload": even if workload is None else workload}


def _units(rows: Iterable[Row], statuses: Sequence[str]) -> Iterator[Unit]:
    for row in rows:
        for who, cell in held(row).items():
            if is_work(cell, statuses):
                yield Unit(row.item, who, cell, row.attributes, row.effort, row.copies == 1)


def _draw(
    units: Sequence[Unit], sample: Sample, seed: int, before: Tally | None, record: Record | None
) -> Drawn:
    finished = [unit.finished(sample.key) for unit in units]
    return draw(finished, sample, seed=seed, before=before, record=record)


def _items(units: Sequence[Unit], drawn: Drawn, *, pulled: bool) -> Iterator[Item]:
    """Make the items that stand for what was drawn; where they are pulled, so that authors take turns."""
    by_name = {(unit.item, unit.assignee): unit for unit in units}
    for chosen in in_turns(drawn.chosen) if pulled else drawn.chosen:
        yield review_item(by_name[chosen.unit.item, chosen.unit.assignee], chosen)
