"""Several stores driven side by side, and compared after every call.

Holds: the base of the state machine: making calls, comparing answers and state.
Does not hold: which calls are made (see machine, machine_work, machine_team).
Depends on: asking, invariants, rules, and the adapters `dispatcher` and `memory`.

The store in memory is the reference. What it keeps is checked by `invariants` after
every step; that the others keep the same, by comparing all rows and the last entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar, cast

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from distribution.asking import answers
from distribution.errors import DistributionError
from distribution.events import Entry, Event
from distribution.filters import Filter, Not, field
from distribution.lifecycle import ENDED, GONE, HELD
from distribution.outcomes import Batch, Changed
from distribution.ports import Page, TaskStore
from distribution.rules import Rules
from distribution.task import Ask, Row
from distribution.testing.invariants import Seen, invariants, look
from distribution.values import Item, ItemId, Json, TaskId

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEASE = timedelta(minutes=30)
PEOPLE = ("ann", "bob", "eve", "max")
NAMED: Mapping[str, Mapping[str, Json]] = {"b": {"by": "ann"}, "e": {"for": ["bob", "eve"]}}
"""What some items say of people."""
ITEMS = tuple(
    Item(
        name,
        effort=(1, 2, "1/2", 0)[at % 4],
        attributes={} if name == "d" else {"dir": "xyx"[at % 3], "size": at, **NAMED.get(name, {})},
        priority=(0, 0, 1, 0, -1)[at % 5],
    )
    for at, name in enumerate("abcdefgh")
)
FILTERS: tuple[Filter | None, ...] = (
    None,
    field("dir").equal("x"),
    Not(field("dir").equal("x")),
    field("size").at_least(3),
)
RULES = (
    None,
    Rules(needs="dir", skills={"ann": ["x", "y"], "bob": ["x"], "max": ["y"]}),
    Rules(blocked="by", reserved="for"),
    Rules(teams={"ann": "red", "bob": "red", "eve": "blue"}),
    Rules(
        needs="dir", skills={"ann": ["x"], "bob": ["x", "y"]}, blocked="by", teams={"bob": "b", "eve": "b"}
    ),
    Rules(needs="size"),
)
"""Sizes are numbers, so nobody has what they need."""
LAST = 3

numbers = st.integers(0, LAST)
people = st.sampled_from(PEOPLE)


def which(*states: str) -> st.SearchStrategy[tuple[str, int]]:
    """Draw some items: of hers by state, or any; and a bit for each that is taken, none for the first."""
    return st.tuples(st.sampled_from([*states, "any"]), st.integers(0, 2 ** len(ITEMS) - 1))


dry = st.booleans()
requests = st.booleans()


@attrs.frozen
class Failed:
    """What a call raised; errors are equal where type and text are."""

    kind: type
    text: str


@attrs.frozen
class Asked:
    """A call that was made under a request id, and its answer."""

    verb: str
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]
    answer: Any


class Agreement(RuleBasedStateMachine):
    """Stores that must answer alike, and keep alike, whatever is asked of them."""

    stores: ClassVar[Mapping[str, Callable[[], TaskStore]]] = {}
    """What opens an empty store, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.asked: list[Asked] = []
        self.tasks: list[TaskId] = []
        self.known: dict[TaskId, dict[int, Seen]] = {}
        """Every state each task was in, by version."""
        self._numbers = count()
        self._open = ExitStack()
        openers: Mapping[str, Callable[[], TaskStore]] = {"memory": MemoryStore, **type(self).stores}
        self.faces = {
            name: self._open.enter_context(Dispatcher(opener(), clock=lambda: self.now))
            for name, opener in openers.items()
        }

    def teardown(self) -> None:
        """Look at everything once more, in every store by itself; then close all."""
        try:
            for face in self.faces.values():
                for task_id in self.tasks:
                    invariants(face.store, task_id)
        finally:
            self._open.close()

    @property
    def reference(self) -> Dispatcher:
        """Give the one in memory."""
        return self.faces["memory"]

    def task(self, number: int, mode: str = "") -> TaskId:
        """Choose a task: mostly one that is there, and of a mode; 3 chooses the newest of all."""
        fitting = [
            task_id
            for task_id in self.tasks
            if (task := self.seen(task_id).task).state not in GONE and mode in {"", task.mode}
        ]
        return self.tasks[-1] if number == LAST or not fitting else fitting[number % len(fitting)]

    def seen(self, task_id: TaskId) -> Seen:
        """Give a task as it is."""
        return self.known[task_id][max(self.known[task_id])]

    def some(self, task_id: TaskId, who: str, which: tuple[str, int]) -> tuple[str, list[ItemId]]:
        """Choose items in a state, and whose; where she has none, somebody else who has."""
        state, bits = which
        states = {"open": {"open"}, "done": {"done"}, "ended": ENDED}.get(state, set())
        seen = self.seen(task_id)
        for person in (who, *seen.members) if states else ():
            names = [
                row.item for row in seen.rows if (cell := row.cells.get(person)) and cell.state in states
            ]
            if names:
                return person, _taken(names, bits)
        return who, _taken([item.id for item in ITEMS], bits)

    def by(self, request: bool) -> dict[str, Any]:  # noqa: FBT001  drawn
        """Say under which request id a call is made, if under any."""
        return {"request": f"r{next(self._numbers)}"} if request else {}

    def call(self, verb: str, *arguments: Any, **options: Any) -> Any:
        """Ask all stores the same; give the answer, which is the same from all."""
        before = {task_id: max(self.known[task_id], default=0) for task_id in self.tasks}
        answer = self.answers(verb, *arguments, **options)
        if options.get("request") and not isinstance(answer, Failed):
            self.asked.append(Asked(verb, arguments, options, answer))
        for task_id in self.tasks:
            self.compare(task_id, before[task_id], options)
        return answer

    def answers(self, verb: str, *arguments: Any, **options: Any) -> Any:
        """Ask all stores the same, and compare what they answer."""
        answers = {
            name: _answer(getattr(face, verb), arguments, options) for name, face in self.faces.items()
        }
        right = answers["memory"]
        for name, answer in answers.items():
            assert answer == right, (
                f"{name} answers {verb}{arguments}{options} with\n{answer}, memory with\n{right}"
            )
        return right

    def answered(self, request: str) -> Sequence[Entry]:
        """Give what is kept under a request id in all tasks, which is the same in all stores."""
        right = list(self.reference.store.answered(request))
        for name, face in self.faces.items():
            found = list(face.store.answered(request))
            assert found == right, f"{name} has answered {request!r} with\n{found}, memory with\n{right}"
        return right

    def change(self, verb: str, *arguments: Any, dry: bool, **options: Any) -> Changed | Failed:
        """Make a change; first only in thought, where it is *dry*: both must answer alike."""
        if dry:
            thought = self.call(
                verb,
                *arguments,
                dry_run=True,
                **{name: value for name, value in options.items() if name != "request"},
            )
            made = self.call(verb, *arguments, **options)
            assert made == thought, f"{verb}{arguments} does {made}\nand its dry run said {thought}"
            return cast("Changed | Failed", made)
        return cast("Changed | Failed", self.call(verb, *arguments, **options))

    def batch(self, answer: Any) -> Batch | None:
        """Look at what a pull or a steal answered: items, or a reason."""
        if not isinstance(answer, Batch):
            return None
        assert bool(answer.items) != (answer.reason is not None), answer
        return answer

    def compare(self, task_id: TaskId, before: int, options: Mapping[str, Any]) -> None:
        """Compare what is kept of one task; look closely where it changed."""
        version = self.reference.store.read(task_id, Ask()).version
        assert version >= before
        if version == before:
            for name, face in self.faces.items():
                assert face.store.read(task_id, Ask()).version == version, f"{name} changed {task_id!r}"
            return
        assert not options.get("dry_run"), f"a dry run changed {task_id!r}"
        page = Page(after=version - 1, limit=1)
        right, entries = look(self.reference.store, task_id), self.reference.store.history(task_id, page)
        if right is None or not entries:
            raise AssertionError(f"task {task_id!r} went away")
        for name, face in self.faces.items():
            found = look(face.store, task_id)
            assert found == right, f"{name} keeps\n{found}, memory\n{right}"
            kept = face.store.history(task_id, page)
            assert list(kept) == list(entries), f"{name} tells\n{kept}, memory\n{entries}"
        (entry,) = entries
        self._check_rules(self.known[task_id].get(before), right, entry.event)
        assert (entry.version, entry.stamp.at) == (version, self.now)
        assert entry.stamp.request == options.get("request")
        self.known[task_id][version] = right
        invariants(self.reference.store, task_id)

    def _check_rules(self, before: Seen | None, now: Seen, event: Event) -> None:
        """Look whether anybody holds what rules keep from her; only an undo brings team mates together."""
        rules, overlap = now.task.rules, now.task.overlap
        if rules is not None:
            for row in now.rows:
                for who in _holders(row):
                    bar = rules.why_not(who, row.attributes)
                    assert bar is None, f"{row.item!r} {bar}, and {who!r} has it"
            if event.what != "undone":
                met = set() if before is None else _mates(before, rules)
                assert _mates(now, rules) <= met, f"{event.what} gave an item to two of a team"
        if overlap is not None and overlap.until is not None and event.what.startswith("submitted"):
            for position in (at for shift in event.shifts for at in shift.positions):
                row = now.rows[position]
                enough = not overlap.until.wants(answers(dict(row.cells))).more
                assert row.copies < 2 or not (enough and row.left), f"one more is asked about {row} in vain"


def _holders(row: Row) -> list[str]:
    return [who for who, cell in row.cells.items() if cell.state in HELD]


def _mates(seen: Seen, rules: Rules) -> set[tuple[int, str, str]]:
    """Give who has an item that somebody of her team has too."""
    return {
        (row.position, who, mate)
        for row in seen.rows
        for who in _holders(row)
        for mate in rules.mates(who, _holders(row))
    }


def _answer(verb: Callable[..., Any], arguments: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """Give what a call answers, gone through to its end, or what it raises."""
    try:
        answer = verb(*arguments, **options)
        return list(answer) if isinstance(answer, Iterator) else answer
    except DistributionError as error:
        return Failed(type(error), str(error))


def _taken(names: list[ItemId], bits: int) -> list[ItemId]:
    return [name for at, name in enumerate(names) if bits >> at & 1] or names[:1]
