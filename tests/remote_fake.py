"""A dataset of the platform in memory, which can die, lose answers and be tampered with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from adapters.dataloop.dql import parse
from adapters.dataloop.platform import ItemPage, NewTask, PlatformFailed, PlatformTask
from distribution.filters import matches

PAGE = 3
"""Rows of a page: few, so that there are several."""


class Killed(BaseException):
    """The process is gone."""


class FakePlatform:
    """What the port promises, and what tests do behind its back.

    Before the call number *dies_at* is done, or with *after* when it is done, the process
    is gone. With *deaf* the answer is lost instead: the call was done and raises.
    """

    dataset = "d"

    def __init__(self, items: int = 8) -> None:
        self.items = {f"i{n}": self._item(f"i{n}", n) for n in range(items)}
        self.made: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.dies_at: int | None = None
        self.after = False
        self.deaf = False
        self.hidden = 0
        """So many further listings of tasks do not show the newest one yet."""
        self.clock = 0

    @staticmethod
    def _item(name: str, n: int) -> dict[str, Any]:
        return {
            "id": name,
            "filename": f"/{n % 2}/{name}.png",
            "dir": f"/{n % 2}",
            "type": "file",
            "hidden": False,
            "annotationsCount": n,
            "metadata": {"system": {"size": 10 * n, "refs": []}, "user": {}},
        }

    def _call(self, name: str, *, done: bool) -> None:
        if not done:
            self.calls.append(name)
        if self.dies_at == len(self.calls) - 1 and self.after == done:
            self.dies_at = None
            if self.deaf:
                raise PlatformFailed(name, "no answer", "the line went dead")
            raise Killed(name)

    def pages(self, where: Mapping[str, Any], join: Mapping[str, Any] | None = None) -> Iterator[ItemPage]:
        assert join is None
        wanted, after, total = parse(where), "", 0
        while True:
            self._call("items", done=False)
            found = [item for name, item in sorted(self.items.items()) if matches(wanted, item)]
            rest = [item for item in found if item["id"] > after]
            total = total or len(found)
            self._call("items", done=True)
            if rest:
                yield ItemPage(rest[:PAGE], total)
                after = rest[:PAGE][-1]["id"]
            if len(rest) <= PAGE:
                return

    def tasks(self) -> Sequence[PlatformTask]:
        self._call("tasks", done=False)
        names = sorted(self.made)
        if self.hidden:
            self.hidden -= 1
            names = names[:-1]
        self._call("tasks", done=True)
        return [self._task(name) for name in names]

    def _task(self, name: str) -> PlatformTask:
        refs = [ref for item in self.items.values() for ref in self._refs(item) if ref["id"] == name]
        said = sum("metadata" in ref for ref in refs)
        task: PlatformTask = self.made[name]["task"]
        return attrs.evolve(task, total=len(refs), remaining=len(refs) - said)

    @staticmethod
    def _refs(item: Mapping[str, Any]) -> list[dict[str, Any]]:
        refs: list[dict[str, Any]] = item["metadata"]["system"]["refs"]
        return refs

    def assignees(self, task: str) -> Mapping[str, str]:
        self._call("assignments", done=False)
        self._call("assignments", done=True)
        return {f"{task} of {who}": who for who in self.made[task]["people"]}

    def create(self, new: NewTask) -> PlatformTask:
        self._call("create", done=False)
        name = f"t{len(self.made):03}"
        task = PlatformTask(id=name, name=new.name, key=new.key, number=new.number, parent=new.parent)
        self.made[name] = {"task": task, "people": [], "terms": new.terms}
        self._add(name, new.assignee, new.items)
        self._call("create", done=True)
        return self._task(name)

    def add(self, task: str, assignee: str, items: Sequence[str]) -> None:
        self._call("add", done=False)
        self._add(task, assignee, items)
        self._call("add", done=True)

    def _add(self, task: str, assignee: str, items: Sequence[str]) -> None:
        people = self.made[task]["people"]
        if assignee not in people:
            people.append(assignee)
        for name in items:
            if name in self.items and all(ref["id"] != task for ref in self._refs(self.items[name])):
                self._refs(self.items[name]).extend(
                    [{"id": task, "type": "task"}, {"id": f"{task} of {assignee}", "type": "assignment"}]
                )

    def delete(self, task: str) -> None:
        self._call("delete", done=False)
        del self.made[task]
        for name in self.items:
            self.take_out(task, name)
        self._call("delete", done=True)

    # What people do on the platform.

    def take_out(self, task: str, item: str) -> None:
        """Take an item out of a task."""
        system = self.items[item]["metadata"]["system"]
        system["refs"] = [ref for ref in system["refs"] if not ref["id"].startswith(task)]

    def give(self, task: str, item: str, assignee: str) -> None:
        """Give an item of a task to somebody."""
        self.take_out(task, item)
        self._add(task, assignee, [item])

    def say(self, task: str, item: str, status: str | None, by: str = "lead") -> None:
        """Set or take back the status of an item in a task, a second after the last one."""
        self.clock += 1
        stamp = f"2026-11-22T12:{self.clock // 60:02}:{self.clock % 60:02}.000Z"
        for ref in self._refs(self.items[item]):
            if ref["id"].startswith(task):
                ref.pop("metadata", None)
                if status is not None:
                    ref["metadata"] = {"status": status, "creator": by, "timestamp": stamp}

    def state(self) -> dict[tuple[str, str | None], list[tuple[str, str]]]:
        """Tell which task of which parent has which items with whom."""
        found: dict[tuple[str, str | None], list[tuple[str, str]]] = {}
        for made in self.made.values():
            task = made["task"]
            for item in self.items.values():
                for ref in self._refs(item):
                    if ref["id"].startswith(f"{task.id} of "):
                        place = task.name, task.parent
                        found.setdefault(place, []).append((item["id"], ref["id"].partition(" of ")[2]))
        return {place: sorted(rows) for place, rows in found.items()}
