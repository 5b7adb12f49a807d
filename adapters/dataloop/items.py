"""Items of a dataset: files that come in, are found, changed and taken away."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterable, Sequence
from contextlib import suppress

import attrs

from adapters.dataloop import executions
from adapters.dataloop.calls import Body, Call, Reply, Upload, flag, mapping, merged, no_such, text
from adapters.dataloop.references import keys_of
from adapters.dataloop.world import AT_ONCE, World
from distribution.errors import InvalidInput, NotFound, Refused
from distribution.shelf import Desk, Document
from distribution.values import check_id

FIXED = frozenset({"refs", "taskStatusLog", "size", "mimetype"})
"""Parts of the system's metadata that follow from other things."""
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
    kind = text(fields, "type", default="file")
    if kind not in {"file", "dir"}:
        raise InvalidInput(subject="type of an upload", must="be 'file' or 'dir'", got=kind)
    file = _sent(call, kind)
    path = check_remote(fields.get("path", f"/{file.filename}"))
    mode = call.query.get("mode", "skip")
    if mode not in {"skip", "overwrite"}:
        raise InvalidInput(subject="mode of an upload", must="be 'skip' or 'overwrite'", got=mode)
    metadata = _metadata(fields.get("metadata"))
    said = fields.get("description")
    fresh = new_item(world, dataset["id"], path, creator=call.who.email, file=file, kind=kind)

    def work(desk: Desk) -> tuple[Body, str]:
        there = desk.find("item", key=f"path {dataset['id']} {path}", limit=1)
        if there and mode == "skip":
            return dict(there[0].body), "skip"
        known: Body = dict(there[0].body) if there else fresh
        item = {**known, "updatedAt": world.now(), "updatedBy": call.who.email}
        item["metadata"] = merged(_with_size(known, file), metadata)
        if isinstance(said, str):
            item["description"] = said
        desk.put("item", [Document(item["id"], item, keys_of(item))])
        desk.keep("item", item["id"], file.content)
        return item, "overwrite" if there else "created"

    item, done = world.shelf.transact(work)
    if done == "created":
        executions.arrived(world, item, dataset["projects"][0], call.who.email)
    if done == "skip":
        # The SDK deletes an item whose size is not that of its own file: what is skipped has to look the same.
        item = {**item, "metadata": _with_size(item, file)}
    return Reply(body=shown(item, call.base), headers={"x-item-op": done})


def _sent(call: Call, kind: str) -> Upload:
    """Give the file of an upload; a folder is one without content.

    Raises:
        InvalidInput: there is none.
    """
    if call.file is not None:
        return call.file
    if kind == "dir":
        return Upload(filename="folder", content=b"", mimetype="directory")
    raise InvalidInput(subject="file of an upload", must="be there", got=None)


def _with_size(item: Body, file: Upload) -> Body:
    """Give the metadata of an item with size and type of a file."""
    metadata: Body = item["metadata"]
    system = {**metadata["system"], "size": len(file.content), "mimetype": file.mimetype}
    return {**metadata, "system": system}


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
    """Give an item, with where it is in which task."""
    item = world.of_dataset(call.who, "item", call.path["item"])
    world.look_at_dataset(item["datasetId"])
    return shown(world.find("item", item["id"]), call.base)


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
    system = call.asks("system")
    made = edit(world, [item["id"]], Edit.of(call.object(), system=system), call.who.email)
    if not made:
        raise no_such("item", item["id"])
    return shown(made[0], call.base)


@attrs.frozen(kw_only=True)
class Edit:
    """What of an item is to change; which tasks it is in, and what was said of it there, is not the caller's."""

    metadata: Body
    path: str | None
    hidden: bool | None
    description: str | None

    @classmethod
    def of(cls, change: Body, *, system: bool) -> Edit:
        """Read it.

        Raises:
            InvalidInput: a part of it cannot be used.
        """
        metadata = mapping(change, "metadata")
        part = mapping(metadata, "system") if system else {}
        ours = {key: value for key, value in part.items() if key not in FIXED}
        metadata = {key: value for key, value in metadata.items() if key != "system"}
        said = change.get("description")
        return cls(
            metadata={**metadata, **({"system": ours} if ours else {})},
            path=check_remote(change["filename"]) if "filename" in change else None,
            hidden=flag(change, "hidden") if "hidden" in change else None,
            description=said if isinstance(said, str) else None,
        )


def edit(world: World, names: Sequence[str], change: Edit, who: str) -> list[Body]:
    """Lay changes over items, all or none; those that are gone meanwhile are left out."""

    def work(desk: Desk) -> list[Body]:
        made = list[Body]()
        for known in desk.get("item", names).values():
            item: Body = {**known.body, "updatedAt": world.now(), "updatedBy": who}
            if change.path is not None:
                _move(desk, item, change.path)
            item["hidden"] = item["hidden"] if change.hidden is None else change.hidden
            item["description"] = item["description"] if change.description is None else change.description
            item["metadata"] = merged(item["metadata"], change.metadata)
            made.append(item)
            desk.put("item", [Document(item["id"], item, keys_of(item))])
        return made

    return world.shelf.transact(work)


def _move(desk: Desk, item: Body, path: str) -> None:
    """Let an item have another path.

    Raises:
        Refused: something has it.
    """
    there = desk.find("item", key=f"path {item['datasetId']} {path}", limit=1)
    if there and there[0].id != item["id"]:
        raise Refused(f"path {path!r}", "is that of another item", "delete or move that first")
    folder, _, name = path.rpartition("/")
    item |= {"filename": path, "dir": folder or "/", "name": name}


def delete(world: World, call: Call) -> Body:
    """Delete an item with its annotations; in tasks what is open of it goes, what was done of it stays."""
    item = world.of_dataset(call.who, "item", call.path["item"])
    if world.shelf.get("clone", [item["id"]]):
        remedy = "delete that, or take it out of the task"
        raise Refused(f"item {item['id']!r}", f"is somebody's copy of {item['srcItem']!r}", remedy)
    remove(world, [item], call.who.email)
    return {"ok": True}


def remove(world: World, items: Sequence[Body], actor: str) -> None:
    """Take items away with the copies people have of them, and out of the tasks they are in."""
    tasks: dict[str, list[str]] = {}
    for item in items:
        for ref in item["metadata"]["system"]["refs"]:
            if ref["type"] == "task":
                tasks.setdefault(ref["id"], []).append(item["id"])
    for task_id, ids in tasks.items():
        with suppress(NotFound):
            world.tasks.remove_items(task_id, ids, actor=actor)
    copies = [f"{task_id} {name}" for task_id, ids in tasks.items() for name in ids]

    def work(desk: Desk) -> None:
        clones = [name for key in copies for name in desk.ids("clone", key=key)]
        names = [*(item["id"] for item in items), *clones]
        for name in names:
            desk.drop("annotation", desk.ids("annotation", key=f"item {name}"))
        desk.drop("clone", clones)
        desk.drop("item", names)

    world.shelf.transact(work)
