"""What people do with the items they have: submit, clear, skip, renew, release.

Holds: those decisions, each for many items at once, with partial success.
Does not hold: how they got the items (see handing), what others decide for them (see
team, moving).
Depends on: asking, decision, departing, errors, events, handing, ledger, lifecycle,
outcomes, qa, refusals, requests, spreading, taking, task, values.

Whether a late answer counts is decided by the state of the placement, read under the
lock, never by a clock: as long as nobody else holds the item, and nobody of her team has it, it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import attrs

from distribution.asking import settle_copies
from distribution.decision import Decide, Decision
from distribution.departing import departures, told
from distribution.errors import InvalidInput, NotFound, Refused
from distribution.events import Cell, Stamp, What
from distribution.handing import hand_out, lease_end, pull_ask
from distribution.ledger import Ledger
from distribution.lifecycle import ENDED, HELD, PLACEMENT, SKIPPED, may
from distribution.outcomes import Left, Outcome, Turn
from distribution.qa import Rejected, rejected
from distribution.refusals import Locked, Lost, NotAMember, NotHers, NotInTask, WhyNot, WrongState, way_back
from distribution.requests import once
from distribution.spreading import spread
from distribution.taking import mate_has
from distribution.task import Ask, Held, Row, Task, View, no_member, the_task
from distribution.values import ITEM_ID_LIMIT, AssigneeId, ItemId, TaskId, check_id, check_ids, in_order

Step: TypeAlias = Callable[[Ledger, Row, Cell], WhyNot | bool]
"""Change one placement; tell whether there was anything to change, or why not."""
MANY = 100_000
"""Items of one call at most."""
FINISHING = frozenset({"submit", "skip"})
"""Verbs that may finish an item."""
ANSWER_LIMIT = 10_000
"""Characters of an answer at most."""


def check_items(items: Sequence[ItemId]) -> tuple[ItemId, ...]:
    """Return ids of items, each once, else raise.

    Raises:
        InvalidInput: it is no list of ids, or too long.
    """
    in_order(items, "items")
    ids = tuple(dict.fromkeys(check_ids(items, "item id", ITEM_ID_LIMIT)))
    if len(ids) > MANY:
        raise InvalidInput(
            subject="items of one call",
            must=f"be at most {MANY}",
            got=len(ids),
            remedy="make several calls",
        )
    return ids


def check_assignee(value: object) -> AssigneeId:
    """Return the id of somebody who works, else raise.

    Raises:
        InvalidInput: it cannot be one.
    """
    return check_id(value, "assignee id")


def work_ask(assignee: AssigneeId, stamp: Stamp, items: tuple[ItemId, ...] | None) -> Ask:
    """Name what has to be seen of somebody's items, or of all she has open."""
    held = Held(assignees=(assignee,)) if items is None else None
    return Ask(request=stamp.request, members=(assignee,), items=items or (), held=held)


