"""The rules of the state machine that those follow who look after quality.

Holds: reviews created, made and extended, work sent back; what each must do.
Does not hold: those who work and those who run tasks (see machine_work, machine_team), the
comparison (see agreement).
Depends on: agreement; lifecycle, outcomes, overlap, ports, pull, qa, samples, sending_back, task.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from distribution.lifecycle import GONE, HELD
from distribution.outcomes import Changed, Outcome
from distribution.overlap import Overlap
from distribution.ports import Page
from distribution.pull import Pull
from distribution.qa import SENDS
from distribution.samples import Risk, Sample
from distribution.sending_back import passed_on
from distribution.task import Task
from distribution.testing.agreement import PEOPLE, Agreement, dry, numbers, people, requests, which
from distribution.values import TaskId

MOST_REVIEWS = 2
samples = st.sampled_from(
    [
        Sample(percent=100),
        Sample(percent=30),
        Sample(count=2, per="assignee"),
        Sample(percent=50, per="stratum", key="dir"),
        Sample(percent=25, method="blocks"),
        Sample(risk=Risk(target=5, least=10), per="assignee"),
    ]
)
reviewers = st.lists(people, min_size=1, unique=True)
sends = st.sampled_from(SENDS)
settings = st.fixed_dictionaries(
    {},
    optional={
        "pull": st.just(Pull(batch_size=2, max_batch_workload=3)),
        "overlap": st.just(Overlap(percent=100, assignees=2)),
    },
)
HANDED_IN = frozenset({"set_status", "submit_and_pull"})


class Reviewing(Agreement):
    """What those do who look after quality."""

    def call(self, verb: str, *arguments: Any, **options: Any) -> Any:
        """Ask all stores the same; work is known by when it was finished, so no two at one moment."""
        if verb in HANDED_IN:
            self.now += timedelta(microseconds=1)
        return super().call(verb, *arguments, **options)

    def compare(self, task_id: TaskId, before: int, options: Mapping[str, Any]) -> None:
        """Compare what is kept of one task; what a review sends back is under a request id of its own."""
        entries = self.reference.store.history(task_id, Page(after=before))
        passed = {passed_on(review, options.get("request")) for review in self.tasks}
        if entries and entries[-1].stamp.request in passed:
            options = {**options, "request": entries[-1].stamp.request}
        super().compare(task_id, before, options)

    def _reviews(self) -> list[TaskId]:
        tasks = {task_id: self.seen(task_id).task for task_id in self.tasks}
        return [name for name, task in tasks.items() if task.qa is not None and task.state not in GONE]

    def _finish(self, task_id: TaskId, status: str) -> None:
        """Let everybody finish what she has, or can get."""
        for who in self.seen(task_id).members:
            if self.seen(task_id).task.pull is not None:
                self.call("pull", task_id, who)
            rows = self.seen(task_id).rows
            if names := [row.item for row in rows if (cell := row.cells.get(who)) and cell.state == "open"]:
                self.call("set_status", task_id, who, names, status)

    @precondition(lambda self: len(self._reviews()) < MOST_REVIEWS)
    @rule(
        number=numbers,
        who=reviewers,
        sample=samples,
        sends=sends,
        settings=settings,
        request=st.booleans(),
    )
    def create_qa(
        self, number: int, who: list[str], sample: Sample, sends: str, settings: dict[str, Any], request: bool  # noqa: FBT001
    ) -> None:  # fmt: skip
        """Let people finish, and draw a sample of it; sometimes too few can review it."""
        task_id, name = self.task(number), f"q{len(self.tasks)}"
        self._finish(task_id, "completed")
        how = settings | self.by(request)
        made = self.call("create_qa", task_id, who, sample, sends=sends, seed=number, id=name, **how)
        if isinstance(made, Task) and name not in self.known:
            self.tasks.append(name)
            self.known[name] = {}
            self.compare(name, 0, how)

    @precondition(lambda self: self._reviews())
    @rule(
        number=numbers,
        who=people,
        which=which("open", "open", "open", "done"),
        status=st.sampled_from(["approved", "discard", "discard"]),
        request=requests,
    )
    def review(self, number: int, who: str, which: tuple[str, int], status: str, request: bool) -> None:  # noqa: FBT001
        """Review: what is rejected, and was not done anew, is done no more."""
        reviews = self._reviews()
        task_id = reviews[number % len(reviews)]
        if self.seen(task_id).task.pull is not None:
            self.call("pull", task_id, who)
        who, items = self.some(task_id, who, which)
        done = self.call("set_status", task_id, who, items, status, **self.by(request))
        qa = self.seen(task_id).task.qa
        assert qa is not None
        if not isinstance(done, Outcome) or self.seen(qa.parent).task.state in GONE:
            return
        rows = {row.item: row for row in self.seen(qa.parent).rows}
        for piece in done.rejected:
            cell = rows[piece.item].cells.get(piece.author)
            again = cell is not None and cell.state == "done" and cell.since == piece.finished
            assert not again, f"{piece} was rejected and is {cell}"

    @precondition(lambda self: self._reviews())
    @rule(number=numbers, more=st.booleans(), dry=dry, request=st.booleans())
    def extend_qa(self, number: int, more: bool, dry: bool, request: bool) -> None:  # noqa: FBT001
        """Draw further: what was drawn before stays, and what was seen is counted on."""
        reviews = self._reviews()
        task_id = reviews[number % len(reviews)]
        before = self.seen(task_id)
        if more and before.task.qa is not None:
            self._finish(before.task.qa.parent, "completed")
            before = self.seen(task_id)
        change = self.change("extend_qa", task_id, dry=dry, **self.by(request))
        if isinstance(change, Changed):
            now = self.seen(task_id)
            assert [row.attributes for row in now.rows[: len(before.rows)]] == [
                row.attributes for row in before.rows
            ]
            assert before.task.qa is not None and now.task.qa is not None  # noqa: PT018
            tally = now.task.qa.tally.groups
            drawn = sum(group.drawn for group in tally) - sum(g.drawn for g in before.task.qa.tally.groups)
            assert drawn == len(now.rows) - len(before.rows)
            assert all(group.drawn <= group.seen for group in tally)

    @rule(number=numbers, who=st.none() | people, sends=sends, dry=dry, request=st.booleans())
    def send_back(self, number: int, who: str | None, sends: str, dry: bool, request: bool) -> None:  # noqa: FBT001
        """Send finished work back: of whom it was asked for none is left but skips."""
        task_id = self.task(number)
        if dry:
            self._finish(task_id, "discard")
        change = self.change("send_back", task_id, assignee=who, sends=sends, dry=dry, **self.by(request))
        if isinstance(change, Changed):
            left = [
                key
                for key, cell in self.seen(task_id).cells().items()
                if cell.state == "done"
                and cell.status != "skipped"
                and who in {None, key[1]}
                and not self.seen(task_id).task.is_gold(key[0])
            ]
            assert not left, f"{left} stayed of {who}"

    @precondition(lambda self: self._reviews())
    @rule(number=numbers)
    def look_at_quality(self, number: int) -> None:
        """Ask for rates, and send what is rejected once more: what went back already stays."""
        reviews = self._reviews()
        task_id = reviews[number % len(reviews)]
        found = self.answers("quality", task_id)
        assert 0 <= found.failed <= found.reviewed <= len(self.seen(task_id).rows)
        authors = self.answers("quality_by_author", task_id)
        assert sum(rate.reviewed for rate in authors.values()) == found.reviewed
        self.call("send_rejected", task_id)

    @invariant()
    def nobody_reviews_her_own_work(self) -> None:
        """Look at everybody who has, or has done, an item of a review."""
        for task_id in self._reviews():
            for row in self.seen(task_id).rows:
                about: Any = row.attributes["qa"]
                assert about["author"] in PEOPLE
                cell = row.cells.get(about["author"])
                assert cell is None or cell.state not in HELD, f"{row.item} of {task_id} is with its author"
