"""The verbs of people who compare answers: with each other's, and with what is known."""

from __future__ import annotations

from adapters.deciding import Deciding
from distribution.aggregation import Majority, majority
from distribution.agreement import Agreement, Disagreement, PairAgreement, agreement, disagreements, pairs
from distribution.asking import answers
from distribution.filters import check_path
from distribution.gates import Gate, GateVerdict, GoldResult, Pause, PauseRule
from distribution.golden import truth_of
from distribution.ratings import Ratings
from distribution.scoring import results
from distribution.task import Ask, Held, the_task
from distribution.values import AssigneeId, TaskId, check_id


class Agreeing(Deciding):
    """What those ask who compare answers."""

    def ratings(self, task_id: TaskId, *, scale: tuple[str, ...] | None = None) -> Ratings:
        """Give who answered what: answers handed in, or statuses where there are none; skips are no answers.

        *scale* gives the order of the answers, where they have one. Whatever else is to be
        computed of them (see `coefficients`, `aggregation`) begins here.

        >>> for who in ("ann", "bob"):
        ...     _ = tasks.set_status(overlapped.id, who, ["a"], "completed", answers={"a": "cat"})
        >>> list(tasks.ratings(overlapped.id).records())
        [('a', 'ann', 'cat'), ('a', 'bob', 'cat')]

        Raises:
            NotFound: there is no such task.
            InvalidInput: an answer is not on the scale.
        """
        ask = Ask(members=None, held=Held(states=("done",)))
        view = self.store.read(check_id(task_id, "task id"), ask)
        task = the_task(view, task_id)
        rows = sorted(
            (row for row in view.rows if not task.is_gold(row.position)), key=lambda row: row.position
        )
        given = ((row.item, who, answer) for row in rows for who, answer in answers(row.cells))
        return Ratings.of(given, answers=scale)

    def agreement(self, task_id: TaskId, *, scale: tuple[str, ...] | None = None) -> Agreement:
        """Tell how far people agree, by all coefficients that can be computed.

        >>> for who in ("ann", "bob"):
        ...     _ = tasks.set_status(overlapped.id, who, ["a"], "completed")
        >>> tasks.agreement(overlapped.id).percent
        1.0

        Raises:
            NotFound: there is no such task.
        """
        return agreement(self.ratings(task_id, scale=scale))

    def disagreements(self, task_id: TaskId) -> tuple[Disagreement, ...]:
        """Name the items about which people disagree, the most contested first, and who says what.

        Raises:
            NotFound: there is no such task.
        """
        return disagreements(self.ratings(task_id))

    def pairs(self, task_id: TaskId) -> tuple[PairAgreement, ...]:
        """Tell of every two people who share items how many, and on how many they agree.

        Raises:
            NotFound: there is no such task.
        """
        return pairs(self.ratings(task_id))

    def consensus(self, task_id: TaskId) -> tuple[Majority, ...]:
        """Give what most people say of each item; a tie is no answer, and is said.

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
        path = truth_of(task.gold) if truth is None else check_path(truth, "path of the known answer")
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
