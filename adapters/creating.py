"""The verbs by which tasks come into being, or are only planned."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Unpack

import attrs

from adapters.deciding import By, Deciding
from adapters.intake import Intake, Progress, silent
from distribution.basis import Basis, ByCount
from distribution.creation import Coming, IncomingRow, creation
from distribution.errors import InvalidInput
from distribution.filters import Filter
from distribution.golden import Golden, GoldPool, known_answers
from distribution.members import Member
from distribution.overlap import Overlap, check_overlap
from distribution.pipeline import Station
from distribution.plan import Plan
from distribution.pull import Pull
from distribution.qa import Qa
from distribution.rules import Rules, check_rules
from distribution.task import ACTIONS, Ask, Task
from distribution.values import AssigneeId, Item, ItemId, Json, TaskId, check_id, check_seed, in_order
from distribution.workload import Workload


class QaSettings(By, total=False):
    """What `create_qa` is told besides: settings of `create`, and who asks."""

    id: TaskId | None
    order: str
    overlap: Overlap | None
    gold: GoldPool | None
    priority: int
    due: datetime | None
    metadata: Mapping[str, Json] | None
    progress: Progress


@attrs.frozen
class QaCall:
    """A call of `create_qa`: what the new task remembers, and what the caller said."""

    qa: Qa
    told: tuple[object, ...]


class Creating(Deciding):
    """What brings tasks about."""

    def create(
        self,
        name: str,
        items: Iterable[ItemId | Item],
        *,
        workload: Workload | None = None,
        allowed: Sequence[AssigneeId] | None = None,
        pull: Pull | None = None,
        seed: int = 0,
        order: str = "shuffled",
        basis: Basis | None = None,
        overlap: Overlap | None = None,
        rules: Rules | None = None,
        gold: GoldPool | None = None,
        qa: QaCall | None = None,
        station: Station | None = None,
        where: Filter | None = None,
        actions: Sequence[str] = ACTIONS,
        priority: int = 0,
        due: datetime | None = None,
        id: TaskId | None = None,  # noqa: A002  the word every caller uses
        metadata: Mapping[str, Json] | None = None,
        progress: Progress = silent,
        **by: Unpack[By],
    ) -> Task:
        """Create a task: share its items out by a *workload*, or let the *allowed* people *pull* them.

        Items that come twice are skipped and counted. *where* lets only some of the items
        in. With an *overlap* some of them go to several different people each; *rules* keep
        some people from some of them; *gold* are items with known answers that everybody
        meets now and then. With a request id, a call that is made again gives the same answer; then give
        an *id* too, so that both name the same task. *qa* is for `create_qa`, *station* for
        `create_pipeline`.

        >>> pulled = tasks.create("moderate", ["a", "b"], allowed=["ann"], pull=pull)
        >>> pulled.mode, pulled.items
        ('pulling', 2)

        Raises:
            InvalidInput: something given cannot be used; nothing was stored.
            Infeasible: more different people are wanted for an item than there are.
            Refused: there is another task of that id.
        """
        self._check_request(id, by)
        self._check_mode(workload, allowed, pull)
        check_overlap(overlap, None if pull is None else allowed)
        with Intake(items, basis or ByCount(), where, progress, overlap, check_rules(rules)) as intake:
            plan = None if workload is None else intake.plan(workload, seed=seed, order=order)
            shared = intake.shared(check_seed(seed)) if plan is None else ()
            each = 1 if overlap is None else overlap.copies(len(allowed or ()))
            extra = len(shared) * (each - 1)
            count = len(intake.roster.ids)
            if plan is None and qa is not None:
                chosen = set(shared)
                copies = [each if at in chosen else 1 for at in range(count)]
                intake.roster.check_people(tuple(allowed or ()), copies)
            golden = _golden(gold, count, intake.roster.ids)
            stamp = self._stamp(by)
            task = Task(
                id=self._ids() if id is None else id,
                name=name,
                workload=workload,
                pull=pull,
                seed=check_seed(seed),
                order=order,
                basis=basis or ByCount(),
                where=where,
                overlap=overlap,
                rules=rules,
                qa=None if qa is None else qa.qa,
                station=station,
                gold=golden,
                items=count,
                positions=count + (0 if golden is None else golden.count),
                copies=count + extra if plan is None else sum(plan.counts().values()),
                actions=tuple(actions),
                priority=priority,
                due=due,
                digest=intake.digest(*(item.id for item in gold.items) if gold else ()),
                created_at=stamp.at,
                creator=stamp.actor,
                metadata=metadata or {},
            )
            names = workload.assignees if workload is not None else tuple(allowed or ())
            members = [Member(name) for name in names]
            coming = Coming(
                skipped=len(intake.roster.skipped),
                shared=frozenset(shared),
                gold=_gold_rows(gold, count),
                told=None if qa is None else qa.told,
            )
            decide = creation(task, members, intake, stamp, plan=plan, coming=coming)
            return self.store.transact(task.id, Ask(request=stamp.request), decide)

    @staticmethod
    def _check_request(task_id: TaskId | None, by: By) -> None:
        """Refuse a request id that could not find what the first call made."""
        request = by.get("request")
        if request is not None:
            check_id(request, "request id")
            if task_id is None:
                remedy = "give an id, so that a repeated call can find what the first one made"
                raise InvalidInput(
                    subject="a create with a request id",
                    must="name the task's id",
                    got=task_id,
                    remedy=remedy,
                )

    @staticmethod
    def _check_mode(
        workload: Workload | None, allowed: Sequence[AssigneeId] | None, pull: Pull | None
    ) -> None:
        """Refuse what is neither distributed by load nor pulled from, or both."""
        if workload is not None and not isinstance(workload, Workload):
            remedy = "build one with Workload.of, Workload.even or Workload.weights"
            raise InvalidInput(subject="workload", must="be a Workload", got=workload, remedy=remedy)
        if pull is not None and not isinstance(pull, Pull):
            raise InvalidInput(subject="pull", must="be a Pull", got=pull, remedy="use Pull(batch_size=...)")
        if (workload is None) == (pull is None) or (pull is None) != (allowed is None):
            raise InvalidInput(
                subject="a task",
                must="have a workload, or else pull settings and the allowed assignees",
                got=[
                    name
                    for name, value in (("workload", workload), ("allowed", allowed), ("pull", pull))
                    if value
                ],
            )
        if allowed is not None:
            in_order(allowed, "allowed")
            if not allowed:
                raise InvalidInput(subject="allowed", must="name at least one assignee", got=allowed)
            Workload.even(allowed)

    def plan(
        self,
        items: Iterable[ItemId | Item],
        *,
        workload: Workload,
        seed: int = 0,
        order: str = "shuffled",
        basis: Basis | None = None,
        overlap: Overlap | None = None,
        rules: Rules | None = None,
        where: Filter | None = None,
        progress: Progress = silent,
    ) -> Plan:
        """Tell what `create` would do with a workload, and do nothing.

        >>> tasks.plan(["a", "b", "c"], workload=Workload.even(["ann", "bob"])).counts()
        {'ann': 2, 'bob': 1}

        Raises:
            InvalidInput: something given cannot be used.
        """
        with Intake(items, basis or ByCount(), where, progress, overlap, check_rules(rules)) as intake:
            return intake.plan(workload, seed=seed, order=order)


def _golden(gold: GoldPool | None, start: int, ids: Container[ItemId]) -> Golden | None:
    """Give what a task remembers of its gold.

    Raises:
        InvalidInput: it is no pool, an item is in the task already, or has no known answer.
    """
    if gold is None:
        return None
    if not isinstance(gold, GoldPool):
        raise InvalidInput(subject="gold", must="be a GoldPool", got=gold, remedy="use GoldPool(items)")
    for item in gold.items:
        if item.id in ids:
            raise InvalidInput(subject="gold", must="be other items than those of the task", got=item.id)
        if not known_answers(item.attributes, gold.truth):
            remedy = f"give it the attribute {gold.truth!r}"
            raise InvalidInput(subject="gold", must="have a known answer", got=item.id, remedy=remedy)
    return Golden(rule=gold.rule, truth=gold.truth, start=start, count=len(gold.items))


def _gold_rows(gold: GoldPool | None, start: int) -> tuple[IncomingRow, ...]:
    items = () if gold is None else gold.items
    return tuple(
        (start + at, item.id, None, json.dumps(dict(item.attributes), ensure_ascii=False, default=dict), 0)
        for at, item in enumerate(items)
    )
