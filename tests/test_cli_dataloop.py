"""The commands about a Dataloop project, typed against a server of ours through the real SDK."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.cli_shell import Commands, Done, Shell
from tests.remote_driver import CATS, DOGS, Driver

PHOTOS = ("--project", "animals", "--dataset", "photos", "--rate", "1000")
TWO = ("--assignee", "ann@x.io", "--assignee", "bob@x.io")
ITEMS = CATS + DOGS


@attrs.frozen
class Remote(Commands):
    """Types commands in a folder of the test's own, in a process that has the SDK."""

    driver: Driver
    folder: Path

    def run(self, *arguments: str, stdin: str = "") -> Done:
        assert not stdin
        return Done(*self.driver.run("shell", arguments=list(arguments), folder=str(self.folder)))


@pytest.fixture
def remote(driver: Driver, tmp_path: Path) -> Remote:
    return Remote(driver, tmp_path)


def test_items_are_listed_as_plans_see_them(remote: Remote) -> None:
    told = remote.ok("dataloop", "items", *PHOTOS, "--where", "dir=/dogs", "--effort", "metadata.system.size")
    assert f"{DOGS} items" in told
    assert "/dogs/0003.png │     10 │" in told

    (first, *_) = remote.data("dataloop", "items", *PHOTOS, "--where", "dir=/dogs")
    assert (first["filename"], first["metadata"]["system"]["size"]) == ("/dogs/0000.png", 1)


def test_lines_of_items_are_what_create_reads(remote: Remote) -> None:
    lines = remote.ok("dataloop", "items", *PHOTOS, "--lines", "--effort", "metadata.system.size")
    (remote.folder / "items.jsonl").write_text(lines)
    source = ("--jsonl", "items.jsonl", "--effort", "effort", "--by-effort", "--where", "dir=/cats")
    remote.ok("create", "--name", "from lines", *source, *TWO)

    told = remote.data("dataloop", "apply", *PHOTOS, "--name", "from lines")

    assert (told["as_planned"], told["copies"]) == (True, CATS)
    assert remote.data("dataloop", "verify", *PHOTOS, "--task", "from lines")["as_planned"]


def test_a_dry_run_keeps_nothing_here_and_nothing_there(remote: Remote, driver: Driver) -> None:
    told = remote.ok("dataloop", "apply", *PHOTOS, "--name", "dry", *TWO, "--dry-run")

    assert "would be given, in 2 requests:" in told
    assert list(remote.folder.iterdir()) == []
    assert driver.run("held", name="dry") == {}
    assert remote.data("dataloop", "apply", *PHOTOS, "--name", "dry", *TWO, "--dry-run")["tasks"] == []


def test_a_plan_is_applied_verified_and_gone_on_with(remote: Remote, driver: Driver) -> None:
    shares = (
        "--load",
        "ann@x.io=70",
        "--load",
        "bob@x.io=30",
        "--overlap",
        "50",
        "--due",
        "2029-01-01T00:00Z",
    )
    told = remote.ok("dataloop", "apply", *PHOTOS, "--name", "shared out", *shares)
    assert "all 18 copies are with whom they should be" in told
    assert "Go on with: distribution dataloop follow --task 'shared out' --store work.db" in told

    again = remote.ok("dataloop", "apply", "--name", "shared out")  # the task knows where it was brought
    assert again.startswith("nothing is left to be given\n")
    assert (
        remote.ok("dataloop", "verify", "--task", "shared out")
        == "all 18 copies are with whom they should be\n"
    )

    progress = remote.data("progress", "--task", "shared out")
    here = {row["assignee"]: row["open"] for row in progress["assignments"]}
    there = driver.run("held", name="shared out")
    assert {who: sum(len(held.get(who, ())) for held in there.values()) for who in here} == here
    assert sorted(there) == ["shared out", "shared out (copy 2)"]


def test_options_beside_a_task_that_is_there_are_told_to_count_for_nothing(remote: Remote) -> None:
    remote.ok("dataloop", "apply", *PHOTOS, "--name", "first", *TWO)

    done = remote.run("dataloop", "apply", *PHOTOS, "--name", "first", "--assignee", "zoe@x.io")

    assert done.code == 0
    assert done.err == "task 'first' is there already; its plan is what counts, not the options given now\n"


def test_what_somebody_changed_there_is_listed_with_exit_code_1(remote: Remote, driver: Driver) -> None:
    remote.ok("dataloop", "apply", *PHOTOS, "--name", "moved", *TWO)
    driver.run("moved", name="moved")

    done = remote.run("dataloop", "verify", "--task", "moved")
    assert done.code == 1
    assert done.out.startswith("6 of 12 copies are not as they should be: 6 elsewhere\n  item '")
    assert done.out.count(" and is with 'new@x.io'\n") == 6
    told = remote.data("dataloop", "verify", "--task", "moved", code=1)
    assert {row["kind"] for row in told["differences"]} == {"elsewhere"}
    assert remote.data("dataloop", "apply", "--name", "moved", code=1)["steps"] == []


