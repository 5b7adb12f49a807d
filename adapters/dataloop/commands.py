"""Commands: the platform answers long calls with one; ours is done before it is answered."""

from __future__ import annotations

from typing import Any

from adapters.dataloop.calls import Body, Call, no_such
from adapters.dataloop.world import World
from distribution.shelf import Document

KEPT = 10_000
"""Commands remembered at most; nobody asks for older ones."""


def done(world: World, call: Call, kind: str, **spec: Any) -> Body:
    """Keep and give a command that succeeded."""
    name = world.ids()
    at = world.now()
    body: Body = {
        "id": name,
        "url": f"{call.base}/commands/{name}",
        "type": kind,
        "status": "success",
        "progress": 100,
        "spec": spec,
        "creator": call.who.email,
        "createdAt": at,
        "updatedAt": at,
        "error": None,
    }

    def work(desk: Any) -> None:
        desk.put("command", [Document(name, body)])
        old = desk.ids("command")
        if len(old) > 2 * KEPT:
            desk.drop("command", old[:KEPT])

    world.shelf.transact(work)
    return body


def get(world: World, call: Call) -> Body:
    """Give a command, to whoever gave it."""
    body = world.find("command", call.path["command"])
    if body["creator"] != call.who.email and not call.who.admin:
        raise no_such("command", call.path["command"])
    return body


def listed(world: World, call: Call) -> list[Body]:
    """List the commands of whoever calls."""
    return [body for body in world.all("command") if body["creator"] == call.who.email][-1000:]


def abort(world: World, call: Call) -> Body:
    """Give a command as it is: it is done already."""
    return get(world, call)