@attrs.frozen(kw_only=True)
class _Work:
    """One person's call about some of her items."""

    task_id: TaskId
    assignee: AssigneeId = attrs.field(converter=check_assignee)
    items: tuple[ItemId, ...] | None
    """None for all she has open."""
    verb: str
    what: What
    stamp: Stamp

    def ask(self) -> Ask:
        """Name what has to be seen."""
        return work_ask(self.assignee, self.stamp, self.items)

    def decide(self, view: View, step: Callable[[Task], Step]) -> Decision[Outcome] | Ask:
        """Go through the items one by one."""
        ledger = Ledger(view, the_task(view, self.task_id), self.stamp)
        outcome = self.apply(ledger, view, step)
        if ledger.task.pull is None:
            # In a task without a queue somebody else has to be found for what nobody holds.
            rows = {row.item: row for row in view.rows}
            waiting = [rows[name] for name in outcome.changed if ledger.left(rows[name]) > 0]
            if waiting and view.ask.members is not None:
                return attrs.evolve(view.ask, members=None)
            spread(ledger, waiting)
        return ledger.decision(
            self.what, outcome, assignee=self.assignee, facts=told(outcome.leaving, view.rows)
        )

    def apply(self, ledger: Ledger, view: View, step: Callable[[Task], Step]) -> Outcome:
        """Go through the items as part of what a ledger changes."""
        rows = {row.item: row for row in view.rows}
        names = self.items if self.items is not None else tuple(rows)
        locked = self._locked(view, ledger.task)
        if locked is not None:
            if self.items is None:
                # There is no item to say it of.
                raise _refusal(locked, ledger.task)
            return Outcome(refused=tuple(Left(name, locked) for name in names))
        changed, unchanged, refused = [], [], []
        act = step(ledger.task)
        for name in names:
            verdict = self._one(ledger, rows.get(name), name, act)
            if verdict is True:
                changed.append(name)
            elif verdict is False:
                unchanged.append(name)
            else:
                refused.append(Left(name, verdict))
        if ledger.task.overlap is not None:
            for name in changed:
                settle_copies(ledger, rows[name])
        if changed or (unchanged and self.verb == "renew" and ledger.never_worked(self.assignee)):
            ledger.worked(self.assignee)
        handed_in = (*changed, *unchanged) if self.verb == "submit" else ()
        leaving = departures(ledger, [rows[name] for name in changed if self.verb in FINISHING])
        return Outcome(
            changed=tuple(changed),
            unchanged=tuple(unchanged),
            refused=tuple(refused),
            rejected=_sent_back(ledger, [rows[name] for name in handed_in]),
            leaving=leaving,
            version=ledger.version + 1 if leaving else 0,
        )

    def _locked(self, view: View, task: Task) -> WhyNot | None:
        """Tell why she can change nothing at all."""
        standing = view.members.get(self.assignee)
        if standing is None:
            return NotAMember(self.assignee, task.id)
        return None if standing.active else Locked(standing.id, standing.member.state)

    def _one(self, ledger: Ledger, row: Row | None, name: ItemId, act: Step) -> WhyNot | bool:
        """Change one placement, if it is hers and its state allows it."""
        if row is None or row.removed:
            return NotInTask(name)
        cell = row.cells.get(self.assignee)
        if cell is None:
            return NotHers(name, self.assignee)
        ended = cell.state in ENDED
        if ended and ledger.left(row) == 0 and not ledger.task.is_gold(row.position):
            holders = tuple(who for who, other in row.cells.items() if other.state in HELD)
            return Lost(name, self.assignee, holders)
        if not may(PLACEMENT, cell.state, self.verb):
            return WrongState(name, cell.state, self.verb)
        if ended and (rules := ledger.task.rules) is not None:
            mate = mate_has(rules, self.assignee, row)
            if mate is not None:
                return mate
        return act(ledger, row, cell)


def _sent_back(ledger: Ledger, rows: Sequence[Row]) -> tuple[Rejected, ...]:
    """Name the work that reviews reject, as they stand by now."""
    qa = ledger.task.qa
    if qa is None:
        return ()
    cells = ([ledger.cell(row, who) for who in row.cells] for row in rows)
    found = (
        rejected(qa, row.attributes, [cell for cell in held if cell is not None])
        for row, held in zip(rows, cells, strict=True)
    )
    return tuple(piece for piece in found if piece is not None)


def _refusal(why: WhyNot, task: Task) -> NotFound | Refused:
    """Make an error of the reason why somebody can change nothing at all."""
    if isinstance(why, Locked):
        return Refused(f"assignee {why.assignee!r}", f"is {why.state}", way_back(why.state))
    return no_member(why.assignee if isinstance(why, NotAMember) else None, task, 0)


