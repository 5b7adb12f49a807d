"""Items of a dataset: files that come in, are found, changed and taken away."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterable, Sequence
from typing import Any

from adapters.dataloop.calls import Body, Call, Reply, Upload, flag, mapping, merged, text
from adapters.dataloop.world import AT_ONCE, World
from distribution.errors import InvalidInput, NotFound
from distribution.shelf import Desk, Document
from distribution.values import check_id

PATH_LIMIT = 1024
"""Characters of the path of an item."""


def check_remote(path: object) -> str:
    """Return the path of an item in its dataset, with a slash at the front, else raise.

    It is a name and nothing else: nothing on this machine is found by it. Whoever downloads
    makes a file of it, so it has no steps upwards.

    Raises:
        InvalidInput: it is no such path.
    """
    name = check_id(path, "path of an item", PATH_LIMIT)
    steps = name.strip("/").split("/")
    if "\\" in name or any(step in {"", ".", ".."} for step in steps):
        raise InvalidInput(subject="path of an item", must="be names joined by single slashes", got=path)
    return "/" + "/".join(steps)


def keys_of(item: Any) -> list[str]:
    """Name the keys under which an item is found: dataset, path, and the tasks and assignments it is in."""
    refs = item["metadata"]["system"].get("refs", [])
    return [
        f"dataset {item['datasetId']}",
        f"path {item['datasetId']} {item['filename']}",
        *(f"ref {ref['id']}" for ref in refs),
    ]


def new_item(
    world: World,
    dataset_id: str,
    path: str,
    *,
    creator: str,
    file: Upload,
    kind: str = "file",
) -> Body:
    """Make an item, as a document of the shelf."""
    folder, _, name = path.rpartition("/")
    at = world.now()
    return {
        "id": world.ids(),
        "datasetId": dataset_id,
        "dir": folder or "/",
        "filename": path,
        "name": name,
        "type": kind,
        "hidden": path.startswith("/."),
        "annotated": False,
        "annotationsCount": 0,
        "creator": creator,
        "createdAt": at,
        "updatedAt": at,
        "updatedBy": creator,
        "description": None,
        "spec": None,
        "srcItem": None,
        "metadata": {
            "system": {
                "size": len(file.content),
                "mimetype": file.mimetype,
                "originalname": name,
                "encoding": "7bit",
                "isBinary": not file.mimetype.startswith("text/"),
                "refs": [],
                "taskStatusLog": [],
            },
            "user": {},
        },
    }


def shown(item: Body, base: str) -> Body:
    """Give an item as it goes over the wire."""
    url = f"{base}/items/{item['id']}"
    return {
        **item,
        "url": url,
        "dataset": f"{base}/datasets/{item['datasetId']}",
        "stream": f"{url}/stream",
        "thumbnail": f"{url}/thumbnail",
        "annotations": f"{url}/annotations",
    }


def upload(world: World, call: Call) -> Reply:
    """Take a file in; what is there under its path stays (skip) or gets new content (overwrite)."""
    dataset = world.dataset(call.who, call.path["dataset"])
    fields = call.object()
    if call.file is None:
        raise InvalidInput(subject="file of an upload", must="be there", got=None)
    kind = text(fields, "type", default="file")
    if kind not in {"file", "dir"}:
        raise InvalidInput(subject="type of an upload", must="be 'file' or 'dir'", got=kind)
    path = check_remote(fields.get("path") or f"/{call.file.filename}")
    mode = call.query.get("mode", "skip")
    if mode not in {"skip", "overwrite"}:
        raise InvalidInput(subject="mode of an upload", must="be 'skip' or 'overwrite'", got=mode)
    metadata = _metadata(fields.get("metadata"))
    file = call.file
    fresh = new_item(world, dataset["id"], path, creator=call.who.email, file=file, kind=kind)

    def work(desk: Desk) -> tuple[Body, str]:
        there = desk.find("item", key=f"path {dataset['id']} {path}", limit=1)
        if there and mode == "skip":
            return dict(there[0].body), "skip"
        known: Body = dict(there[0].body) if there else fresh
        item, done = known, "overwrite" if there else "created"
        system = {**item["metadata"]["system"], "size": len(file.content), "mimetype": file.mimetype}
        item = {**item, "metadata": merged({**item["metadata"], "system": system}, metadata)}
        item = {**item, "updatedAt": world.now(), "updatedBy": call.who.email}
        if isinstance(fields.get("description"), str):
            item["description"] = fields["description"]
        desk.put("item", [Document(item["id"], item, keys_of(item))])
        desk.keep("item", item["id"], file.content)
        return item, done

    item, done = world.shelf.transact(work)
    return Reply(body=shown(item, call.base), headers={"x-item-op": done})


def _metadata(value: object) -> Body:
    """Read metadata that comes as text with an upload; what is the system's stays the system's."""
    if value is None or value == "":
        return {}
    try:
        found = json.loads(str(value))
    except (ValueError, RecursionError) as error:
        raise InvalidInput(subject="metadata of an upload", must="be JSON", got=str(value)[:80]) from error
    if not isinstance(found, dict):
        raise InvalidInput(subject="metadata of an upload", must="be a JSON object", got=found)
    return {key: part for key, part in found.items() if key != "system"}


def add_files(
    world: World, dataset_id: str, files: Iterable[tuple[str, bytes]], *, creator: str
) -> list[str]:
    """Take many files into a dataset at once, from this side of the wire; give their ids.

    Raises:
        InvalidInput: a path cannot be one.
    """
    made, some = list[str](), list[tuple[Body, bytes]]()
    for path, content in files:
        mimetype = mimetypes.guess_type(path)[0] or "application/octet-stream"
        path = check_remote(path)  # noqa: PLW2901  it is the same path, checked
        file = Upload(filename=path, content=content, mimetype=mimetype)
        item = new_item(world, dataset_id, path, creator=creator, file=file)
        some.append((item, content))
        made.append(item["id"])
        if len(some) == 10 * AT_ONCE:
            _keep(world, some)
            some = []
    _keep(world, some)
    return made


def _keep(world: World, files: Sequence[tuple[Body, bytes]]) -> None:
    def work(desk: Desk) -> None:
        desk.put("item", [Document(item["id"], item, keys_of(item)) for item, _ in files])
        for item, content in files:
            if content:
                desk.keep("item", item["id"], content)

    world.shelf.transact(work)


def get(world: World, call: Call) -> Body:
    """Give an item."""
    return shown(world.of_dataset(call.who, "item", call.path["item"]), call.base)


def stream(world: World, call: Call) -> Reply:
    """Give the bytes of an item."""
    item = world.of_dataset(call.who, "item", call.path["item"])
    source = item["srcItem"] or item["id"]
    content = world.shelf.content("item", source) or b""
    name = item["name"].encode("ascii", "replace").decode().replace('"', "_")
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox",
    }
    return Reply(content=content, mimetype=item["metadata"]["system"]["mimetype"], headers=headers)


def update(world: World, call: Call) -> Body:
    """Change an item: its metadata in part, its path, its description."""
    item = world.of_dataset(call.who, "item", call.path["item"])
    change = call.object()
    system = call.query.get("system", "false").lower() == "true"
    return shown(edit(world, item["id"], change, call.who.email, system=system), call.base)


def edit(world: World, item_id: str, change: Body, who: str, *, system: bool) -> Body:
    """Lay changes over an item; which tasks it is in and what was said of it there are not the caller's."""
    metadata = mapping(change, "metadata")
    part = mapping(metadata, "system") if system else {}
    part = {
        key: value for key, value in part.items() if key not in {"refs", "taskStatusLog", "size", "mimetype"}
    }
    metadata = {key: value for key, value in metadata.items() if key != "system"} | (
        {"system": part} if part else {}
    )
    path = check_remote(change["filename"]) if "filename" in change else None

    def work(desk: Desk) -> Body:
        known = desk.get("item", [item_id]).get(item_id)
        if known is None:
            raise NotFound("item", item_id, "this server", "it was deleted meanwhile")
        item = dict(known.body)
        if path is not None:
            folder, _, name = path.rpartition("/")
            item |= {"filename": path, "dir": folder or "/", "name": name}
        if "hidden" in change:
            item["hidden"] = flag(change, "hidden")
        if isinstance(change.get("description"), str):
            item["description"] = change["description"]
        item["metadata"] = merged(item["metadata"], metadata)
        item |= {"updatedAt": world.now(), "updatedBy": who}
        desk.put("item", [Document(item_id, item, keys_of(item))])
        return item

    return world.shelf.transact(work)


def delete(world: World, call: Call) -> Body:
    """Delete an item with its annotations; in tasks what is open of it goes, what was done of it stays."""
    item = world.of_dataset(call.who, "item", call.path["item"])
    remove(world, [item], call.who.email)
    return {"ok": True}


def remove(world: World, items: Sequence[Body], actor: str) -> None:
    """Take items away, and out of the tasks they are in."""
    tasks: dict[str, list[str]] = {}
    for item in items:
        for ref in item["metadata"]["system"]["refs"]:
            if ref["type"] == "task":
                tasks.setdefault(ref["id"], []).append(item["id"])
    for task_id, ids in tasks.items():
        try:
            world.tasks.remove_items(task_id, ids, actor=actor)
        except NotFound:
            continue
    for item in items:
        world.drop("annotation", world.shelf.ids("annotation", key=f"item {item['id']}"))
    world.drop("item", [item["id"] for item in items])
