"""Calls answered by the table of routes, each once: all that is left to a server is HTTP."""

from __future__ import annotations

from typing import Any

from adapters.dataloop.attempts import Attempts
from adapters.dataloop.calls import Call
from adapters.dataloop.routes import Way
from adapters.dataloop.world import World


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
        self._attempts.seen(call, name, deletes=way.method == "DELETE")
        if not way.once:
            return way.answer(self.world, call)
        return self._attempts.made(name, call, lambda made: way.answer(self.world, made))
