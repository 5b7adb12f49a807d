"""Calls answered by the table of routes, each once: all that is left to a server is HTTP."""

from __future__ import annotations

from typing import Any

from adapters.dataloop.attempts import Attempts
from adapters.dataloop.calls import Call
from adapters.dataloop.routes import Way
from adapters.dataloop.world import World

MOST_IDS = 100
"""Ids of one list of a body that are looked at."""
ID_LENGTH = 64


class Api:
    """Answers calls."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._attempts = Attempts(world)

    def answer(self, way: Way, call: Call, digest: str) -> Any:
        """Answer a call; *digest* tells it apart from others of the same person.

        Raises:
            DistributionError: it cannot be answered.
        """
        name = self._attempts.name(call, digest)
        self._attempts.seen(ids_in(call), besides=name)
        if not way.once:
            return way.answer(self.world, call)
        return self._attempts.made(name, call, lambda made: way.answer(self.world, made))


def ids_in(call: Call) -> list[str]:
    """List what a call names that could be ids: in its path, and in its body, as far as the SDK puts ids there."""
    found: list[Any] = list(call.path.values())
    if isinstance(call.body, dict):
        context = call.body.get("context")
        for part in (call.body, context if isinstance(context, dict) else {}):
            for value in part.values():
                found += value if isinstance(value, list) and len(value) <= MOST_IDS else [value]
    return [name for name in found if isinstance(name, str) and 0 < len(name) <= ID_LENGTH]
