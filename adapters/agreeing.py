"""The verbs of people who compare answers: agreement, disagreements, what the answers say together."""

from __future__ import annotations

from adapters.deciding import Deciding
from distribution.aggregation import Majority, majority
from distribution.agreement import Agreement, Disagreement, PairAgreement, agreement, disagreements, pairs
from distribution.asking import answers
from distribution.ratings import Ratings
from distribution.task import Ask, Held, the_task
from distribution.values import TaskId, check_id


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
        the_task(view, task_id)
        rows = sorted(view.rows, key=lambda row: row.position)
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
