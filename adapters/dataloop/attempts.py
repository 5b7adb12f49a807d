"""Calls that are sent again: whoever got no answer gets that of the first time.

The SDK sends a request again when the connection drops, also where the work was done, and
it says nowhere that it does. So each call that changes something is noted before it is
made, with the id of what it is to create, and its answer with it. The same bytes from the
same person, within a few minutes, are the same call, also after a crash; unless something
shows that the first answer arrived:

- it comes over the connection of the first, for who waits for an answer sends nothing more;
- meanwhile somebody named an id that only the answer had told.

Then it is a new call, and two tasks of one name are two.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import attrs

from adapters.dataloop.calls import Body, Call, Reply
from adapters.dataloop.stamps import derived
from adapters.dataloop.world import World
from distribution.shelf import Desk, Document

PATIENCE = timedelta(minutes=5)
"""How long the same again is a repetition; the SDK gives up earlier."""
SWEPT = 20
"""Old attempts that one new one takes away."""
ATTEMPT, TOLD = "attempt", "told"
"""Kinds of documents: an attempt by its time and name, and which attempt told an id."""


class Attempts:
    """Calls that are under way, or whose answer may not have arrived."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._here = world.ids()
        """Tells connections to this process from those to others, and before."""
        self._lock = threading.Lock()
        self._under_way: dict[str, tuple[threading.Lock, int]] = {}

    def made(self, name: str, call: Call, answer: Callable[[Call], Any]) -> Any:
        """Answer a call, once; one that comes again while the first is under way waits for it."""
        with self._alone(name):
            attempt = self._begin(name, call)
            if attempt.body["answered"]:
                return attempt.body["reply"]
            reply = answer(attrs.evolve(call, attempt=str(attempt.body["makes"])))
            self._answered(attempt, call, reply)
            return reply

    @staticmethod
    def name(call: Call, digest: str) -> str:
        """Name an attempt: by who calls with which rights, and a digest of what, with which bytes."""
        scope = "all" if call.who.projects is None else " ".join(sorted(call.who.projects))
        return derived(ATTEMPT, call.who.email, scope, digest)

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """Let calls of one name come one after the other."""
        with self._lock:
            lock, waiting = self._under_way.get(name, (threading.Lock(), 0))
            self._under_way[name] = lock, waiting + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, waiting = self._under_way.pop(name)
                if waiting > 1:
                    self._under_way[name] = lock, waiting - 1

    def _begin(self, name: str, call: Call) -> Document:
        """Note an attempt, or give that of before where it is made again."""
        at = self._world.clock()
        peer = None if call.peer is None else f"{self._here} {call.peer}"

        def work(desk: Desk) -> Document:
            for old in desk.find(ATTEMPT, limit=SWEPT):
                if at - _time(old) >= PATIENCE:
                    _forget(desk, old)
            for known in desk.find(ATTEMPT, key=name, limit=SWEPT):
                if not known.body["answered"] or known.body["peer"] != peer or peer is None:
                    return known
                _forget(desk, known)
            body: Body = {
                "at": at.isoformat(),
                "makes": self._world.ids(),
                "peer": peer,
                "answered": False,
                "reply": None,
                "told": [],
            }
            begun = Document(f"{int(at.timestamp() * 1000):013x} {name}", body, [name])
            desk.put(ATTEMPT, [begun])
            return begun

        return self._world.shelf.transact(work)

    def _answered(self, attempt: Document, call: Call, reply: Any) -> None:
        """Keep the answer, and the ids that nobody knows but by it."""
        plain = reply.body if isinstance(reply, Reply) else reply
        told = [str(attempt.body["makes"])]
        if isinstance(plain, dict) and isinstance(plain.get("id"), str):
            told.append(plain["id"])
        else:
            # The answer tells nothing that could be asked for: whoever goes on with what she changed has seen it.
            told += call.path.values()
        body = {**attempt.body, "answered": True, "reply": plain, "told": told}

        def work(desk: Desk) -> None:
            if attempt.id in desk.get(ATTEMPT, [attempt.id]):
                desk.put(ATTEMPT, [Document(attempt.id, body, attempt.keys)])
                desk.put(TOLD, [Document(name, {"by": attempt.id}) for name in told])

        self._world.shelf.transact(work)

    def seen(self, ids: Iterable[str], besides: str) -> None:
        """Forget attempts of which somebody names what they told, in another call than their own."""
        told = self._world.shelf.get(TOLD, ids)
        if not told:
            return

        def work(desk: Desk) -> None:
            by = [str(document.body["by"]) for document in told.values()]
            for attempt in desk.get(ATTEMPT, by).values():
                if besides not in attempt.keys:
                    _forget(desk, attempt)

        self._world.shelf.transact(work)


def _time(attempt: Document) -> datetime:
    return datetime.fromisoformat(str(attempt.body["at"]))


def _forget(desk: Desk, attempt: Document) -> None:
    told: Any = attempt.body["told"]
    desk.drop(TOLD, told)
    desk.drop(ATTEMPT, [attempt.id])
