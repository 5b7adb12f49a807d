"""Filters as the SDK writes them, and which items come back."""

from __future__ import annotations

from typing import Any

from tests.dataloop.sdk import ANN, BOB, Studio, fails, scenario


def found(studio: Studio, filters: Any) -> list[str]:
    """Name what a filter finds, page by page."""
    return sorted(item.filename for page in studio.dataset.items.list(filters=filters) for item in page)


@scenario
def test_hidden_items_and_folders_are_found_only_where_they_are_asked_for(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(2, "/a")
    studio.upload(1, "/.hidden")
    studio.dataset.items.make_dir(directory="/empty")

    assert found(studio, dl.Filters()) == ["/a/f000.txt", "/a/f001.txt"]
    hidden = dl.Filters()
    hidden.add("hidden", True)
    assert found(studio, hidden) == ["/.hidden/f000.txt"]
    folders = dl.Filters()
    folders.add("type", "dir")
    assert found(studio, folders) == ["/empty"]
    assert len(found(studio, dl.Filters(use_defaults=False))) == 4


@scenario
def test_a_folder_is_exact_and_a_file_name_goes_into_all_folders_below(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(1, "/a")
    studio.upload(1, "/a/b")
    studio.upload(1, "/c")

    assert found(studio, dl.Filters(field="dir", values="/a")) == ["/a/f000.txt"]
    assert found(studio, dl.Filters(field="filename", values="/a")) == ["/a/b/f000.txt", "/a/f000.txt"]
    assert found(studio, dl.Filters(field="filename", values="/c/*.txt")) == ["/c/f000.txt"]
    assert studio.dataset.items.get(filepath="/c/f000.txt").dir == "/c"
    fails(dl.exceptions.NotFound, lambda: studio.dataset.items.get(filepath="/d/f000.txt"))


@scenario
def test_conditions_are_joined_by_and_and_by_or(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(4)
    either = dl.Filters()
    either.add("name", "f000.txt", method=dl.FiltersMethod.OR)
    either.add("name", "f003.txt", method=dl.FiltersMethod.OR)

    assert found(studio, either) == ["/f000.txt", "/f003.txt"]
    either.add("name", "f003.txt", operator=dl.FiltersOperations.NOT_EQUAL)
    assert found(studio, either) == ["/f000.txt"]


@scenario
def test_what_people_keep_of_items_is_found(studio: Studio) -> None:
    dl = studio.dl
    first, second, third = studio.upload(3)
    for item, size in ((first, 1), (second, 2)):
        item.metadata["user"] = {"size": size, "nested": {"good": size == 1}}
        item.update()

    def by(**condition: Any) -> list[str]:
        return found(studio, dl.Filters(**condition))

    assert by(field="metadata.user.size", values=2) == ["/f001.txt"]
    assert by(field="metadata.user.size", values=[1, 3], operator="in") == ["/f000.txt"]
    assert by(field="metadata.user.size", values=True, operator="exists") == ["/f000.txt", "/f001.txt"]
    assert by(field="metadata.user.nested.good", values=True) == ["/f000.txt"]
    assert by(field="metadata.user.size", values=None) == [third.filename]
    custom = dl.Filters(
        custom_filter={"$or": [{"metadata": {"user.size": 1}}, {"metadata": {"user.size": 2}}]}
    )
    assert found(studio, custom) == ["/f000.txt", "/f001.txt"]


@scenario
def test_annotations_find_their_items(studio: Studio) -> None:
    dl = studio.dl
    cat, both, _none = studio.upload(3)
    studio.annotate(cat, "cat")
    studio.annotate(both, "cat", "dog")

    dogs = dl.Filters()
    dogs.add_join("label", "dog")
    assert found(studio, dogs) == ["/f001.txt"]
    others = dl.Filters()
    others.add_join("label", "cat", operator=dl.FiltersOperations.NOT_EQUAL)
    assert found(studio, others) == ["/f001.txt"]
    assert found(studio, dl.Filters(field="annotated", values=False)) == ["/f002.txt"]
    labels = dl.Filters(resource=dl.FiltersResource.ANNOTATION, field="label", values="cat")
    assert studio.dataset.annotations.list(filters=labels).items_count == 2


@scenario
def test_references_find_items_by_task_and_by_what_was_said_in_it(studio: Studio) -> None:
    dl = studio.dl
    items = studio.upload(4)
    task = studio.task(items=items[:3])
    other = studio.task("other", items=items[1:2])
    task.set_status("completed", "create", [items[0].id])
    other.set_status("discard", "create", [items[1].id])

    def match(**condition: Any) -> list[str]:
        custom = {"$and": [{"metadata.system.refs": {"$match": {"type": "task", **condition}}}]}
        return found(studio, dl.Filters(custom_filter=custom))

    assert found(studio, dl.Filters(field="metadata.system.refs", values=[])) == ["/f003.txt"]
    assert found(studio, dl.Filters(field="metadata.system.refs.id", values=task.id)) == [
        "/f000.txt",
        "/f001.txt",
        "/f002.txt",
    ]
    assert match(id=task.id, metadata={"status": {"$exists": True}}) == ["/f000.txt"]
    assert match(id=other.id, metadata={"status": {"$eq": "completed"}}) == []
    assert match(id=task.id, metadata={"status": "completed", "timestamp": {"$gt": "2026-11-20"}}) == [
        "/f000.txt"
    ]
    assert match(id=task.id, metadata={"timestamp": {"$gt": "2999-01-01"}}) == []


@scenario
def test_an_unreadable_filter_is_an_empty_list_to_the_sdk_and_an_error_where_a_task_is_created(
    studio: Studio,
) -> None:
    dl = studio.dl
    studio.upload(1)
    quoted = dl.Filters(field="name", values="it's.txt")

    assert studio.dataset.items.list(filters=quoted).items_count == 0
    error = fails(dl.exceptions.BadRequest, lambda: studio.task(filters=quoted))
    assert "apostrophe" in error.message
    unknown = dl.Filters(custom_filter={"name": {"$regex": "f"}})
    assert studio.dataset.items.list(filters=unknown).items_count == 0
    assert studio.dataset.tasks.list() == []


@scenario
def test_pages_are_walked_by_the_last_id_seen_and_jumped_to_by_number(studio: Studio) -> None:
    dl = studio.dl
    items = studio.upload(7)
    filters = dl.Filters()
    filters.page_size = 3
    pages = studio.dataset.items.list(filters=filters)

    assert (pages.items_count, pages.total_pages_count, pages.has_next_page) == (7, 3, True)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert {item.id for page in pages for item in page} == {item.id for item in items}
    last = dl.Filters()
    last.page_size, last.page = 3, 2
    assert len(studio.dataset.items.list(filters=last).items) == 1
    ordered = dl.Filters()
    ordered.sort_by(field="filename", value=dl.FiltersOrderByDirection.DESCENDING)
    assert studio.dataset.items.list(filters=ordered).items[0].name == "f006.txt"


@scenario
def test_items_are_deleted_and_changed_by_filter(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(3, "/a")
    studio.upload(2, "/b")

    studio.dataset.items.update(filters=dl.Filters(field="dir", values="/a"), update_values={"good": True})
    assert len(found(studio, dl.Filters(field="metadata.user.good", values=True))) == 3
    assert studio.dataset.items.delete(filters=dl.Filters(field="dir", values="/b"))
    assert found(studio, dl.Filters()) == ["/a/f000.txt", "/a/f001.txt", "/a/f002.txt"]


@scenario
def test_a_filter_lets_only_some_items_of_a_task_or_an_assignment_through(studio: Studio) -> None:
    items = studio.upload(4)
    task = studio.task(people=(ANN, BOB))
    mine = task.assignments.list()[0]

    one = studio.dl.Filters(field="name", values=items[0].name)
    assert studio.names(task, filters=one) == ["f000.txt"]
    some = studio.dl.Filters(field="name", values=studio.names(mine)[0])
    assert len(studio.items(mine, filters=some)) == 1