def test_what_people_say_there_is_followed_and_reviewed_here(remote: Remote, driver: Driver) -> None:
    remote.ok("dataloop", "apply", *PHOTOS, "--name", "work", *TWO)
    items = driver.run("said", name="work", status="completed", count=5)

    told = remote.data("dataloop", "follow", "--task", "work")
    assert (told["done"], told["copies"], len(told["changed"])) == (5, ITEMS, 5)
    assert sorted(row["item"] for row in told["statuses"]) == sorted(items)
    assert remote.ok("dataloop", "follow", "--task", "work") == "5 of 12 copies have a status; nothing new\n"
    assert remote.data("progress", "--task", "work")["done"] == 5

    remote.ok("qa", "--task", "work", "--reviewer", "zoe@x.io", "--percent", "100", "--name", "second look")
    assert remote.data("dataloop", "apply", "--name", "second look")["as_planned"]
    (rejected,) = driver.run("said", name="second look", status="discard", count=1)
    assert "1 of 5 copies have a status; 1 set" in remote.ok("dataloop", "follow", "--task", "second look")
    assert remote.data("progress", "--task", "work")["open"] == ITEMS - 4
    told = remote.data("dataloop", "follow", "--task", "work")
    assert [item for item, _ in told["stale"]] == [rejected]


def test_what_cannot_be_taken_in_is_named_with_exit_code_1(remote: Remote, driver: Driver) -> None:
    (remote.folder / "items.jsonl").write_text(remote.ok("dataloop", "items", *PHOTOS, "--lines"))
    remote.ok("create", "--name", "odd", "--jsonl", "items.jsonl", *TWO, "--action", "fixed")
    remote.ok("dataloop", "apply", *PHOTOS, "--name", "odd")
    (item,) = driver.run("said", name="odd", status="completed", count=1)

    done = remote.run("dataloop", "follow", *PHOTOS, "--task", "odd")

    assert (done.code, done.out) == (1, "1 of 12 copies have a status; nothing new\n")
    assert f" said 'completed' of '{item}': the status 'completed' is none of this task: fixed" in done.err


def test_following_again_and_again_ends_when_all_is_done(remote: Remote, driver: Driver) -> None:
    remote.ok("dataloop", "apply", *PHOTOS, "--name", "soon", *TWO)
    driver.run("said", name="soon", status="completed", count=ITEMS)

    told = remote.ok("dataloop", "follow", "--task", "soon", "--every", "1s")

    assert told == "12 of 12 copies have a status; 12 set\n"
    line = remote.ok("dataloop", "follow", "--task", "soon", "--every", "1s", "--json")
    assert (line.count("\n"), json.loads(line)["done"]) == (1, 12)


def test_a_task_that_is_not_there_is_not_followed(remote: Remote) -> None:
    remote.ok("create", "--name", "here", "--folder", ".", *TWO)

    assert remote.refused("dataloop", "follow", *PHOTOS, "--task", "here") == (
        "no task 'here' in the dataset; bring it there: distribution dataloop apply --name here"
    )


def test_bad_input_is_one_line_that_says_what_to_do(remote: Remote) -> None:
    say, items = remote.refused, ("dataloop", "items", "--rate", "1000")
    assert say(*items) == (
        "the dataset must be given as --project and --dataset, got 'not both'; e.g. --project animals --dataset photos"
    )
    assert say(*items, "--project", "zoo", "--dataset", "photos").startswith(
        "no project 'zoo' in Dataloop at "
    )
    assert say("dataloop", "items", *PHOTOS, "--effort", "metadata.user.effort") == (
        "effort of '/cats/0000.png' must be a number at metadata.user.effort, got None; give it one, or leave"
        " such items out by the filter"
    )
    apply = ("dataloop", "apply", *PHOTOS, "--name")
    assert say(*apply, "a").startswith("shares must be given as one of --load ann=50")
    assert say(*apply, "a", *TWO, "--where", "dir=/birds").startswith(
        "items to share out must be at least one"
    )
    assert say("dataloop", "follow", "--task", "a", "--every", "soon").startswith(
        "--every must be a duration"
    )
    assert say("dataloop", "verify", "--task", "a").startswith("no task 'a' in the store")


def test_a_name_that_is_taken_there_is_refused_and_nothing_is_kept_here(remote: Remote) -> None:
    remote.ok("dataloop", "apply", *PHOTOS, "--name", "taken", *TWO)
    elsewhere = ("--store", "other.db")

    assert remote.refused(
        "dataloop", "apply", *PHOTOS, "--name", "taken", "--assignee", "zoe@x.io", *elsewhere
    ) == (
        f"task 'taken' on Dataloop carries another plan, {remote.data('list')[0]['id']};"
        " go on with that plan, or choose another name"
    )
    assert remote.data("list", *elsewhere) == []


def test_a_plan_whose_store_was_lost_is_found_again_by_what_is_in_it(remote: Remote) -> None:
    remote.ok("dataloop", "apply", *PHOTOS, "--name", "lost", *TWO, "--seed", "7")

    told = remote.data(
        "dataloop", "apply", *PHOTOS, "--name", "lost", *TWO, "--seed", "7", "--store", "new.db"
    )

    assert (told["as_planned"], told["steps"]) == (True, [])


def test_the_program_prints_its_answer_and_nothing_of_the_sdk(driver: Driver, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "adapters.cli",
        "dataloop",
        "apply",
        *PHOTOS,
        "--name",
        "quiet",
        *TWO,
        "--json",
    ]

    done: Any = subprocess.run(
        command, cwd=tmp_path, env=driver.environment, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["as_planned"]


def test_without_the_sdk_the_way_to_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dtlpy", None)

    told = Shell(tmp_path, capsys, monkeypatch).refused("dataloop", "items", *PHOTOS)

    assert (
        told == "working with Dataloop must have dtlpy, got 'none'; pip install 'work-distribution[dataloop]'"
    )
