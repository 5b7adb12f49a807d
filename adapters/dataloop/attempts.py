"""Creates that are sent again: whoever got no answer gets that of the first time.

The SDK sends a request again when the connection drops, also where the work was done. So
before something is created the attempt is noted, with the id of what is to be; it is
forgotten when the answer has gone out. The same bytes from the same person meanwhile,
also after a crash, are the same attempt.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import attrs

from adapters.dataloop.calls import Call, Principal
from adapters.dataloop.world import World, derived
from distribution.shelf import Desk, Document

PATIENCE = timedelta(minutes=10)
"""How long the same again is a repetition; the SDK gives up much earlier."""


class Attempts:
    """Creates that are under way, or whose answer may not have arrived."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._under_way: dict[str, threading.Lock] = {}

    def name(self, who: Principal, pattern: str, digest: str) -> str:
        """Name an attempt: by who, at what, with which bytes."""
        return derived("attempt", who.email, pattern, digest)

    def made(self, name: str, call: Call, answer: Callable[[Call], Any]) -> Any:
        """Answer a create; one that comes again while the first is under way waits for it."""
        with self._lock:
            alone = self._under_way.setdefault(name, threading.Lock())
        with alone:
            return answer(attrs.evolve(call, attempt=self._begin(name)))

    def _begin(self, name: str) -> str:
        """Note an attempt; give the id of what it creates, that of before where it is made again."""
        at = self._world.clock()

        def work(desk: Desk) -> str:
            known = desk.get("attempt", [name]).get(name)
            if known is not None and at - datetime.fromisoformat(str(known.body["at"])) < PATIENCE:
                return str(known.body["makes"])
            makes = self._world.ids()
            desk.put("attempt", [Document(name, {"at": at.isoformat(), "makes": makes})])
            return makes

        return self._world.shelf.transact(work)

    def forget(self, name: str) -> None:
        """Forget an attempt whose answer has gone out."""
        self._world.drop("attempt", [name])
        with self._lock:
            self._under_way.pop(name, None)
