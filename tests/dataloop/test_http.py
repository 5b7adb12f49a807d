"""The border: bodies that are none, bodies that are too large, paths that lead nowhere, files that come and go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from adapters.dataloop.access import Access
from adapters.dataloop.calls import Principal
from adapters.dataloop.server import application
from adapters.dataloop.world import World
from adapters.deciding import now
from adapters.dispatcher import Dispatcher
from adapters.memory import MemoryStore
from adapters.memory_shelf import MemoryShelf
from distribution.errors import StoreBusy, StoreFailed
from tests.dataloop.asgi import Client
from tests.dataloop.service import Service

TOKEN = "t" * 40
HEADERS = {"authorization": f"Bearer {TOKEN}"}
LIMIT = 100_000


@pytest.fixture
def world() -> Iterator[World]:
    with Dispatcher(MemoryStore()) as tasks, MemoryShelf() as shelf:
        yield World(tasks, shelf, limit=LIMIT)


@pytest.fixture
def client(world: World) -> Client:
    access = Access(tokens={TOKEN: Principal(email="owner@example.com", admin=True)}, clock=now)
    app = Starlette(routes=[Mount("/dl", application(world, access))])
    return Client(app, "http://testserver/dl/api/v1", HEADERS)


@pytest.fixture
def dataset(client: Client) -> str:
    project = client.post("/projects", data={"name": "p"}).json()["id"]
    return str(client.post("/datasets", json={"name": "d", "projects": [project]}).json()["id"])


def upload(client: Client, dataset: str, path: str, content: bytes = b"x", **said: Any) -> httpx.Response:
    files: Any = {"path": (None, path), "file": ("x.bin", content, said.pop("mimetype", "application/x-y"))}
    files |= {key: (None, value) for key, value in said.items()}
    return client.post(f"/datasets/{dataset}/items", files=files)


def test_it_can_be_mounted_anywhere_and_says_where_it_is(client: Client, dataset: str) -> None:
    assert (
        client.get(f"/datasets/{dataset}").json()["url"] == f"http://testserver/dl/api/v1/datasets/{dataset}"
    )
    query = {
        "name": "t",
        "projectId": client.get("/projects").json()[0]["id"],
        "datasetId": dataset,
        "query": "{}",
    }
    assert (
        client.post("/annotationtasks", json=query)
        .json()["url"]
        .startswith("http://testserver/dl/api/v1/commands/")
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "body must be JSON, got '{'"),
        (b"nonsense", "body must be JSON, got 'nonsense'"),
        (b"\xff\xfe", "body must be"),
        (b'{"name": NaN}', "no NaN and no infinity"),
        (b'{"name": -Infinity}', "no NaN and no infinity"),
        (b"[" * 10_000, "nested"),
        (b'{"a": ' * 200 + b"1" + b"}" * 200, "nested"),
        (b"", "body must be a JSON object, got None"),
        (b"[1]", "body must be a JSON object, got [1]"),
        (b'{"filter": {"name": "\\ud800"}}', ""),
        (b'{"filter": {"$or": 1}}', "$or must be a list of filters"),
        (b'{"filter": {}, "page": -1}', "page must be"),
        (b'{"filter": {}, "pageSize": 1001}', "pageSize must be at most 1000"),
        (b'{"filter": {}, "page": 1e400}', ""),
        (b'{"filter": {}, "surprise": 1}', "surprise"),
    ],
)
def test_a_body_that_is_none_is_refused_in_one_line(client: Client, body: bytes, message: str) -> None:
    answer = client.post("/datasets/query", content=body)

    assert answer.status_code == 400
    assert message in answer.json()["message"]
    assert "\n" not in answer.json()["message"]
    assert len(answer.json()["message"]) < 1000


def test_the_type_of_a_body_is_not_asked_for(client: Client) -> None:
    assert client.post("/projects", content='{"name": "a"}').status_code == 200
    assert client.post("/projects", data={"name": "b"}).json()["name"] == "b"
    assert client.post("/projects", files={"name": (None, "c")}).json()["name"] == "c"
    broken = {"content-type": "multipart/form-data"}
    assert client.post("/projects", content=b"--x", headers=broken).status_code == 400


def test_what_is_too_large_is_stopped_as_it_comes(client: Client, dataset: str) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 100 * LIMIT:
            sent += 10_000
            yield b"x" * 10_000

    assert client.post("/projects", content=endless()).status_code == 413
    assert client.post("/projects", content=b"x" * (LIMIT + 1)).status_code == 413
    assert upload(client, dataset, "/a", b"x" * LIMIT).status_code == 413
    assert upload(client, dataset, "/a", b"x" * (LIMIT - 1000)).status_code == 200


def test_a_server_stops_reading_at_its_limit(tmp_path_factory: pytest.TempPathFactory) -> None:
    service = Service(tmp_path_factory.mktemp("small"), "--max-upload", "1").start()
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 200 << 20:
            sent += 1 << 16
            yield b"x" * (1 << 16)

    try:
        answer = service.http().post("/projects", content=endless())
        assert answer.status_code == 413
    except httpx.WriteError:
        pass  # It hung up before it was heard.
    service.stop()

    assert sent < 50 << 20


@pytest.mark.parametrize(
    "path",
    [
        "/../x", "/a/../../etc/passwd", "..", "/..", "/./a", "/a//b", "\\etc", "a\\..\\b", "/a\x00b",
        "/a\nb", "/" + "x" * 2000, "", "/", "///",
    ],
)  # fmt: skip
def test_a_path_that_is_no_name_is_refused(client: Client, dataset: str, path: str) -> None:
    answer = upload(client, dataset, path, type="file")

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/etc/passwd", "C:/x", "/a/b c/é.txt", "/...", "/a?b#c", "no slash"])
def test_a_path_is_a_name_and_nothing_on_this_machine(client: Client, dataset: str, path: str) -> None:
    before = Path("/etc/passwd").read_bytes()
    made = upload(client, dataset, path, b"mine").json()

    assert made["filename"] == "/" + path.lstrip("/")
    assert client.get(f"/items/{made['id']}/stream").content == b"mine"
    assert Path("/etc/passwd").read_bytes() == before
    renamed = client.request("PATCH", f"/items/{made['id']}", json={"filename": "/../x"})
    assert renamed.status_code == 400


@pytest.mark.parametrize(
    "name", ["..%2f..%2fetc%2fpasswd", "%00", "a%5Cb", "x" * 300, "%ff", "{item}", "a'b--"]
)
def test_an_id_that_cannot_be_is_not_found(client: Client, name: str) -> None:
    for path in (f"/items/{name}", f"/items/{name}/stream", f"/annotationtasks/{name}", f"/projects/{name}"):
        answer = client.get(path)
        assert answer.status_code in {400, 404}
        assert answer.json()["message"]


@pytest.mark.parametrize("mimetype", ["text/html", "image/svg+xml", "text/html; charset=utf-8", "nonsense"])
def test_a_file_is_never_a_page_of_ours(client: Client, dataset: str, mimetype: str) -> None:
    made = upload(client, dataset, "/x.html", b"<script>alert(1)</script>", mimetype=mimetype).json()

    headers = client.get(f"/items/{made['id']}/stream").headers
    assert headers["content-disposition"].startswith("attachment;")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "sandbox"


def test_a_name_does_not_end_the_header_it_stands_in(client: Client, dataset: str) -> None:
    made = upload(client, dataset, '/a"; filename=evil.html; x="é.txt').json()

    assert client.get(f"/items/{made['id']}/stream").headers["content-disposition"] == (
        'attachment; filename="a_; filename=evil.html; x=_?.txt"'
    )


def test_nothing_there_and_no_such_method_are_told_apart(client: Client) -> None:
    for path in ("/nowhere", "/annotationtasks/x/y/z"):
        assert client.get(path).status_code == 404
        assert "message" in client.get(path).json()
    wrong = client.request("PUT", "/projects")
    assert (wrong.status_code, "POST" in wrong.headers["allow"]) == (405, True)


@pytest.mark.parametrize(
    ("upload_of", "message"),
    [
        ({"type": "link"}, "type of an upload must be 'file' or 'dir', got 'link'"),
        ({"metadata": "{"}, "metadata of an upload must be JSON, got '{'"),
        ({"metadata": "[1]"}, "metadata of an upload must be a JSON object, got [1]"),
    ],
)
def test_an_upload_that_cannot_be_used_is_refused(
    client: Client, dataset: str, upload_of: dict[str, Any], message: str
) -> None:
    assert upload(client, dataset, "/a", **upload_of).json()["message"] == message


def test_what_is_the_systems_is_not_taken_from_an_upload(client: Client, dataset: str) -> None:
    said = json.dumps({"user": {"a": 1}, "system": {"size": 7, "refs": [{"id": "x", "type": "task"}]}})
    metadata = upload(client, dataset, "/a", b"12", metadata=said).json()["metadata"]

    assert (metadata["user"], metadata["system"]["size"], metadata["system"]["refs"]) == ({"a": 1}, 2, [])


@pytest.mark.parametrize(
    ("error", "status"), [(StoreBusy("work.db", 1), 503), (StoreFailed("work.db", "reading"), 500)]
)
def test_what_is_ours_to_mend_says_nothing_of_us(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def broken(*_: object) -> Any:
        raise error

    monkeypatch.setattr(world, "visible", broken)
    answer = client.get("/projects")
    assert answer.status_code == status
    assert "work.db" not in answer.text


def test_a_fault_of_ours_is_told_without_details(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    access = Access(tokens={TOKEN: Principal(email="owner@example.com")}, clock=now)
    monkeypatch.setattr(world, "visible", lambda _: 1 / 0)
    answer = Client(application(world, access), "http://test", HEADERS).get("/api/v1/projects")

    assert answer.status_code == 500
    assert answer.json() == {"message": "the server failed; its log says why", "status": 500}
