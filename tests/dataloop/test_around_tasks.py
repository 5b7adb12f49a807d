"""What is around tasks: members, recipes, ontologies, apps, annotations, folders, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.dataloop.sdk import ANN, Studio, fails, scenario


@scenario
def test_members_come_change_and_go(studio: Studio) -> None:
    project = studio.project

    def members(**asked: Any) -> dict[str, str]:
        return {user.email: user.role for user in project.list_members(**asked)}

    assert members() == {"owner@example.com": "owner"}
    project.add_member("Ann@Example.com", role="annotator")
    project.add_member("ann@example.com", role="annotator")
    project.add_member("bob+x@example.com")
    assert members() == {
        "owner@example.com": "owner",
        "ann@example.com": "annotator",
        "bob+x@example.com": "engineer",
    }
    project.update_member("ann@example.com", role="annotationManager")
    assert members(role="annotationManager") == {"ann@example.com": "annotationManager"}
    project.remove_member("bob+x@example.com")
    assert set(members()) == {"owner@example.com", "ann@example.com"}
    fails(studio.dl.exceptions.Conflict, lambda: project.remove_member("owner@example.com"))


@scenario
def test_a_project_has_a_dataset_of_the_system_that_is_listed_only_where_it_is_asked_for(
    studio: Studio,
) -> None:
    body = {
        "filter": {"$and": [{"name": "Binaries"}]},
        "page": 0,
        "pageSize": 1000,
        "resource": "datasets",
        "context": {"projects": [studio.project.id]},
    }

    assert studio.ask("POST", "/datasets/query", body)[1]["totalItemsCount"] == 0
    found = studio.ask("POST", "/datasets/query", {**body, "systemSpace": True})[1]["items"]
    assert [dataset["name"] for dataset in found] == ["Binaries"]


@scenario
def test_every_dataset_has_a_recipe_with_an_ontology_that_takes_labels_and_attributes(studio: Studio) -> None:
    dl = studio.dl
    recipe = studio.dataset.recipes.list()[0]
    assert [recipe.id] == studio.dataset.get_recipe_ids() == [dl.recipes.get(recipe_id=recipe.id).id]
    ontology = recipe.ontologies.list()[0]

    ontology.add_labels([{"tag": "cat"}, {"tag": "dog", "color": "#123456"}])
    ontology.update_attributes(
        title="size", key="size", attribute_type=dl.AttributesTypes.CHECKBOX, values=["s", "l"]
    )

    kept = dl.ontologies.get(ontology_id=ontology.id)
    assert [label.tag for label in kept.labels] == ["cat", "dog"]
    assert [part["key"] for part in kept.metadata["attributes"]] == ["size"]
    kept.add_label("cow")
    kept.update()
    assert len(dl.ontologies.get(ontology_id=ontology.id).labels) == 3
    assert kept.delete_attributes(keys=["size"])
    assert dl.ontologies.get(ontology_id=ontology.id).metadata["attributes"] == []


@scenario
def test_recipes_and_ontologies_are_made_changed_and_deleted(studio: Studio) -> None:
    dl = studio.dl
    recipe = studio.dataset.recipes.create(recipe_name="second", labels=[{"tag": "cat", "color": "#123456"}])
    recipe.title = "renamed"
    recipe.update()

    assert dl.recipes.get(recipe_id=recipe.id).title == "renamed"
    assert recipe.id in dl.datasets.get(dataset_id=studio.dataset.id).get_recipe_ids()
    assert recipe.delete(force=True)
    fails(dl.exceptions.NotFound, lambda: dl.recipes.get(recipe_id=recipe.id))


@scenario
def test_annotations_of_all_kinds_are_kept_changed_and_deleted(studio: Studio) -> None:
    dl = studio.dl
    item = studio.upload(1)[0]
    builder = item.annotations.builder()
    builder.add(dl.Classification(label="cat"))
    builder.add(dl.Box(left=1, top=2, right=3, bottom=4, label="dog"))
    builder.add(dl.Point(x=5, y=6, label="eye"))
    builder.add(dl.Polygon(geo=[(0, 0), (1, 0), (1, 1)], label="tail"))
    item.annotations.upload(builder)

    fresh = dl.items.get(item_id=item.id)
    assert (fresh.annotated, fresh.annotations_count) == (True, 4)
    kept = {one.label: one for one in fresh.annotations.list()}
    assert {one.type for one in kept.values()} == {"class", "box", "point", "segment"}
    kept["dog"].label = "wolf"
    kept["dog"].update()
    assert dl.annotations.get(annotation_id=kept["dog"].id).label == "wolf"
    for one in kept.values():
        one.delete()
    assert dl.items.get(item_id=item.id).annotated is False


@scenario
def test_folders_are_a_tree_with_the_hidden_ones(studio: Studio) -> None:
    studio.upload(1, "/a/b")
    studio.upload(1, "/.secret")
    studio.dataset.items.make_dir(directory="/empty/folder")

    names = {name.rstrip("/") or "/" for name in studio.dataset.directory_tree.dir_names}

    assert names >= {"/", "/a", "/a/b", "/.secret", "/empty", "/empty/folder"}


@scenario
def test_what_people_keep_of_an_item_is_laid_over_what_is_there(studio: Studio) -> None:
    dl = studio.dl
    item = studio.upload(1)[0]
    studio.task(people=[ANN])
    item.metadata["user"] = {"a": {"b": 1}, "gone": 1}
    item = item.update()
    item.metadata["user"] = {"a": {"b": 1, "c": 2}}
    item = item.update()
    assert studio.ask("PATCH", f"/items/{item.id}", {"metadata": {"user": {"a": {"d": 3}}}})[0] == 200

    assert dl.items.get(item_id=item.id).metadata["user"] == {"a": {"b": 1, "c": 2, "d": 3}}
    assert len(dl.items.get(item_id=item.id).metadata["system"]["refs"]) == 2
    item.metadata["system"]["refs"] = []
    item.metadata["system"]["mine"] = 1
    item.update(system_metadata=True)
    system = dl.items.get(item_id=item.id).metadata["system"]
    assert (len(system["refs"]), system["mine"]) == (2, 1)


@scenario
def test_an_item_is_renamed_described_and_moved(studio: Studio) -> None:
    dl = studio.dl
    first, second = studio.upload(2)
    first.filename = "/moved/renamed.txt"
    first.update()
    first.set_description("a file")

    kept = dl.items.get(item_id=first.id)
    assert (kept.dir, kept.name, kept.description) == ("/moved", "renamed.txt", "a file")
    second.filename = "/moved/renamed.txt"
    fails(dl.exceptions.Conflict, second.update)


def sent(studio: Studio, content: bytes, **settings: Any) -> Any:
    """Upload bytes under one name."""
    local = Path.cwd().parent / "sent.bin"
    local.write_bytes(content)
    return studio.dataset.items.upload(local_path=str(local), remote_path="/in", **settings)


@scenario
def test_a_file_that_is_there_is_skipped_or_overwritten(studio: Studio) -> None:
    dl = studio.dl
    first = sent(studio, b"one")
    skipped = sent(studio, b"another length")
    assert skipped.id == first.id
    assert dl.items.get(item_id=first.id).download(save_locally=False).read() == b"one"

    over = sent(studio, b"another length", overwrite=True)
    assert over.id == first.id
    assert dl.items.get(item_id=first.id).download(save_locally=False).read() == b"another length"
    assert studio.dataset.items.list().items_count == 1


@scenario
def test_files_come_back_byte_for_byte_with_what_was_said_of_them(studio: Studio) -> None:
    dl = studio.dl
    content = bytes(range(256)) * 4096
    item = sent(studio, content, item_metadata={"user": {"from": "here"}}, item_description="all bytes")

    kept = dl.items.get(item_id=item.id)
    assert (kept.metadata["user"], kept.description) == ({"from": "here"}, "all bytes")
    assert kept.metadata["system"]["size"] == len(content)
    assert kept.download(save_locally=False).read() == content
    local = kept.download(local_path=str(Path.cwd().parent / "down.bin"))
    assert Path(local).read_bytes() == content
    assert sent(studio, b"", remote_name="empty.bin").download(save_locally=False).read() == b""


@scenario
def test_names_of_files_may_be_in_any_writing(studio: Studio) -> None:
    dl = studio.dl
    for name in ("naïve 文件 (1).txt", "it's & co #1.txt", "100%.txt"):
        item = sent(studio, b"x", remote_name=name)
        assert item.name == name
        assert studio.dataset.items.get(filepath=f"/in/{name}").id == item.id
        assert dl.items.get(item_id=item.id).download(save_locally=False).read() == b"x"


@scenario
def test_a_dataset_counts_its_items_and_is_renamed(studio: Studio) -> None:
    dl = studio.dl
    studio.upload(3)
    studio.upload(1, "/.hidden")

    dataset = dl.datasets.get(dataset_id=studio.dataset.id)
    assert dataset.items_count == 3
    dataset.name = "renamed"
    dataset.update()
    assert studio.project.datasets.get(dataset_name="renamed").id == dataset.id
