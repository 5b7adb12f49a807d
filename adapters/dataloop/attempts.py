"""Calls that are sent again: whoever got no answer gets that of the first time.

The SDK sends a request again when the connection drops, also where the work was done, and
it says nowhere that it does. So each call that changes something is noted before it is
made, with the id of what it is to create, and its answer with it. The same bytes from the
same person, within a few minutes, are the same call, also after a crash; unless something
shows that the first answer arrived:

- it comes over the connection of the first, for who waits for an answer sends nothing more;
- meanwhile somebody named an id that only the answer had told;
- meanwhile somebody deleted what it named.

Then it is a new call, and two tasks of one name are two.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
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
"""Attempts that one call takes away at most of those that are old, or told or named an id."""
MOST_IDS = 10
"""Ids of one list of a body that are looked at."""
ID_LENGTH = 64
ATTEMPT = "attempt"
"""Kind of the documents: an attempt by its time and name, found by its name, and by the ids it told and named."""


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
                    desk.drop(ATTEMPT, [old.id])
            for known in desk.find(ATTEMPT, key=name, limit=SWEPT):
                if not known.body["answered"] or known.body["peer"] != peer or peer is None:
                    return known
                desk.drop(ATTEMPT, [known.id])
            body: Body = {
                "at": at.isoformat(),
                "makes": self._world.ids(),
                "peer": peer,
                "answered": False,
                "reply": None,
            }
            keys = [name, *(f"named {one}" for one in ids_in(call))]
            begun = Document(f"{int(at.timestamp() * 1000):013x} {name}", body, keys)
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
        body = {**attempt.body, "answered": True, "reply": plain}
        keys = [*attempt.keys, *(f"told {one}" for one in told)]

        def work(desk: Desk) -> None:
            if attempt.id in desk.get(ATTEMPT, [attempt.id]):
                desk.put(ATTEMPT, [Document(attempt.id, body, keys)])

        self._world.shelf.transact(work)

    def seen(self, call: Call, name: str, *, deletes: bool) -> None:
        """Forget other attempts of which a call shows that their answers were seen, or are true no more."""
        keys = [f"told {one}" for one in ids_in(call)]
        keys += [f"named {one}" for one in ids_in(call)] if deletes else []
        found = [one for key in keys for one in self._world.shelf.find(ATTEMPT, key=key, limit=SWEPT)]
        self._world.drop(ATTEMPT, [one.id for one in found if name not in one.keys]) if found else None


def ids_in(call: Call) -> list[str]:
    """List what a call names that could be ids: in its path, and in its body, as far as the SDK puts ids there."""
    found: list[Any] = list(call.path.values())
    if isinstance(call.body, dict):
        context = call.body.get("context")
        for part in (call.body, context if isinstance(context, dict) else {}):
            for value in part.values():
                found += value[:MOST_IDS] if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, str) and len(one) <= ID_LENGTH and one.isalnum()]


def _time(attempt: Document) -> datetime:
    return datetime.fromisoformat(str(attempt.body["at"]))
