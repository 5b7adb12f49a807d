"""The verbs of people who compare answers: with each other's, and with what is known."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from adapters.deciding import Deciding
from adapters.files import plain_number
from distribution.aggregation import Majority, majority
from distribution.agreement import Agreement, Disagreement, PairAgreement, agreement, disagreements, pairs
from distribution.asking import answers
from distribution.coverage import Coverage
from distribution.errors import InvalidInput
from distribution.filters import check_path
from distribution.gates import Gate, GateVerdict, GoldResult, Pause, PauseRule
from distribution.golden import TRUTH
from distribution.overview import coverage_of
from distribution.ports import PAGE_LIMIT, Page, Placement
from distribution.ratings import Ratings
from distribution.scoring import results
from distribution.task import Ask, Held, the_task
from distribution.values import AssigneeId, TaskId, check_id


class Agreeing(Deciding):
    """What those ask who compare answers."""

    def ratings(
        self, task_id: TaskId, *, scale: tuple[str, ...] | None = None, numbers: bool = False
    ) -> Ratings:
        """Give who answered what: answers handed in, or statuses where there are none; skips are no answers.

        *scale* gives the order of the answers, where they have one. Answers are text; with
        *numbers* they are read as a CSV is, and how far apart they are counts. Whatever else
        is to be computed of them (see `coefficients`, `aggregation`) begins here.

        >>> for who in ("ann", "bob"):
        ...     _ = tasks.set_status(overlapped.id, who, ["a"], "completed", answers={"a": "cat"})
        >>> list(tasks.ratings(overlapped.id).records())
        [('a', 'ann', 'cat'), ('a', 'bob', 'cat')]

        Raises:
            NotFound: there is no such task.
            InvalidInput: an answer is not on the scale, or no number where all are to be.
        """
        ask = Ask(members=None, held=Held(states=("done",)))
        view = self.store.read(check_id(task_id, "task id"), ask)
        task = the_task(view, task_id)
        rows = sorted(
            (row for row in view.rows if not task.is_gold(row.position)), key=lambda row: row.position
        )
        read = _number if numbers else str
        given = ((row.item, who, read(answer)) for row in rows for who, answer in answers(row.cells))
        return Ratings.of(given, answers=None if scale is None else map(read, scale))

    def agreement(
        self, task_id: TaskId, *, scale: tuple[str, ...] | None = None, numbers: bool = False
    ) -> Agreement:
        """Tell how far people agree, by all coefficients that can be computed; see `ratings`.

        >>> for who in ("ann", "bob"):
        ...     _ = tasks.set_status(overlapped.id, who, ["a"], "completed")
        >>> tasks.agreement(overlapped.id).percent
        1.0

        Raises:
            NotFound: there is no such task.
            InvalidInput: an answer is not on the scale, or no number where all are to be.
        """
        return agreement(self.ratings(task_id, scale=scale, numbers=numbers))

    def disagreements(self, task_id: TaskId) -> tuple[Disagreement, ...]:
        """Name the items about which people disagree, the most contested first, and who says what.

        >>> for who, answer in (("ann", "cat"), ("bob", "dog")):
        ...     _ = tasks.set_status(overlapped.id, who, ["a"], "completed", answers={"a": answer})
        >>> [(found.item, found.answers) for found in tasks.disagreements(overlapped.id)]
        [('a', {'cat': ('ann',), 'dog': ('bob',)})]

        Raises:
            NotFound: there is no such task.
        """
        return disagreements(self.ratings(task_id))

    def pairs(self, task_id: TaskId) -> tuple[PairAgreement, ...]:
        """Tell of every two people who share items how many, and on how many they agree.

        >>> for who in ("ann", "bob"):
        ...     _ = tasks.set_status(overlapped.id, who, ["a", "b"], "completed")
        >>> tasks.pairs(overlapped.id)
        (PairAgreement(first='ann', second='bob', shared=2, agreed=2),)

        Raises:
            NotFound: there is no such task.
        """
        return pairs(self.ratings(task_id))

    def coverage(self, task_id: TaskId) -> Coverage:
        """Tell how well people can be compared: which pairs share items by now, islands, efficiency.

        It is what `plan.overlap` says of a plan, for a task at work: of what people have
        open or have done, whoever it came from. Placements are read page by page; work that
        changes hands meanwhile is counted as it is found. O(placements).

        >>> print(tasks.coverage(overlapped.id))
        2 items by 2 people each; every two share 2 to 2
        >>> tasks.coverage(overlapped.id).islands, round(tasks.coverage(overlapped.id).efficiency, 2)
        (1, 1.0)

        Raises:
            NotFound: there is no such task.
        """
        view = self.store.read(check_id(task_id, "task id"), Ask(members=None))
        return coverage_of(the_task(view, task_id), list(view.members), self._all_placements(task_id))

    def _all_placements(self, task_id: TaskId) -> Iterator[Placement]:
        page = Page(limit=PAGE_LIMIT)
        while rows := self.store.placements(task_id, page):
            yield from rows
            page = attrs.evolve(page, after=rows[-1].position)

    def consensus(self, task_id: TaskId) -> tuple[Majority, ...]:
        """Give what most people say of each item; a tie is no answer, and is said.

        >>> for who, answer in (("ann", "cat"), ("bob", "dog")):
        ...     said = {"a": "cat", "b": answer}
        ...     _ = tasks.set_status(overlapped.id, who, ["a", "b"], "completed", answers=said)
        >>> [(found.item, found.answer) for found in tasks.consensus(overlapped.id)]
        [('a', 'cat'), ('b', None)]

        Raises:
            NotFound: there is no such task.
        """
        return majority(self.ratings(task_id))

    def results(self, task_id: TaskId, *, truth: str | None = None) -> dict[AssigneeId, GoldResult]:
        """Count right and wrong answers of everybody, of items whose answer is known.

        In a task with gold these are its gold; else, or with *truth*, all items with an
        attribute at that path.

        >>> quiz = tasks.create("quiz", [Item("q", attributes={"truth": "cat"})], workload=Workload.even(["ann"]))
        >>> _ = tasks.set_status(quiz.id, "ann", ["q"], "completed", answers={"q": "cat"})
        >>> tasks.results(quiz.id)
        {'ann': GoldResult(correct=1, wrong=0)}

        Raises:
            NotFound: there is no such task.
            InvalidInput: *truth* is no path.
        """
        view = self.store.read(check_id(task_id, "task id"), Ask(members=None, held=Held(states=("done",))))
        task = the_task(view, task_id)
        rows = [
            row for row in view.rows if truth is not None or task.gold is None or task.is_gold(row.position)
        ]
        path = TRUTH if task.gold is None else task.gold.truth
        if truth is not None:
            path = check_path(truth, "path of the known answer")
        found = results(rows, path)
        return {who: found[who] for who in view.members if who in found}

    def qualify(
        self, task_id: TaskId, gate: Gate, *, truth: str | None = None
    ) -> dict[AssigneeId, GateVerdict]:
        """Tell of everybody whether she has passed a gate, failed, or has not answered enough.

        >>> quiz = tasks.create("quiz", [Item("q", attributes={"truth": "cat"})], workload=Workload.even(["ann"]))
        >>> tasks.qualify(quiz.id, Gate(pass_at=1, of=1))["ann"].state
        'undecided'

        Raises:
            NotFound: there is no such task.
            InvalidInput: somebody answered more than the gate asks.
        """
        found = self.results(task_id, truth=truth)
        view = self.store.read(task_id, Ask(members=None))
        return {who: gate.verdict(found.get(who, GoldResult(0, 0))) for who in view.members}

    def to_pause(
        self, task_id: TaskId, rule: PauseRule, *, truth: str | None = None
    ) -> dict[AssigneeId, Pause]:
        """Name those who take part and too often answer wrong what is known, and why; to pause them is another verb.

        >>> from distribution.gates import PauseRule
        >>> tasks.to_pause(task.id, PauseRule(least=5, below=80))
        {}

        Raises:
            NotFound: there is no such task.
        """
        found = self.results(task_id, truth=truth)
        view = self.store.read(task_id, Ask(members=tuple(found)))
        verdicts = {
            who: rule.verdict(found[who]) for who, standing in view.members.items() if standing.active
        }
        return {who: pause for who, pause in verdicts.items() if pause is not None}


def _number(answer: str) -> int | float:
    """Read an answer that is to be a number.

    Raises:
        InvalidInput: it is none.
    """
    number = plain_number(answer)
    if not isinstance(number, (int, float)):
        remedy = "leave numbers out to compare answers as text"
        raise InvalidInput(
            subject="answers as numbers", must="be written plainly, as 12 or 1.5", got=answer, remedy=remedy
        )
    return number
