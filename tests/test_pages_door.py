"""The door of the pages: whom they refuse, what they say then, where they are mounted, what they cost."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Mount

from adapters.memory import MemoryStore
from adapters.pages import items as items_module
from adapters.pages import sharing as sharing_module
from adapters.pages.site import app, routes, said
from adapters.pages.visit import part_of
from adapters.sqlite import SqliteStore
from distribution import Overlap
from distribution.errors import Refused, StoreBusy, StoreFailed
from distribution.filters import Filter, field
from distribution.ports import TaskStore
from distribution.task import Ask, View
from tests import scene
from tests.office import NOON, Office
from tests.reader import Reader, Sight, walk

ROOT = Path(__file__).parents[1]


@pytest.fixture
def day() -> Iterator[Office]:
    with scene.day(MemoryStore()) as office:
        yield office


@pytest.fixture
def reader(day: Office) -> Reader:
    return Reader(app(day))


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/tasks/nowhere", 404, "No task 'nowhere' in the store; list the tasks to see their ids."),
        ("/tasks/streets/items/nothing", 404, "No item 'nothing' in task 'Street scenes, city centre'"),
        ("/tasks/streets/items?assignee=nobody", 404, "No assignee 'nobody' in task"),
        ("/somewhere/else", 404, "There is no such page."),
        ("/?after=x", 400, "After of this page must be a number, got 'x'."),
        ("/?after=99999999999999999999", 400, "After of a page must be a key, or None"),
        ("/?refresh=0", 400, "Refresh of this page must be between 1 and 3600 seconds, got 0."),
        ("/tasks/streets/items?state=nonsense", 400, "State of an item must be one of open, done"),
        ("/tasks/streets/items?where=nonsense", 400, "A condition on attributes must be a field, one of"),
        ("/tasks/streets/items?where=a..b%3D1", 400, "Path of a filter must be names joined by single dots"),
        ("/tasks/streets/history?before=x", 400, "Before of this page must be a number"),
    ],
)
def test_what_cannot_be_shown_is_said_in_words_with_the_way_back(
    reader: Reader, path: str, status: int, words: str
) -> None:
    answer = reader.get(path)

    assert answer.status_code == status
    page = Sight.of(answer.text)
    assert words in page.text
    assert page.links["Back to all tasks"] == "/"


def test_attributes_and_states_together_are_for_small_tasks(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items_module, "MATCHED", 100)
    answer = reader.get("/tasks/streets/items?where=size%3E1&state=open")

    assert answer.status_code == 400
    assert "must be asked for by attributes, or by assignee and state" in Sight.of(answer.text).text


def test_what_the_core_refuses_is_said_too(
    reader: Reader, day: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: str) -> None:
        raise Refused(
            "explaining 'film-0148'", "would contradict what is kept", "use the version that made it"
        )

    monkeypatch.setattr(day, "explain", refuse)
    answer = reader.get("/tasks/films/items/film-0148")

    assert answer.status_code == 409
    assert "Explaining 'film-0148' would contradict what is kept; use the" in Sight.of(answer.text).text


def test_a_deleted_task_is_gone(reader: Reader, day: Office) -> None:
    day.delete("films")

    assert reader.get("/tasks/films").status_code == 404
    assert "Chest films" not in reader.page("/").text


def test_a_task_that_is_deleted_while_the_list_is_made_is_left_out(
    reader: Reader, day: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = day.progress

    def late(task_id: str) -> Any:
        if task_id == "films":
            day.delete("films")
        return progress(task_id)

    monkeypatch.setattr(day, "progress", late)
    text = reader.page("/").text
    assert "Chest films" not in text
    assert "Street scenes" in text


def test_a_reader_sees_only_what_she_may(day: Office) -> None:
    def mine(request: Request) -> Filter:
        return field("name").like(request.headers["x-names"])

    reader = Reader(app(day, visible=mine))
    seen = Sight.of(reader.get("/", **{"x-names": "C*"}).text)
    assert [name[0] for name, link in seen.links.items() if "/tasks/" in link] == ["C"] * 4
    names = {task.id: task.name for task in day.all()}
    for task, name in names.items():
        for rest in ("", "/people", "/history", "/items", "/items/film-0000"):
            found = reader.get(f"/tasks/{task}{rest}", **{"x-names": "Street*"}).status_code
            there = name.startswith("Street") and "film" not in rest
            assert found == (200 if there else 404)


def test_what_a_reader_may_not_see_looks_like_what_is_not_there(day: Office) -> None:
    reader = Reader(app(day, visible=lambda _: field("id").equal("films")))
    hidden, missing = (reader.get(f"/tasks/{name}") for name in ("streets", "strayts"))

    assert hidden.text.replace("streets", "x") == missing.text.replace("strayts", "x")


def test_a_reader_is_refused_in_words_and_told_how_to_come_in(day: Office) -> None:
    def nobody(_: Request) -> None:
        raise HTTPException(401, "a token is missing", headers={"WWW-Authenticate": "Bearer"})

    answer = Reader(app(day, visible=nobody)).get("/tasks/streets")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "Who are you? A token is missing." in Sight.of(answer.text).text
    assert "Street" not in answer.text


def test_a_reader_can_be_sent_elsewhere_first(day: Office) -> None:
    def elsewhere(_: Request) -> None:
        raise HTTPException(303, headers={"Location": "/login"})

    answer = Reader(app(day, visible=elsewhere)).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


@pytest.mark.parametrize("make", [scene.day, scene.traps])
def test_every_link_leads_somewhere_wherever_the_pages_are_mounted(make: Any) -> None:
    with make(MemoryStore()) as office:
        mounted = Starlette(routes=[Mount("/work/here", routes=routes(office))])
        before = [office.history(task.id) for task in office.all()]
        seen = walk(Reader(mounted), "/work/here/", 300)

        assert len(seen) > 100
        assert all(path.startswith("/work/here/") for path in seen)
        assert [office.history(task.id) for task in office.all()] == before


def test_every_trap_has_a_page_of_its_own_and_is_only_text_on_it() -> None:
    with scene.traps(MemoryStore()) as office:
        reader = Reader(app(office))
        first = reader.page("/")
        pages = [first, *(reader.page(link) for link in first.links.values() if "/tasks/" in link)]
        assert len(pages) == len(scene.HOSTILE) + 1
        pages += [
            reader.page(link)
            for page in pages[1:]
            for link in page.links.values()
            if "/tasks/" in link and "?" not in link
        ]

    for page in pages:
        for tag, attrs in page.tags:
            assert tag not in {"script", "img", "iframe", "object"}
            assert not any(name.startswith("on") or name == "style" for name in attrs)
            assert (attrs.get("href") or "/").startswith(("/", "#", "?", "data:image/svg+xml"))


@pytest.mark.parametrize("trap", scene.HOSTILE)
def test_ids_of_any_kind_have_an_address(trap: str) -> None:
    with scene.traps(MemoryStore()) as office:
        page = Reader(app(office)).page(f"/tasks/{part_of(trap)}/items/{part_of(trap)}")

    shown = "'\\u200b'" if trap == "\u200b" else " ".join(trap.split()) or "' '"
    assert f"Refresh every 10 s {shown} " in page.text
    assert f"Id {shown} Position {scene.HOSTILE.index(trap)}," in page.text


def test_an_item_is_also_found_by_a_path_that_was_typed(reader: Reader) -> None:
    assert "in 26m" in reader.page("/tasks/streets/items/streets/cam2/frame-00414.jpg").text
    assert "Items of" in reader.page("/tasks/streets/items/").text


def test_browsers_are_told_to_run_nothing(reader: Reader) -> None:
    for path in ("/", "/tasks/streets", "/tasks/nowhere", "/nowhere"):
        answer = reader.get(path)
        policy = answer.headers["content-security-policy"]
        style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        assert style is not None
        digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
        assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' data:;")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_a_page_is_loaded_again_and_again_where_the_reader_wants_it(reader: Reader) -> None:
    once = reader.page("/?state=open")
    assert once.links["Refresh every 10 s"] == "?state=open&refresh=10"

    again = reader.page("/?state=open&refresh=5")
    assert ("meta", {"http-equiv": "refresh", "content": "5"}) in again.tags
    assert again.links["stop"] == "?state=open"


class Broken(MemoryStore):
    """A store whose world has failed."""

    error: Exception = StoreFailed("sqlite store at '/secret/work.db'", "listing tasks")

    def tasks(self, *_: Any, **__: Any) -> Any:
        raise self.error


def test_a_store_that_fails_is_reported_to_the_log_and_not_to_the_reader(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Office(Broken()) as office, caplog.at_level(logging.ERROR):
        answer = Reader(app(office)).get("/")

    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "The store could not be read" in answer.text
    assert "secret" in caplog.text


def test_a_busy_store_asks_for_patience() -> None:
    store = Broken()
    store.error = StoreBusy("sqlite store at 'work.db'", 5)
    with Office(store) as office:
        answer = Reader(app(office)).get("/")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_pages_are_only_read(reader: Reader) -> None:
    assert reader.ask("HEAD", "/").status_code == 200
    assert {reader.ask(method, "/").status_code for method in ("POST", "PUT", "DELETE")} == {405}


def test_another_service_may_say_its_errors_in_the_same_words(day: Office) -> None:
    mine = Starlette(routes=routes(day), exception_handlers={404: said})

    assert "There is no such page." in Reader(mine).get("/nowhere").text


@pytest.mark.parametrize("make", [MemoryStore, SqliteStore])
def test_the_pages_are_the_same_on_every_store(make: Any, tmp_path: Any) -> None:
    def seen(store: TaskStore) -> dict[str, str]:
        with scene.day(store) as office:
            assert office.now == NOON + timedelta(0)
            return {path: page.text for path, page in walk(Reader(app(office)), "/", 60).items()}

    assert seen(make(tmp_path / "work.db") if make is SqliteStore else make()) == seen(MemoryStore())


class Counting(MemoryStore):
    """A store that counts the rows it gave out."""

    rows = 0

    def read(self, task_id: str, ask: Ask) -> View:
        view = super().read(task_id, ask)
        self.rows += sum(map(len, (view.fresh, view.again, view.expired, view.rows, view.members)))
        return view

    def items(self, *given: Any, **named: Any) -> Any:
        return self._counted(super().items(*given, **named))

    def placements(self, *given: Any, **named: Any) -> Any:
        return self._counted(super().placements(*given, **named))

    def history(self, *given: Any, **named: Any) -> Any:
        return self._counted(super().history(*given, **named))

    def _counted(self, found: Any) -> Any:
        self.rows += len(found)
        return found


@pytest.mark.parametrize(
    "path",
    ["/", "/tasks/t1", "/tasks/t1/people", "/tasks/t1/history", "/tasks/t1/items", "/tasks/t1/items/i5"],
)
def test_a_page_of_a_task_ten_times_as_large_looks_at_as_much(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing_module, "LOOKED", 50)

    def looked_at(items: int) -> int:
        store = Counting()
        with Office(store) as office:
            both = Overlap(percent=100, assignees=2)
            office.queue([f"i{n}" for n in range(items)], batch=40, people=["ann", "bob"], overlap=both)
            for who in ("ann", "bob"):
                office.set_status("t1", who, office.pull("t1", who).items[:30], "completed")
            store.rows = 0
            Reader(app(office)).page(path)
            return store.rows

    assert 0 < looked_at(300) == looked_at(3000) < 400


def test_the_pages_need_nothing_of_the_command_line() -> None:
    probe = "import adapters.pages.site, sys; print(sorted({'typer', 'rich', 'uvicorn', 'jinja2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.strip() == "[]"
