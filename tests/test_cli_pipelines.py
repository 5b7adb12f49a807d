"""Pipelines from the command line, and the file they are written in."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.flows import pipeline_of, read_pipeline
from distribution import InvalidInput, Pull
from tests.cli_shell import Shell

FLOW: dict[str, Any] = {
    "id": "photos",
    "nodes": [
        {"id": "label", "loads": {"ann": 50, "bob": 50}},
        {
            "id": "check",
            "name": "look again",
            "allow": ["zoe"],
            "batch": 5,
            "cap": 10,
            "lease": "30m",
            "skip": "later",
            "actions": ["approved", "discard"],
            "passes": 3,
            "repeatable": False,
        },
    ],
    "links": [
        {"from": "label", "status": "completed", "to": "check"},
        {"from": "check", "status": "discard", "to": "label"},
    ],
}


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


@pytest.fixture
def flow(tmp_path: Path) -> str:
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(FLOW))
    return str(path)


def test_items_go_through_a_pipeline_from_the_shell(here: Shell, flow: str) -> None:
    assert "completed: check" in here.ok("pipeline", "create", flow)
    here.ok("pipeline", "enter", "photos", "--ids", "-", stdin="a\nb\n")
    here.ok("submit", "a", "--task", "photos.label", "--assignee", "ann")
    assert here.run("pull", "--task", "photos.check", "--assignee", "zoe").out == "a\n"
    here.ok("submit", "a", "--task", "photos.check", "--assignee", "zoe", "--status", "discard")

    assert here.data("pipeline", "show", "photos") == [
        {"node": "label", "task": "photos.label", "items": 2, "waiting": 0, "open": 2, "done": 0},
        {"node": "check", "task": "photos.check", "items": 1, "waiting": 0, "open": 0, "done": 1},
    ]
    assert "look again" in here.ok("list")
    assert "1 once more" in here.ok("history", "--task", "photos.label")
    assert here.ok("pipeline", "advance", "photos") == "nothing was left behind\n"
    assert here.data("pipeline", "advance", "photos") == {}


def test_what_is_in_it_already_is_refused_by_name(here: Shell, flow: str) -> None:
    here.ok("pipeline", "create", flow)
    here.ok("pipeline", "enter", "photos", "--ids", "-", stdin="a\n")

    done = here.run("pipeline", "enter", "photos", "--ids", "-", stdin="a\n")

    assert (done.code, done.err) == (1, "refused: item 'a' is in the task already; nothing is doubled\n")


def test_a_dry_run_only_checks_the_file(here: Shell, tmp_path: Path) -> None:
    path = tmp_path / "flow.json"
    path.write_text(json.dumps({**FLOW, "links": []}))

    done = here.run("pipeline", "create", str(path), "--dry-run")

    assert done.err == "warning: no link leads to node 'check'; items never come there\n"
    assert done.out.endswith("dry run: nothing was stored\n")
    assert not Path(here.folder, "work.db").exists()


def test_a_pipeline_that_is_not_there_is_named_with_the_way_out(here: Shell, flow: str) -> None:
    here.ok("pipeline", "create", flow)

    assert here.refused("pipeline", "show", "moon") == (
        "no pipeline 'moon' in the store; create it first: distribution pipeline create FILE"
    )


def test_a_file_says_all_that_a_node_can_have() -> None:
    flow = pipeline_of(FLOW)

    check = flow.nodes[1]
    assert check.pull == Pull(batch_size=5, max_batch_workload=10, lease=timedelta(minutes=30), skip="later")
    assert (check.name, check.allowed, check.passes, check.repeatable) == ("look again", ("zoe",), 3, False)
    both = pipeline_of(
        {"id": "f", "nodes": [{"id": "n", "loads": {"a": 50, "b": 50}, "overlap": 30, "copies": 2}]}
    ).nodes[0]
    assert both.overlap is not None
    assert both.overlap.of(10) == 3


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ([], "pipeline must be a JSON object, got []"),
        ({"id": "f", "nodes": 1}, "nodes of a pipeline must be a list, got 1"),
        ({"id": "f", "nodes": [], "links": {}}, "links of a pipeline must be a list, got {}"),
        ({"idd": "f"}, "key of a pipeline must be one of id, nodes, links, got 'idd'"),
        ({"id": "f", "nodes": [{"id": "n", "load": {}}]}, "key of a node must be one of id, name, loads,"),
        ({"id": "f", "nodes": [{"id": "n", "loads": []}]}, "loads of a node must be an object"),
        ({"id": "f", "nodes": [{"id": "n", "allow": "ann"}]}, "allow of a node must be a list of names"),
        ({"id": "f", "nodes": [{"id": "n", "loads": {"a": 99}}]}, "loads must sum to 100, got 99"),
        ({"id": "f", "nodes": [{"id": "n", "loads": {"a": 100}}], "links": [{"of": 1}]}, "key of a link"),
    ],
)
def test_what_no_pipeline_can_have_is_refused(said: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        pipeline_of(said)

    assert str(error.value).startswith(message)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "flow.json"
    path.write_text("{")

    with pytest.raises(InvalidInput, match=r"pipeline file '.*flow.json' must be JSON"):
        read_pipeline(path)
