"""Commands: the platform answers long calls with one; ours is done before it is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from adapters.dataloop.calls import Body, Call, no_such
from adapters.dataloop.stamps import instant
from adapters.dataloop.world import World
from distribution.shelf import Desk, Document

KEPT = timedelta(days=1)
"""How long a command is remembered; nobody asks for older ones."""
LISTED = 1000
"""Commands of a list at most: the newest."""
SWEPT = 20
"""Old commands that one new one takes away."""


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

    def work(desk: Desk) -> None:
        desk.put("command", [Document(name, body, [f"by {call.who.email}"])])
        since = instant(world.clock() - KEPT)
        oldest = desk.find("command", limit=SWEPT)
        desk.drop("command", [old.id for old in oldest if str(old.body["createdAt"]) < since])

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
    newest = world.shelf.ids("command", key=f"by {call.who.email}")[-LISTED:]
    return [dict(found.body) for found in world.shelf.get("command", newest).values()]


def abort(world: World, call: Call) -> Body:
    """Give a command as it is: it is done already."""
    return get(world, call)