@attrs.frozen(kw_only=True)
class Handed:
    """What somebody hands in: a status for some items, and what she answered about each."""

    items: tuple[ItemId, ...] = attrs.field(converter=check_items)
    status: str
    answers: Mapping[ItemId, str] = attrs.field(factory=dict, hash=False)
    """By item; where there is none the status is the answer."""

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot be a status or an answer, and answers about other items."""
        check_id(self.status, "status")
        if type(self.answers) is dict and not self.answers:
            return
        if not isinstance(self.answers, Mapping):
            raise InvalidInput(subject="answers", must="be a mapping of item to answer", got=self.answers)
        for item, answer in self.answers.items():
            check_id(answer, f"answer about {item!r}", ANSWER_LIMIT)
        if others := [item for item in self.answers if item not in set(self.items)]:
            raise InvalidInput(subject="answers", must="be about the items handed in", got=others[0])


def submitting(
    task_id: TaskId, assignee: AssigneeId, handed: Handed, stamp: Stamp
) -> tuple[Ask, Decide[Outcome]]:
    """Decide to set her status on items.

    Where answers decide how many people are asked, one more copy of an item waits as long
    as they are not enough, and copies nobody holds are given up as soon as they are.

    What she has already done changes its status; what went back from her is accepted as
    long as nobody else holds it, and refused with the holder's name after that.

    Raises, when decided:
        NotFound: there is no such task.
        InvalidInput: the task does not know the status; the message lists those it knows.
    """
    return work_ask(assignee, stamp, handed.items), submit_decision(task_id, assignee, handed, stamp)


def submit_decision(task_id: TaskId, assignee: AssigneeId, handed: Handed, stamp: Stamp) -> Decide[Outcome]:
    """Give how `submitting` decides."""
    work, begin = _submission(task_id, assignee, handed, stamp)
    decide = partial(work.decide, step=begin)
    return once(decide, stamp, "submit", (assignee, *_handed(handed)), Outcome)


def _handed(handed: Handed) -> tuple[object, ...]:
    """Give what tells one call from another."""
    return (handed.items, handed.status, *([handed.answers] if handed.answers else []))


def _submission(
    task_id: TaskId, assignee: AssigneeId, handed: Handed, stamp: Stamp
) -> tuple[_Work, Callable[[Task], Step]]:
    """Give her call, and what it does to each item."""
    work = _Work(
        task_id=task_id,
        assignee=assignee,
        items=handed.items,
        verb="submit",
        what="submitted",
        stamp=stamp,
    )
    # Equal answers share a cell: what changed alike is one part of the event.
    done: dict[str | None, Cell] = {None: Cell("done", stamp.at, handed.status)}
    for answer in handed.answers.values():
        done.setdefault(answer, Cell("done", stamp.at, handed.status, None, answer))

    def submit(ledger: Ledger, row: Row, cell: Cell) -> bool:
        after = done[handed.answers.get(row.item)]
        if cell.state == "done" and (cell.status, cell.answer) == (after.status, after.answer):
            return False
        ledger.put(row, assignee, after)
        return True

    def begin(task: Task) -> Step:
        if handed.status not in task.actions:
            raise InvalidInput(
                subject=f"status of task {task.name!r}",
                must=f"be one of {', '.join(map(repr, task.actions))}",
                got=handed.status,
            )
        return submit

    return work, begin


def submitting_and_pulling(
    task_id: TaskId, assignee: AssigneeId, handed: Handed, stamp: Stamp
) -> tuple[Ask, Decide[Turn]]:
    """Decide to set her status on items, and what she gets next, as one change.

    What she hands in makes room for what she gets. Neither is done where one of them is
    an error; items that are refused and an empty batch are no errors.

    Raises, when decided:
        NotFound: there is no such task.
        InvalidInput: the task does not know the status.
        Refused: it is not a pulling task.
    """
    return pull_ask(assignee, stamp, handed.items), turn_decision(task_id, assignee, handed, stamp)


def turn_decision(task_id: TaskId, assignee: AssigneeId, handed: Handed, stamp: Stamp) -> Decide[Turn]:
    """Give how `submitting_and_pulling` decides."""
    work, begin = _submission(task_id, assignee, handed, stamp)

    def decide(view: View) -> Decision[Turn] | Ask:
        ledger = Ledger(view, the_task(view, task_id), stamp)
        done = work.apply(ledger, view, begin)
        batch = hand_out(ledger, view, assignee)
        if isinstance(batch, Ask):
            return batch
        turn, facts = Turn(done=done, batch=batch), told(done.leaving, view.rows)
        return ledger.decision("submitted-and-pulled", turn, assignee=assignee, facts=facts)

    return once(decide, stamp, "submit and pull", (assignee, *_handed(handed)), Turn)


def clearing(
    task_id: TaskId, assignee: AssigneeId, items: Sequence[ItemId], stamp: Stamp
) -> tuple[Ask, Decide[Outcome]]:
    """Decide to take her status off items, which are open again and hers.

    They may lift her above the cap; then she gets nothing until she is below it again.

    Raises, when decided:
        NotFound: there is no such task.
    """
    work = _Work(
        task_id=task_id,
        assignee=assignee,
        items=check_items(items),
        verb="clear",
        what="cleared",
        stamp=stamp,
    )

    def begin(task: Task) -> Step:
        open_ = Cell("open", stamp.at, None, lease_end(task, stamp.at))

        def clear(ledger: Ledger, row: Row, _cell: Cell) -> bool:
            ledger.put(row, assignee, open_)
            return True

        return clear

    return work.ask(), once(partial(work.decide, step=begin), stamp, "clear", (assignee, work.items), Outcome)


def skipping(
    task_id: TaskId, assignee: AssigneeId, items: Sequence[ItemId], stamp: Stamp
) -> tuple[Ask, Decide[Outcome]]:
    """Decide to skip items, by the task's policy.

    others: they go to somebody else; later: she gets them again after everything else;
    done: they count as done, with the status "skipped". In a task distributed by load
    they go to others, to whoever is furthest below her share.

    Raises, when decided:
        NotFound: there is no such task.
    """
    work = _Work(
        task_id=task_id, assignee=assignee, items=check_items(items), verb="skip", what="skipped", stamp=stamp
    )

    def begin(task: Task) -> Step:
        done = task.pull is not None and task.pull.skip == "done"
        after = Cell("done", stamp.at, SKIPPED) if done else Cell("skipped", stamp.at)

        def skip(ledger: Ledger, row: Row, _cell: Cell) -> bool:
            ledger.put(row, assignee, after)
            return True

        return skip

    decide = partial(work.decide, step=begin)
    return work.ask(), once(decide, stamp, "skip", (assignee, work.items), Outcome)


def releasing(
    task_id: TaskId, assignee: AssigneeId, items: Sequence[ItemId] | None, stamp: Stamp
) -> tuple[Ask, Decide[Outcome]]:
    """Decide to give items back unfinished; None for all she has open.

    Others come first; she gets them again only if nobody else can take them.

    Raises, when decided:
        NotFound: there is no such task; or, where no items are named, she is not in it.
        Refused: no items are named, and she is paused or removed.
    """
    ids = None if items is None else check_items(items)
    work = _Work(task_id=task_id, assignee=assignee, items=ids, verb="return", what="released", stamp=stamp)
    gone = Cell("returned", stamp.at)

    def release(ledger: Ledger, row: Row, _cell: Cell) -> bool:
        ledger.put(row, assignee, gone)
        return True

    decide = partial(work.decide, step=lambda _task: release)
    return work.ask(), once(decide, stamp, "release", (assignee, work.items), Outcome)


def renewing(
    task_id: TaskId, assignee: AssigneeId, items: Sequence[ItemId] | None, stamp: Stamp
) -> tuple[Ask, Decide[Outcome]]:
    """Decide to prolong her leases, from now on by the task's lease; None for all she has open.

    A lease never gets shorter, also when the clock went back; where the task has none any
    more, hers is for ever. A lease that has ended is prolonged too, as long as nobody took
    the item back. Whoever renews works, also where nothing had to be prolonged.

    Raises, when decided:
        NotFound: there is no such task; or, where no items are named, she is not in it.
        Refused: no items are named, and she is paused or removed.
    """
    ids = None if items is None else check_items(items)
    work = _Work(task_id=task_id, assignee=assignee, items=ids, verb="renew", what="renewed", stamp=stamp)

    def begin(task: Task) -> Step:
        end = lease_end(task, stamp.at)

        def renew(ledger: Ledger, row: Row, cell: Cell) -> bool:
            until = None if end is None or cell.until is None else max(end, cell.until)
            since = max(cell.since, stamp.at)
            if (since, until) == (cell.since, cell.until):
                return False
            ledger.put(row, assignee, Cell("open", since, None, until))
            return True

        return renew

    return work.ask(), once(partial(work.decide, step=begin), stamp, "renew", (assignee, work.items), Outcome)
