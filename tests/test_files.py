"""Items from the world: real files, and the line of what is wrong with them."""

from __future__ import annotations

import io
import os
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters import files
from adapters.intake import Intake
from distribution import ByCount, Item, field
from distribution.errors import BadRow, InvalidInput
from distribution.values import Json


def facts(items: Iterable[Item]) -> list[tuple[str, str, dict[str, Json]]]:
    return [(item.id, str(item.effort), dict(item.attributes)) for item in items]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], str]:
    def written(content: str | bytes) -> str:
        path = tmp_path / "rows"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return written


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    (root / "cats" / "small").mkdir(parents=True)
    (root / "b.txt").write_text("one\ntwo")
    (root / "a.txt").write_text("")
    (root / "cats" / "c.txt").write_text("1\n2\n3\n")
    (root / "cats" / "small" / "é.txt").write_text("x")
    os.utime(root / "b.txt", (0, 0))
    return root


def test_a_folder_gives_every_file_below_it_in_the_order_of_its_path(tree: Path) -> None:
    items = list(files.folder(tree))

    assert [item.id for item in items] == ["a.txt", "b.txt", "cats/c.txt", "cats/small/é.txt"]
    assert items[1].attributes == {
        "dir": "/",
        "filename": "/b.txt",
        "name": "b.txt",
        "size": 7,
        "modified": "1970-01-01T00:00:00+00:00",
    }
    assert [item.attributes["dir"] for item in items[2:]] == ["/cats", "/cats/small"]
    assert {int(item.effort) for item in items} == {1}


def test_effort_of_a_file_is_its_size_or_its_lines(tree: Path) -> None:
    assert [int(item.effort) for item in files.folder(tree, effort="size")] == [0, 7, 6, 1]
    assert [int(item.effort) for item in files.folder(tree, effort="lines")] == [0, 2, 3, 1]


def test_a_file_the_filter_leaves_out_is_not_even_opened(tree: Path) -> None:
    (tree / "secret.bin").write_text("x")
    (tree / "secret.bin").chmod(0)

    found = files.folder(tree, effort="lines", where=field("name").like("*.txt"))
    assert [item.id for item in found] == ["a.txt", "b.txt", "cats/c.txt", "cats/small/é.txt"]


def test_a_folder_that_is_not_there_and_a_file_that_cannot_be_read(tree: Path) -> None:
    with pytest.raises(InvalidInput, match="folder must exist, got '/nowhere'"):
        list(files.folder(Path("/nowhere")))
    (tree / "broken").symlink_to("nothing")
    with pytest.raises(BadRow, match="broken, line 1: file must be readable, got 'broken'"):
        list(files.folder(tree))


def test_a_file_name_that_is_no_text_is_named(tree: Path) -> None:
    Path(os.fsdecode(bytes(tree) + b"/\xff.txt")).write_text("x")

    with pytest.raises(BadRow, match="lone surrogates"):
        list(files.folder(tree))


def test_lines_are_ids(write: Callable[[str | bytes], str]) -> None:
    assert facts(files.ids(write("\ufeffa\r\nb c\n\nd"))) == [
        ("a", "1", {}),
        ("b c", "1", {}),
        ("d", "1", {}),
    ]


def test_a_csv_gives_text_numbers_and_nothing_for_nothing(write: Callable[[str | bytes], str]) -> None:
    path = write('id,size,code,note,minutes\n007,12,012,"a, ""b""",1.5\n8,-1e3,12345678901234567890,,2\n')

    assert facts(files.csv_rows(path, effort="minutes")) == [
        ("007", "3/2", {"size": 12, "code": "012", "note": 'a, "b"', "minutes": 1.5}),
        ("8", "2", {"size": -1000.0, "code": "12345678901234567890", "minutes": 2}),
    ]
    assert [item.id for item in files.csv_rows(path, id_column="code")] == ["012", "12345678901234567890"]


def test_a_cell_may_span_lines(write: Callable[[str | bytes], str]) -> None:
    path = write('id,note\na,"one\ntwo"\nb,\n')

    assert facts(files.csv_rows(path)) == [("a", "1", {"note": "one\ntwo"}), ("b", "1", {})]


def test_json_lines_are_ids_or_mappings(write: Callable[[str | bytes], str]) -> None:
    path = write('"plain"\n\n{"id": "a", "tags": ["x", 1], "deep": {"er": null}}\n{"id": 7, "cost": 3}\n')

    assert facts(files.json_lines(path)) == [
        ("plain", "1", {}),
        ("a", "1", {"tags": ["x", 1], "deep": {"er": None}}),
        ("7", "1", {"cost": 3}),
    ]
    assert [str(i.effort) for i in files.json_lines(write('{"id": "a", "cost": 0.1}'), effort="cost")] == [
        "1/10"
    ]


