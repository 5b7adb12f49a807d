"""What people type, read as values."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from adapters.cli_values import condition, duration, instant, limit, metadata
from adapters.wording import duration_text
from distribution import InvalidInput, Limit, field
from distribution.filters import AllOf, Not
from tests.cli_shell import Shell


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    for n in range(7):
        (tmp_path / "photos" / f"{n}.png").write_text("x" * n)
    for n in range(3):
        (tmp_path / "photos" / "cats" / f"cat-{n}.jpg").write_text("line\n" * n)
    return Shell(tmp_path, capsys, monkeypatch)


def test_conditions_choose_items(shell: Shell) -> None:
    def chosen(*where: str) -> list[str]:
        options = [part for condition in where for part in ("--where", condition)]
        data = shell.data("plan", "--folder", "photos", "--assignee", "ann", *options)
        return sorted(data.get("items", []))

    assert chosen("dir=/cats") == [f"cats/cat-{n}.jpg" for n in range(3)]
    assert chosen("size>=5", "name~*.png") == ["5.png", "6.png"]
    assert chosen('{"kind": "glob", "path": "filename", "pattern": "/cats/*-0*"}') == ["cats/cat-0.jpg"]
    assert chosen("dir!~/c*", "size<1") == ["0.png"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("size>1000", field("size").greater(1000)),
        ("size >= 1.5", field("size").at_least(1.5)),
        ("size<0", field("size").less(0)),
        ("size<=0", field("size").at_most(0)),
        ("dir!=/a=b", field("dir").not_equal("/a=b")),
        ("dir=a>b", field("dir").equal("a>b")),
        ("done=true", field("done").is_in([True, "true"])),
        ("x!=null", field("x").not_in([None, "null"])),
        ('x="7"', field("x").equal("7")),
        ("x=[1]", field("x").equal("[1]")),
        ("name~*.py", field("name").like("*.py")),
        ("name!~*.py", Not(field("name").like("*.py"))),
        ('{"kind": "all-of", "clauses": []}', AllOf(())),
    ],
)
def test_a_condition_is_read_as_people_type_it(text: str, meant: object) -> None:
    assert condition(text) == meant


@pytest.mark.parametrize("text", ["size", "", "=5", "{", '{"kind": "magic"}', "a..b=1"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        condition(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("45s", timedelta(seconds=45)),
        ("30m", timedelta(minutes=30)),
        ("1h30m", timedelta(minutes=90)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_is_read_as_people_type_it(text: str, meant: timedelta) -> None:
    assert duration(text, "--lease") == meant


@pytest.mark.parametrize("text", ["", "30", "m", "30m1h", "1.5h", "-1h", "1 h", "٣m", "999999999w", "3651d"])
def test_what_is_no_duration_is_refused_with_the_value(text: str) -> None:
    with pytest.raises(InvalidInput) as err:
        duration(text, "--lease")

    assert (err.value.subject, err.value.got) == ("--lease", text)


def test_durations_are_written_as_they_are_read() -> None:
    for text in ("45s", "30m", "1h30m", "7d", "2d3h4m5s", "0s"):
        assert duration_text(duration(text, "--lease")) == text


def test_an_instant_has_to_name_its_time_zone() -> None:
    assert instant("2026-12-24T18:00Z", "--due") == instant("2026-12-24T19:00+01:00", "--due")
    for text in ("2026-12-24", "2026-12-24T18:00"):
        with pytest.raises(InvalidInput, match="must name its time zone, got '2026-12-24"):
            instant(text, "--due")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("50", Limit(count=50)),
        ("30%", Limit(percent="30")),
        ("33.3%,50", Limit(count=50, percent="33.3")),
        ("0", Limit(count=0)),
        ("none", None),
    ],
)
def test_a_limit_is_read_as_people_type_it(text: str, meant: Limit | None) -> None:
    assert limit(text) == meant


@pytest.mark.parametrize("text", ["", "5x", "-1", "130%", "1,2", "1%,2%", "%", "None"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        limit(text)


def test_metadata_is_json_where_it_is_json() -> None:
    texts = ["a=b=c", "n=1", "t=true", 'l=["x"]', "e=", "o={"]
    assert metadata(texts) == {"a": "b=c", "n": 1, "t": True, "l": ["x"], "e": "", "o": "{"}
