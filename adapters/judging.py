"""The verbs of people who judge finished work by its reviews: error rates, lots, streams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import attrs

from adapters.deciding import Deciding
from distribution.acceptance import AcceptancePlan, Judgement, judge
from distribution.error_rates import ErrorRate, Review, error_rate
from distribution.errors import Refused
from distribution.events import Cell
from distribution.inspection import Csp1, Sprt
from distribution.lifecycle import HELD
from distribution.ports import PAGE_LIMIT, Page
from distribution.qa import Qa, Reviewed, lot_errors, reviewed
from distribution.streams import Stand, stand
from distribution.task import Ask, Row, Task, the_task
from distribution.values import AssigneeId, Number, TaskId, check_id


class Judging(Deciding):
    """What those ask who judge."""

    def quality(self, task_id: TaskId, *, method: str = "wilson", confidence: Number = 0.95) -> ErrorRate:
        """Give the error rate of the work that a QA task looks at, with its interval.

        What is drawn and not reviewed yet is taken to be like what is, of each group. Work
        that was done anew and drawn again counts again.

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
        reviews = [review for _, review in self._reviews(task_id, qa)]
        whole = sum(group.seen for group in qa.tally.groups)
        return error_rate(reviews, method=method, confidence=confidence, whole=whole)

    def quality_by_author(
        self, task_id: TaskId, *, method: str = "wilson", confidence: Number = 0.95
    ) -> dict[AssigneeId, ErrorRate]:
        """Give the error rate of everybody whose work was reviewed, with its interval; as `quality` does.

        >>> from distribution import Sample
        >>> _ = tasks.set_status(task.id, "ann", tasks.pull(task.id, "ann").items, "completed")
        >>> review = tasks.create_qa(task.id, ["eve"], Sample(percent=100))
        >>> _ = tasks.set_status(review.id, "eve", ["a"], "discard")
        >>> tasks.quality_by_author(review.id)["ann"].rate
        1.0

        Raises:
            NotFound: there is no such task.
            Refused: it is no QA task.
        """
        census = self.quality(task_id).census
        found = dict[AssigneeId, list[Review]]()
        for author, review in self._reviews(task_id, self._qa(task_id)[1]):
            found.setdefault(author, []).append(review)
        return {
            author: error_rate(
                reviews,
                method=method,
                confidence=confidence,
                whole=len(reviews) + (not census),
            )
            for author, reviews in sorted(found.items())
        }

    def judge(self, task_id: TaskId, plan: AcceptancePlan | None = None) -> Judgement:
        """Accept or refuse the lot that a QA task was drawn from, by an acceptance plan.

        Without a *plan* it is the one the sample was drawn for. Of more reviews than it asks
        for, as many count, in an order fixed by the draw (see `qa.lot_errors`).

        >>> from distribution import Aql, Sample
        >>> _ = tasks.set_status(task.id, "ann", tasks.pull(task.id, "ann").items, "completed")
        >>> review = tasks.create_qa(task.id, ["eve"], Sample(aql=Aql(limit=1)))
        >>> _ = tasks.set_status(review.id, "eve", ["a", "b"], "approved")
        >>> tasks.judge(review.id).accepted
        True

        Raises:
            NotFound: there is no such task.
            Refused: it is no QA task, was drawn for no plan and none is given, or its sample
                is no lot's: too small, not reviewed, or drawn unequally.
        """
        _, qa = self._qa(task_id)
        by = qa.plan if plan is None else plan
        if by is None:
            why = "was drawn for no plan" if qa.sample.aql is None else "has no finished items"
            remedy = "give one, such as plan_for(lot, aql), or draw with Sample(aql=...)"
            raise Refused(f"the lot of task {task_id!r}", why, remedy)
        return judge(by, lot_errors(task_id, qa, self._reviewed(task_id, qa), by.size))

    def inspect(self, task_id: TaskId, plan: Csp1 | Sprt) -> dict[AssigneeId, Stand]:
        """Tell of everybody whose work was reviewed where she stands, by a plan for streams.

        Her reviews count in the order in which they were done: see `streams.stand`.

        >>> from distribution import Sample
        >>> from distribution.inspection import Csp1
        >>> _ = tasks.set_status(task.id, "ann", tasks.pull(task.id, "ann").items, "completed")
        >>> review = tasks.create_qa(task.id, ["eve"], Sample(percent=100))
        >>> _ = tasks.set_status(review.id, "eve", ["a", "b"], "approved")
        >>> print(tasks.inspect(review.id, Csp1(clear=2, fraction="1/10"))["ann"].rate)
        1/10

        Raises:
            NotFound: there is no such task.
            Refused: it is no QA task.
        """
        _, qa = self._qa(task_id)
        found = dict[AssigneeId, list[bool]]()
        done = [(piece.at, piece) for piece in self._reviewed(task_id, qa) if piece.at is not None]
        for _, piece in sorted(done, key=lambda pair: pair[0]):
            if piece.review is not None:
                found.setdefault(piece.author, []).append(piece.review.failed)
        return {author: stand(plan, failed) for author, failed in sorted(found.items())}

    def _reviewed(self, task_id: TaskId, qa: Qa) -> Iterator[Reviewed]:
        """Go through what was drawn, in the order in which it was."""
        for row in self._rows(task_id):
            yield reviewed(qa, row.item, row.attributes, list(held(row).values()), row.left)

    def _reviews(self, task_id: TaskId, qa: Qa) -> list[tuple[AssigneeId, Review]]:
        """Give what came out so far, and of whose work."""
        pieces = list(self._reviewed(task_id, qa))
        drawn = Counter(piece.group for piece in pieces)
        found = [(piece.author, piece.review) for piece in pieces if piece.review is not None]
        # As if whoever reviews had drawn once more, each of a group with the same chance.
        seen = Counter(review.group for _, review in found)
        return [
            (author, attrs.evolve(r, inclusion=r.inclusion * seen[r.group] / drawn[r.group]))
            for author, r in found
        ]

    def _qa(self, task_id: TaskId) -> tuple[Task, Qa]:
        task = the_task(self.store.read(check_id(task_id, "task id"), Ask()), task_id)
        if task.qa is None:
            raise Refused(f"task {task.name!r}", "reviews no other task", "create one that does: create_qa")
        return task, task.qa

    def _rows(self, task_id: TaskId) -> Iterator[Row]:
        page = Page(limit=PAGE_LIMIT)
        while rows := self.store.items(task_id, page):
            yield from rows
            page = attrs.evolve(page, after=rows[-1].position)


def held(row: Row) -> dict[AssigneeId, Cell]:
    """Give who has an item, and how it stands with each."""
    return {who: cell for who, cell in row.cells.items() if cell.state in HELD}
