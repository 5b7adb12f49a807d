"""The pages for people: what they say, without a browser; see test_pages_door and test_pages_browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from adapters.memory import MemoryStore
from adapters.pages import item as item_module
from adapters.pages import items as items_module
from adapters.pages import people as people_module
from adapters.pages import queue as queue_module
from adapters.pages import sharing as sharing_module
from adapters.pages import tasks as tasks_module
from adapters.pages.site import app
from distribution import Item, Link, Node, Overlap, Pipeline, Workload
from distribution.filters import field
from distribution.gold import GoldShare
from distribution.golden import GoldPool
from distribution.task import Row
from tests import scene
from tests.office import Office
from tests.reader import Reader, Sight


@pytest.fixture
def day() -> Iterator[Office]:
    with scene.day(MemoryStore()) as office:
        yield office


@pytest.fixture
def reader(day: Office) -> Reader:
    return Reader(app(day))


def test_the_first_page_tells_of_every_task_how_far_it_is_and_who_is_in_it(reader: Reader) -> None:
    text = reader.page("/").text

    assert "Street scenes, city centre 480 items; 5 people: Ann Svensson , Bob Okafor" in text
    assert "open pulling priority 5 due in 2d" in text
    assert (
        "Contracts, clause types 90 items; 3 people: Ann Svensson , Bob Okafor , Eve Lindqvist closed" in text
    )
    assert "83 done 92 % 7 open 7 %" in text
    assert "200 items in 440 copies; 6 people" in text
    assert "Bird calls 0 items; 1 person: Max Weber" in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=city", ["Street scenes, city centre"]),
        ("name=Contracts*", ["Contracts, clause types", "Contracts, review"]),
        ("name=contracts", []),
        ("state=closed", ["Contracts, clause types"]),
        ("assignee=west-1", ["Crop damage, drone pictures"]),
        ("assignee=Zo%C3%AB+Martin&state=open", ["Contracts, review", "Street scenes, city centre"]),
        ("state=nonsense", []),
        ("name=&state=&assignee=&after=", None),
    ],
)
def test_tasks_are_filtered_by_name_state_and_assignee(
    reader: Reader, day: Office, query: str, names: list[str] | None
) -> None:
    wanted = [task.name for task in day.all()] if names is None else names
    found = reader.page(f"/?{query}")

    assert [name for name, link in found.links.items() if "/tasks/" in link] == wanted
    assert ("No task fits." in found.text) == (not wanted)


def test_tasks_come_a_page_at_a_time(reader: Reader, day: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks_module, "SHOWN", 2)
    names, path = [], "/?state=open"
    while path:
        page = reader.page(path)
        names += [name for name, link in page.links.items() if "/tasks/" in link]
        path = "/" + page.links["More tasks"] if "More tasks" in page.links else ""

    assert names == [task.name for task in day.all(state="open")]


def test_where_there_are_no_tasks_the_page_says_how_to_create_one() -> None:
    with Office(MemoryStore()) as office:
        page = Reader(app(office)).page("/")

    assert "No tasks yet. How to create one: distribution create --help" in page.text
    assert "form" not in dict(page.tags)


def test_a_task_says_of_everybody_what_a_pull_would_answer(reader: Reader, day: Office) -> None:
    text = reader.page("/tasks/streets").text

    assert "2 of 5 people would get work now" in text
    for found in day.progress("streets").assignments:
        preview = day.preview("streets", found.assignee)
        said = f"Next: {len(preview)} items, " if preview else f"Waits: {preview.reason}"
        assert said in text
    assert "Max Weber paused" in text


def test_a_task_shows_its_queue_and_the_leases_that_end_next(reader: Reader, day: Office) -> None:
    task = day.queue(["a", "b", Item("c", priority=2), "d", "e"], batch=2, people=["ann", "bob"])
    day.skip(task, "ann", day.pull(task, "ann").items[:1])
    text = reader.page(f"/tasks/{task}").text
    assert "Queue 4 items wait Item Note 1 c priority 2; skipped by ann 2 b" in text
    assert "Leases that end next Ends Item With in 30m a ann" in text

    day.wait(minutes=31)
    assert (
        "Ends Item With Note 1m ago a ann ended; goes back at the next pull"
        in reader.page(f"/tasks/{task}").text
    )


def test_an_empty_queue_says_why(reader: Reader, day: Office) -> None:
    task = day.queue(1, batch=1)
    assert "1 item waits" in reader.page(f"/tasks/{task}").text
    items = day.pull(task, "ann").items
    assert "Nothing waits: what is not done is with somebody." in reader.page(f"/tasks/{task}").text
    day.set_status(task, "ann", items, "completed")
    text = reader.page(f"/tasks/{task}").text
    assert "Nothing waits: everything is done." in text
    assert "Nothing is reserved." in text
    none = day.queue(0)
    assert "Nothing waits: the task has no items." in reader.page(f"/tasks/{none}").text


def test_where_very_much_is_without_anybody_it_is_only_counted(
    reader: Reader, day: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "FEW", 1)
    alone = day.create("alone", ["a", "b"], workload=Workload.even(["ann"])).id
    day.skip(alone, "ann", ["a", "b"])

    text = reader.page(f"/tasks/{alone}").text
    assert (
        "Without anybody 2 items wait Nobody could take these; add somebody who can, or redistribute." in text
    )


def half_read(day: Office) -> Row:
    """Give a film that two have, one of them with a lease, and that waits for a third."""
    rows = [row for row in day.items("films") if row.left == 1 and len(row.cells) == 2]
    return next(row for row in rows if any(cell.state == "open" for cell in row.cells.values()))


def test_of_overlapped_items_the_queue_says_who_has_them(reader: Reader, day: Office) -> None:
    first = next(row for row in day.waiting("films") if row.cells)
    who = " , ".join(first.cells)

    assert f"{first.item} with {who} " in reader.page("/tasks/films").text


def test_a_task_shows_who_shares_how_many_items_with_whom(reader: Reader, day: Office) -> None:
    page = reader.page("/tasks/films")
    coverage = day.sharing("films").coverage
    pairs = coverage.pairs

    assert "One group: a chain of shared items connects everybody." in page.text
    assert f"{coverage.items} items are with two people or more; every two share " in page.text
    for (one, other), count in pairs.items():
        assert f"{one} {other} {count}" in page.text
    assert [attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("class") == "heat"]


def test_islands_are_named(reader: Reader) -> None:
    text = reader.page("/tasks/crops").text

    assert "3 islands: nobody of one can be compared with anybody of another." in text
    assert "north-1 , north-2 south-1 , south-2 west-1" in text


def test_pairs_say_how_far_they_were_counted(
    reader: Reader, day: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing_module, "LOOKED", 50)
    monkeypatch.setattr(sharing_module, "DRAWN", 3)
    monkeypatch.setattr(sharing_module, "LISTED", 4)
    text = reader.page("/tasks/films").text
    assert re.search(r"Counted over the first 5\d copies that somebody has or had", text)
    assert "The map shows the first 3 people, 3 more are in the list." in text
    assert "The 4 pairs that share most" in text

    monkeypatch.setattr(sharing_module, "COUNTED", 3)
    assert "6 people make too many pairs to be counted here." in reader.page("/tasks/films").text
    both = Overlap(percent=100, assignees=2)
    task = day.queue(2, people=["ann", "bob"], overlap=both)
    assert "Fewer than two people have anything yet." in reader.page(f"/tasks/{task}").text


def test_history_is_told_in_the_sentences_of_the_command_line(reader: Reader) -> None:
    text = reader.page("/tasks/streets").text

    assert "#96 Max Weber was paused , by lead@example.org ( on leave until Monday )" in text
    assert "All 96 changes" in text
    newest = reader.page("/tasks/streets/history")
    older = reader.page("/tasks/streets/history" + newest.links["Older"])
    assert "#96" in newest.text
    assert "#46 " in older.text
    assert "created with 480 items to pull from" in older.text
    assert "Older" not in older.links
    assert "Nothing came before that." in reader.page("/tasks/streets/history?before=1").text


def test_a_rate_promises_an_end(day: Office, reader: Reader) -> None:
    task = day.queue([f"i{n}" for n in range(100)], batch=10)
    day.wait(minutes=2)
    day.set_status(task, "ann", day.pull(task, "ann").items, "completed")

    assert "5 items a minute, all done at about 2026-11-22 12:20:00Z." in reader.page(f"/tasks/{task}").text


def test_a_shared_task_has_no_queue_and_nobody_waits_for_it(reader: Reader, day: Office) -> None:
    page = reader.page("/tasks/contracts")
    assert "Queue" not in page.links
    assert "Ann Svensson completed load 50 % 45 done 0 open All on her list is done." in page.text

    alone = day.create("alone", ["a", "b"], workload=Workload.even(["ann"])).id
    day.skip(alone, "ann", ["b"])
    assert "Without anybody 1 item waits Item Note 1 b skipped by ann" in reader.page(f"/tasks/{alone}").text


def test_a_review_leads_to_what_it_reviews_where_the_reader_sees_that(day: Office) -> None:
    review = next(task.id for task in day.all(name="Contracts, review"))
    assert Reader(app(day)).page(f"/tasks/{review}").links["Contracts, clause types"] == "/tasks/contracts"

    mine = Reader(app(day, visible=lambda _: field("name").like("*review*")))
    page = mine.page(f"/tasks/{review}")
    assert "Reviews a task that you do not see" in page.text
    assert "contracts" not in mine.get(f"/tasks/{review}").text


def test_a_task_of_a_pipeline_says_where_what_is_finished_goes() -> None:
    with Office(MemoryStore()) as office:
        label = Node(id="label", name="Label cats", workload=Workload.even(["ann"]))
        check = Node(id="check", name="Check cats", workload=Workload.even(["zoe"]))
        links = [Link("label", "completed", "check"), Link("check", "discard", "label")]
        office.create_pipeline(Pipeline(id="cats", nodes=[label, check], links=links))

        page = Reader(app(office)).page("/tasks/cats.label")
        assert "Pipeline cats , node label Leads on completed to Check cats" in page.text
        assert page.links["Check cats"] == "/tasks/cats.check"

        mine = Reader(app(office, visible=lambda _: field("name").like("Label*")))
        assert "Leads on completed to a task that you do not see" in mine.page("/tasks/cats.label").text

        office.delete_pipeline("cats")
        assert "Leads on" not in page.of(mine.get("/tasks/cats.label").text).text


def test_many_people_come_a_page_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_module, "HERE", 3)
    monkeypatch.setattr(people_module, "WHOLE", 4)
    with Office(MemoryStore()) as office:
        task = office.queue(20, people=[f"p{n:02}" for n in range(10)])
        reader = Reader(app(office))
        first = reader.page(f"/tasks/{task}")
        assert "3 of 3 people would get work now" in first.text
        path, names = first.links["All 10 people"], []
        while path:
            page = reader.page(path)
            names += [name for name in page.links if name.startswith("p")]
            rest = page.links.get("More people")
            path = path.partition("?")[0] + rest if rest else ""
        assert names == [f"p{n:02}" for n in range(10)]
        assert "Nobody is here." in reader.page(f"/tasks/{task}/people?after=99").text


def test_items_are_listed_with_how_they_stand_and_with_whom(reader: Reader) -> None:
    page = reader.page("/tasks/streets/items")
    assert "streets/cam0/frame-00000.jpg completed Ann Svensson" in page.text
    found, path = 0, "/tasks/streets/items"
    while path:
        page = reader.page(path)
        found += sum("/items/" in link for link in page.links.values())
        path = "/tasks/streets/items" + page.links["More items"] if "More items" in page.links else ""
    assert found == 480


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("assignee=Bob+Okafor&state=open", "open Bob Okafor reserved until 2026-11-22 12:26:00Z , in 26m"),
        ("assignee=Max+Weber", "completed Max Weber"),
        ("state=skipped", "skipped Bob Okafor"),
        ("where=size%3D1007", "streets/cam1/frame-00001.jpg"),
        ("where=size%3E4300&state=open", "open"),
        ("where=size%3C0", "No item fits."),
        ("after=100000", "No item fits."),
        ("after=463", "waiting"),
    ],
)
def test_items_are_filtered_by_people_states_and_attributes(reader: Reader, query: str, first: str) -> None:
    assert first in reader.page(f"/tasks/streets/items?{query}").text


def test_of_many_people_one_is_typed_not_chosen(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def field_(page: Sight) -> list[str]:
        return [tag for tag, attrs in page.tags if attrs.get("name") == "assignee"]

    assert field_(reader.page("/tasks/streets/items")) == ["select"]
    monkeypatch.setattr(items_module, "OFFERED", 3)
    page = reader.page("/tasks/streets/items?assignee=Max+Weber")
    assert field_(page) == ["input"]
    assert "completed Max Weber" in page.text


def test_gold_is_marked_for_those_who_run_a_task(reader: Reader, day: Office) -> None:
    pool = GoldPool([Item("gold", attributes={"truth": "cat"})], GoldShare(50))
    day.create("with gold", ["a", "b", "c", "d"], id="g", workload=Workload.even(["ann", "bob"]), gold=pool)

    assert "gold gold Items from here on" in reader.page("/tasks/g/items/gold").text


def test_a_task_without_items_says_how_to_add_some(reader: Reader) -> None:
    assert (
        "The task has no items. How to add some: distribution add-items --help"
        in reader.page("/tasks/birds/items").text
    )


def test_an_item_tells_who_has_it_and_its_whole_story(reader: Reader, day: Office) -> None:
    film = half_read(day)
    who = next(name for name, cell in film.cells.items() if cell.state == "open")
    text = reader.page(f"/tasks/films/items/{film.item}").text
    assert "1 copy without anybody" in text
    assert f"{who} open 2h42m ago in 1h18m" in text
    assert re.search(rf"#\d+ pulled for {who} : open", text)

    text = reader.page("/tasks/contracts/items/contract-000").text
    placed = day.explain("contracts", "contract-000").placed
    assert f"First, {placed} ." in text
    assert '"language": "fr"' in text
    day.remove_items("crops", ["field-059.tif"])
    assert "removed from the task" in reader.page("/tasks/crops/items/field-059.tif").text
    assert "Nobody has had it yet; it waits." in reader.page("/tasks/crops/items/field-058.tif").text


def test_a_long_story_is_told_when_it_is_asked_for(
    reader: Reader, day: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_module, "CHANGES", 10)
    address, changes = f"/tasks/films/items/{half_read(day).item}", len(day.history("films"))
    page = reader.page(address)
    assert f"The task has {changes} changes and 200 items; to look through them takes a while." in page.text

    told = reader.page(address + page.links["Tell it"])
    assert re.search(r"#\d+ pulled for reader-", told.text)


def test_an_answer_is_shown_where_one_was_given(reader: Reader, day: Office) -> None:
    task = day.queue(1, batch=1)
    day.set_status(task, "ann", day.pull(task, "ann").items, "completed", answers={"a": "a tabby cat"})

    assert "Answer ann completed now a tabby cat" in reader.page(f"/tasks/{task}/items/a").text
