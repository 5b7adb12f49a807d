"""Items from the world: real files, and the line of what is wrong with them."""

from __future__ import annotations

import io
import os
import socket
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import pytest
from sortedcontainers import SortedSet

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


def test_a_folder_gives_every_file_below_it_files_before_folders(tree: Path) -> None:
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
    with pytest.raises(
        InvalidInput, match=r"^file must be readable, got 'broken' \(.*No such file or directory.*\)$"
    ):
        list(files.folder(tree))


def test_a_file_name_that_is_no_text_is_named(tree: Path) -> None:
    Path(os.fsdecode(bytes(tree) + b"/\xff.txt")).write_text("x")

    with pytest.raises(
        InvalidInput, match=r"^file name must be free of .* lone surrogates, got '.udcff.txt'"
    ):
        list(files.folder(tree))


def test_a_file_name_cannot_steer_the_terminal(tree: Path) -> None:
    (tree / "\x1b[31m.txt").write_text("x")

    with pytest.raises(InvalidInput, match=r"^file name must .*, got '.x1b\[31m.txt'") as error:
        list(files.folder(tree))
    assert str(error.value).isprintable()


def test_a_folder_that_cannot_be_looked_into_is_named(tree: Path) -> None:
    # Permissions mean nothing to root; a path that is too long stops everybody.
    here = os.open(tree, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)

    with pytest.raises(InvalidInput, match=r"^folder must be readable, got '.*File name too long"):
        list(files.folder(tree))


def test_only_regular_files_are_files(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    (tree / "link").symlink_to("b.txt")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tree / "socket"))

    found = files.folder(tree, effort="lines")
    assert [item.id for item in found] == ["a.txt", "b.txt", "link", "cats/c.txt", "cats/small/é.txt"]


def test_what_the_filter_leaves_out_of_a_folder_is_told(tree: Path) -> None:
    gone: list[str] = []

    list(files.folder(tree, where=field("size").greater(6), left_out=gone.append))
    assert gone == ["a.txt", "cats/c.txt", "cats/small/é.txt"]


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
        ("8", "2", {"size": "-1e3", "code": "12345678901234567890", "minutes": 2}),
    ]
    assert [item.id for item in files.csv_rows(path, id_column="code")] == ["012", "12345678901234567890"]


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("12e4567", "12e4567"),
        ("12e3", "12e3"),
        ("-0.5", -0.5),
        ("0.30000000000000004", 0.30000000000000004),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, "9" * 19),
        ("9" * 400 + ".0", "9" * 400 + ".0"),
        ("007", "007"),
        ("inf", "inf"),
    ],
)
def test_only_plain_decimals_are_numbers(write: Callable[[str | bytes], str], cell: str, read: Json) -> None:
    assert facts(files.csv_rows(write(f"id,cell\na,{cell}\n"))) == [("a", "1", {"cell": read})]


def test_an_effort_in_a_csv_may_have_an_exponent(write: Callable[[str | bytes], str]) -> None:
    path = write("id,cost\na,12e3\n")

    assert [str(item.effort) for item in files.csv_rows(path, effort="cost")] == ["12000"]


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


def test_a_decimal_of_parquet_is_effort_to_its_last_digit(tmp_path: Path) -> None:
    pa = pytest.importorskip(
        "pyarrow", reason="pyarrow comes with the extra `parquet`, which `make test` installs"
    )
    from decimal import Decimal

    import pyarrow.parquet as pq

    path = str(tmp_path / "rows.parquet")
    costs = [Decimal("12345678901234567890.12"), Decimal("0.50")]
    pq.write_table(pa.table({"id": ["a", "b"], "cost": costs, "n": [float("nan"), 2.5]}), path)

    assert facts(files.parquet(path, effort="cost")) == [
        ("a", str(Fraction(costs[0])), {"cost": float(costs[0])}),
        ("b", "1/2", {"cost": 0.5, "n": 2.5}),
    ]
    with pytest.raises(BadRow, match="line 1: column 'n' must hold the effort"):
        list(files.parquet(path, effort="n"))


def test_damage_inside_a_parquet_file_is_one_line(tmp_path: Path) -> None:
    pa = pytest.importorskip(
        "pyarrow", reason="pyarrow comes with the extra `parquet`, which `make test` installs"
    )
    import pyarrow.parquet as pq

    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": [f"item {n}" for n in range(5000)]}), path)
    data = bytearray(path.read_bytes())
    data[4:2000] = b"\xff" * 1996
    path.write_bytes(data)

    with pytest.raises(InvalidInput, match="^file must be readable Parquet, got") as error:
        list(files.parquet(str(path)))
    assert "\n" not in str(error.value)


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
        (files.csv_rows, "id,n,m,n\na,1,2,3\n", "line 1: column must be in the header once, got 'n'"),
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


def test_the_name_of_a_source_cannot_steer_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mrows"
    path.write_text("\t\n")

    with pytest.raises(BadRow) as error:
        list(files.ids(str(path)))
    assert str(error.value).startswith(f"{str(path)!r}, line 1: item id must")
    assert str(error.value).isprintable()


def test_a_file_that_is_not_there_is_refused() -> None:
    for read in (files.ids, files.csv_rows, files.json_lines):
        with pytest.raises(
            InvalidInput, match="file must be readable, got '/nowhere' .No such file or directory."
        ):
            list(read("/nowhere"))


def test_a_set_is_refused_and_what_has_an_order_is_taken() -> None:
    for unordered in ({"a", "b"}, frozenset({"a"})):
        with pytest.raises(InvalidInput, match="^items must be in an order, got .*; sort them first$"):
            Intake(unordered, ByCount(), None)
    for ordered in ({"a": 1, "b": 2}.keys(), SortedSet(["b", "a"])):
        with Intake(ordered, ByCount(), None) as intake:
            assert list(intake.roster.ids) == ["a", "b"]


def test_any_mapping_inside_attributes_is_kept() -> None:
    item = Item("a", attributes={"deep": MappingProxyType({"er": MappingProxyType({"n": 1})})})

    with Intake([item], ByCount(), None) as intake:
        assert list(intake) == [(0, "a", None, '{"deep": {"er": {"n": 1}}}', 0)]


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
