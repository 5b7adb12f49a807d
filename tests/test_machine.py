"""The stores side by side, through everything a task can go through; and what is broken does not come through."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from adapters.memory import MemoryStore
from adapters.sentences import line
from adapters.sqlite import SqliteStore
from distribution import handing, levelling, moving, sending_back, spreading, undoing, upkeep, work
from distribution.decision import Decision, PutItems, PutPlacements
from distribution.ports import Page, TaskStore
from distribution.refusals import NotInTask
from distribution.task import Ask, View
from distribution.testing.machine import machine_for


class OnItsOwn(SqliteStore):
    """A store whose file goes when it is closed."""

    def __init__(self, *, group_commit: bool = True) -> None:
        self._folder = tempfile.TemporaryDirectory()
        super().__init__(Path(self._folder.name) / "work.db", group_commit=group_commit)

    def close(self) -> None:
        super().close()
        self._folder.cleanup()


STORES: Mapping[str, Callable[[], TaskStore]] = {
    "sqlite": OnItsOwn,
    "sqlite, each call in a transaction of its own": lambda: OnItsOwn(group_commit=False),
}


class Machine(machine_for(STORES)):  # type: ignore[misc]  # a base that is made
    """Besides, everything that happens has its sentence."""

    def compare(self, task_id: str, before: int, options: Mapping[str, Any]) -> None:
        super().compare(task_id, before, options)
        for entry in self.reference.store.history(task_id, Page(after=before)):
            assert line(entry)


TestStoresAgree = Machine.TestCase
TestStoresAgree.settings = settings(max_examples=settings().max_examples // 2, stateful_step_count=30)


def caught(stores: Mapping[str, Callable[[], TaskStore]], runs: int = 1500) -> str:
    """Let a machine look for something wrong; give what it says, nothing where it finds nothing."""
    machine = seed(5)(type("Seeded", (machine_for(stores),), {}))
    how = settings(
        max_examples=runs,
        stateful_step_count=30,
        deadline=None,
        database=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    try:
        run_state_machine_as_test(machine, settings=how)
    except Exception as error:  # noqa: BLE001  whatever it is, it is seen
        return str(error) or type(error).__name__
    return ""


class Deciding(MemoryStore):
    """Keeps something else than was decided."""

    def changed(self, decision: Decision[Any]) -> Decision[Any]:
        return decision

    def transact(self, task_id: str, ask: Ask, decide: Any) -> Any:
        def otherwise(view: View) -> Any:
            decided = decide(view)
            return decided if isinstance(decided, Ask) else self.changed(decided)

        return super().transact(task_id, ask, otherwise)


class Leaseless(Deciding):
    """Prolongs no lease."""

    def changed(self, decision: Decision[Any]) -> Decision[Any]:
        renewed = decision.event is not None and decision.event.what == "renewed"
        kept = [c for c in decision.changes if not (renewed and isinstance(c, PutPlacements))]
        return attrs.evolve(decision, changes=tuple(kept))


class Unranked(Deciding):
    """Forgets that something came back."""

    def changed(self, decision: Decision[Any]) -> Decision[Any]:
        return attrs.evolve(
            decision, changes=tuple(c for c in decision.changes if not isinstance(c, PutItems))
        )


class Unanswering(MemoryStore):
    """Finds nothing again of what was answered in any of several tasks."""

    def answered(self, _request: str) -> Any:
        return ()


class Repeating(MemoryStore):
    """Decides a repeated call anew."""

    def _view(self, task_id: str, ask: Ask) -> View:
        return attrs.evolve(super()._view(task_id, ask), answered=None)


class Cut(MemoryStore):
    """Ends pages too early."""

    def placements(self, task_id: str, page: Page, **options: Any) -> Any:
        return super().placements(task_id, page, **options)[: page.limit - 1]


BROKEN: list[type[MemoryStore]] = [Leaseless, Unranked, Unanswering, Repeating, Cut]


@pytest.mark.parametrize("store", BROKEN, ids=lambda store: store.__name__)
def test_the_machine_catches_a_store_that_does_not_agree(store: type[MemoryStore]) -> None:
    assert caught({"broken": store})


def test_the_machine_lets_good_stores_through() -> None:
    """The same runs that the broken ones begin with."""
    assert caught({"good": MemoryStore}, runs=50) == ""


Patch = Callable[[pytest.MonkeyPatch], None]


def replaced(module: Any, name: str, by: Callable[[Any], Any]) -> Patch:
    """Put something else in the place of a part of the core, made of what was there."""
    return lambda patch: patch.setattr(module, name, by(getattr(module, name)))


def once_no_more(patch: pytest.MonkeyPatch) -> None:
    """Forget about request ids."""
    for module in (handing, moving, sending_back, undoing, upkeep, work):
        patch.setattr(module, "once", lambda decide, *_a, **_k: decide)


def everywhere(name: str, by: Callable[[Any], Any]) -> Patch:
    """Replace what several modules have imported."""

    def put(patch: pytest.MonkeyPatch) -> None:
        for module in (handing, levelling, moving, spreading):
            patch.setattr(module, name, by(getattr(module, name)))

    return put


CORE: dict[str, tuple[Patch, str]] = {
    "somebody gets what is not first in the queue": (
        replaced(handing, "_next", lambda was: lambda *a: was(*a)[::-1]),
        "instead of",
    ),
    "somebody gets more than a batch": (
        replaced(handing, "_size", lambda was: lambda *a: was(*a) + 1),
        "has more than|pulls more than a batch",
    ),
    "leases do not end": (
        replaced(upkeep, "expire", lambda _: lambda _ledger, rows: list(rows)),
        "leases that ended are left",
    ),
    "rules keep nobody from anything": (
        everywhere("can_take", lambda was: lambda task, *a, **k: was(attrs.evolve(task, rules=None), *a, **k)),
        "and .* has it|gave an item to two of a team",
    ),
    "who lost it gets it before others": (
        everywhere("can_take", lambda was: lambda *a, **k: was(*a, **{**k, "alone": True})),
        "",
    ),
    "open work stays where it is": (
        replaced(levelling, "fewest_moves", lambda _: lambda *_a: []),
        "Diff",
    ),
    "everybody is to have as much as whoever has most": (
        replaced(levelling, "_targets", lambda was: lambda *a: dict.fromkeys(was(*a), max(was(*a).values(), default=0))),
        "",
    ),
    "more is stolen than was asked for": (
        replaced(handing, "_half", lambda was: lambda *a: was(*a[:-1], None)),
        "",
    ),
    "an undo leaves placements as they are": (
        replaced(undoing, "_placements_back", lambda _: lambda *_a: None),
        "",
    ),
    "an undo leaves settings as they are": (
        replaced(undoing, "_settings_back", lambda _: lambda task, *_a: task),
        "",
    ),
    "a call made again is decided anew": (once_no_more, ""),
    "what a review rejects stays": (
        replaced(sending_back, "_why_not", lambda _: lambda _row, piece: NotInTask(piece.item)),
        "was rejected and is|stayed of",
    ),
}  # fmt: skip
"""What is broken in the core, and with it in every store; and what is said of it, where it is told at once."""


@pytest.mark.parametrize("what", CORE)
def test_the_machine_catches_a_core_in_which(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    patch, said = CORE[what]
    patch(monkeypatch)

    found = caught({})
    assert found
    assert re.search(said, found), found