def test_parquet_keeps_types(tmp_path: Path) -> None:
    pa = pytest.importorskip(
        "pyarrow", reason="pyarrow comes with the extra `parquet`, which `make test` installs"
    )
    from datetime import date
    from decimal import Decimal

    import pyarrow.parquet as pq

    path = str(tmp_path / "rows.parquet")
    columns = {
        "id": ["a", "b"],
        "n": [1, None],
        "when": [date(2026, 1, 2), None],
        "price": [Decimal("1.50"), None],
        "tags": [["x"], None],
        "deep": [{"er": 1}, None],
    }
    pq.write_table(pa.table(columns), path)

    assert facts(files.parquet(path, effort=None)) == [
        ("a", "1", {"n": 1, "when": "2026-01-02", "price": 1.5, "tags": ["x"], "deep": {"er": 1}}),
        ("b", "1", {}),
    ]
    with pytest.raises(InvalidInput, match="column must be one of 'id', 'n', .*, got 'key'"):
        list(files.parquet(path, id_column="key"))
    with pytest.raises(BadRow, match="line 2: column 'n' must hold the effort"):
        list(files.parquet(path, effort="n"))
    with pytest.raises(InvalidInput, match="file must be readable Parquet"):
        list(files.parquet(str(tmp_path / "nothing")))


def test_parquet_without_pyarrow_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(InvalidInput, match=r"pip install 'work-distribution\[parquet\]'"):
        list(files.parquet("rows.parquet"))


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for read, text in (
        (files.ids, b"a\nb\n"),
        (files.csv_rows, b"id\na\nb\n"),
        (files.json_lines, b'"a"\n"b"\n'),
    ):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text)))
        assert [item.id for item in read("-")] == ["a", "b"]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a\n\x00\n")))
    with pytest.raises(BadRow, match="^standard input, line 2: item id must be free of control characters"):
        list(files.ids("-"))


@pytest.mark.parametrize(
    ("read", "content", "message"),
    [
        (
            files.ids,
            "a\n\tb\n",
            "line 2: item id must be free of control characters and lone surrogates, got '\\tb'",
        ),
        (files.ids, b"a\nb\n\xff\n", "line 3: not UTF-8 text (invalid start byte)"),
        (files.csv_rows, "name\na\n", "line 1: column must be one of 'name', got 'id'"),
        (files.csv_rows, "", "line 1: column must be one of none, got 'id'"),
        (
            files.csv_rows,
            "id,n\na,1\nb\n",
            "line 3: row must have as many cells as the header, got \"none for 'n'\"",
        ),
        (
            files.csv_rows,
            "id,n\na,1\nb,2,3,4\n",
            "line 3: row must have as many cells as the header, got '2 more'",
        ),
        (files.csv_rows, "id,n\n,1\n", "line 2: column 'id' must hold the id, got None"),
        (files.csv_rows, 'id,n\na,"x"y\n', "line 2: ',' expected after '\"'"),
        (files.csv_rows, 'id,n\na,1\nb,"never closed\n', "line 3: unexpected end of data"),
        (files.json_lines, '"a"\n{"id": \n', "line 2: line must be JSON, got '{\"id\": '"),
        (files.json_lines, '{"id": "a", "n": NaN}\n', "line 1: line must be JSON"),
        (files.json_lines, "7\n", "line 1: line must be a text or a mapping, got 7"),
        (files.json_lines, '{"key": 7}\n', "line 1: column 'id' must hold the id, got None"),
        (files.json_lines, '{"id": true}\n', "line 1: item id must be a string, got True"),
        (
            files.json_lines,
            '{"id": "a", "n": 99999999999999999999}\n',
            "line 1: attributes.n must fit 64 bits",
        ),
        (files.json_lines, "[" * 100_000, "line 1: line must be JSON"),
    ],
)
def test_a_bad_row_is_reported_with_its_line(
    write: Callable[[str | bytes], str],
    read: Callable[[str], Iterable[Item]],
    content: str | bytes,
    message: str,
) -> None:
    path = write(content)

    with pytest.raises(BadRow) as error:
        list(read(path))

    assert str(error.value).startswith(f"{path}, {message}"), str(error.value)
    assert str(error.value).endswith("; nothing was kept, mend the line and try again")


@pytest.mark.parametrize("effort", ["minutes", "note"])
def test_an_effort_that_is_none_is_reported_with_its_line(
    write: Callable[[str | bytes], str], effort: str
) -> None:
    path = write("id,minutes,note\na,1,1\nb,,x\n")

    with pytest.raises(BadRow, match="line 3: "):
        list(files.csv_rows(path, effort=effort))


def test_a_file_that_is_not_there_is_refused() -> None:
    for read in (files.ids, files.csv_rows, files.json_lines):
        with pytest.raises(
            InvalidInput, match="file must be readable, got '/nowhere' .No such file or directory."
        ):
            list(read("/nowhere"))


def test_rows_are_streamed_and_only_ids_are_held(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows = 50_000
    with path.open("w") as file:
        file.write("id,note\n")
        file.writelines(f"{n},{'x' * 400}\n" for n in range(rows))

    tracemalloc.start()
    with Intake(files.csv_rows(str(path)), ByCount(), None) as intake:
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(intake.roster.ids) == rows

    # 20 MB of notes went by; what is held are the ids, some 120 bytes each with their dict.
    assert held < rows * 200
    assert peak < rows * 500
