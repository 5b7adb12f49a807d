"""Tasks of many items: pages, commands and documents keep up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.dataloop.calls import Call, Principal
from adapters.dataloop.datasets import make
from adapters.dataloop.items import add_files
from adapters.dataloop.projects import create
from adapters.dataloop.served import opened
from tests.dataloop.sdk import ANN, BOB, OWNER, Sdk, Studio, scenario_of
from tests.dataloop.service import Service

SOME, MANY = 1_100, 80_001


@pytest.fixture(scope="module")
def large_sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sdk]:
    """Give an SDK with a server whose store has a project with datasets of very many items."""
    service = Service(tmp_path_factory.mktemp("many"))
    with opened(str(service.store)) as world:
        call = Call(who=Principal(email=OWNER), base="", body={"name": "large"})
        project = create(world, call)
        for count in (SOME, MANY):
            dataset = make(world, call, f"of {count}", project["id"])
            names = ((f"/{number // 1000:03}/{number:06}.txt", b"") for number in range(count))
            add_files(world, dataset["id"], names, creator=OWNER)
    sdk = Sdk(tmp_path_factory.mktemp("large sdk"), service.start())
    yield sdk
    sdk.close()
    service.stop()


def into(studio: Studio, count: int) -> None:
    """Let a scenario be about the dataset of so many items."""
    studio.project = studio.dl.projects.get(project_name="large")
    studio.dataset = studio.project.datasets.get(dataset_name=f"of {count}")


@scenario_of("large_sdk")
def test_eleven_hundred_items_in_one_task(studio: Studio) -> None:
    into(studio, SOME)
    task = studio.task()

    assert studio.counts(task) == {ANN: 550, BOB: 550}
    pages = task.get_items()
    first = [item.id for item in pages.items]
    assert (pages.items_count, pages.total_pages_count, len(first)) == (SOME, 2, 1000)
    assert len({item.id for page in pages for item in page}) == SOME
    everything = studio.dataset.items.list()
    assert sorted(item.name for page in everything for item in page) == [f"{n:06}.txt" for n in range(SOME)]
    assert task.set_status("completed", "create", first[:700])
    assert task.remove_items(filters=studio.dl.Filters())
    assert task.get_items().items_count == 700


@scenario_of("large_sdk")
def test_eighty_thousand_and_one_items_in_one_task(studio: Studio) -> None:
    into(studio, MANY)
    assert studio.dataset.items_count == MANY

    task = studio.task()

    assert studio.counts(task) == {ANN: 40_001, BOB: 40_000}
    assert task.get_items().items_count == MANY
    seen, after, more = 0, "", True
    while more:
        # As the SDK walks, which takes longer to make its objects than we to find the items.
        asked = [{"metadata.system.refs.id": {"$in": [task.id]}}, {"id": {"$gt": after}}]
        query = {"filter": {"$and": asked}, "page": 0, "pageSize": 1000, "sort": {"id": "ascending"}}
        page = studio.ask("POST", f"/datasets/{studio.dataset.id}/query", query)[1]
        seen, after, more = seen + len(page["items"]), page["items"][-1]["id"], page["hasNextPage"]
    assert seen == MANY
