"""Items out of folders, CSV, JSON lines, Parquet, and lists of ids.

Every source is a generator of `Item`s that reads as it goes: a million rows take no
more memory than one. A row that cannot become an item stops it with `BadRow`, which
names the file and the line. `-` stands for standard input.

Plain decimals in a CSV become numbers (`12`, `-0.5`; `12e3` and `007` may be names),
everything else stays text and an empty cell is missing, so that `size>1000` means what
it says.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Literal, NoReturn, cast

from attrs import evolve

from distribution.errors import BadRow, DistributionError, InvalidInput
from distribution.filters import Filter, matches
from distribution.values import ITEM_ID_LIMIT, Item, Json, Number, check_id

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?\Z")
WHOLE_LIMIT = 18
"""Characters of a cell that may be read as a whole number: all of them fit 64 bits."""

FolderEffort = Literal["size", "lines"]


def _ignore(_below: str) -> None:
    """Take no note of a file that is left out."""


def folder(
    root: Path,
    *,
    effort: FolderEffort | None = None,
    where: Filter | None = None,
    left_out: Callable[[str], None] = _ignore,
) -> Iterator[Item]:
    """Yield every regular file below a folder.

    Files of a folder come before those of its sub-folders, each in the order of its name.
    The id is the path below the folder. Attributes: `dir` ("/" for the folder itself),
    `filename` (with dir), `name`, `size` in bytes, `modified` in ISO 8601 UTC. Effort is 1,
    or the size, or the number of lines, for which every file that *where* lets through is
    read; *left_out* is told of the others. Links to folders are not followed; pipes,
    sockets and devices are no files.

    Raises:
        InvalidInput: there is no such folder, or something in it cannot be read, or the
            name of a file is not text.
    """
    if not root.is_dir():
        raise InvalidInput(subject="folder", must="exist", got=str(root))
    for parent, folders, files in os.walk(root, onerror=_unreadable):
        folders.sort()
        for name in sorted(files):
            path = Path(parent, name)
            below = path.relative_to(root).as_posix()
            found = _status(path, below)
            if not stat.S_ISREG(found.st_mode):
                continue
            attributes = _attributes(path.name, below, found)
            if where is not None and not matches(where, attributes):
                left_out(below)
                continue
            check_id(below, "file name", ITEM_ID_LIMIT)
            amount = 1 if effort is None else found.st_size if effort == "size" else _lines(path, below)
            yield Item(below, effort=amount, attributes=attributes)


def _unreadable(error: OSError) -> NoReturn:
    """Refuse a folder that cannot be looked into, which os.walk would pass over."""
    raise InvalidInput(subject="folder", must="be readable", got=error.filename, detail=str(error)) from error


def _status(path: Path, below: str) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise InvalidInput(subject="file", must="be readable", got=below, detail=str(error)) from error


def _attributes(name: str, below: str, found: os.stat_result) -> dict[str, Json]:
    """Tell what filters, strata and groups may look at."""
    return {
        "dir": "/" + below.rpartition("/")[0],
        "filename": "/" + below,
        "name": name,
        "size": found.st_size,
        "modified": datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds"),
    }


def _lines(path: Path, below: str) -> int:
    """Count the lines of a file, an unfinished last one included."""
    count, last = 0, b"\n"
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                count += block.count(b"\n")
                last = block[-1:]
    except OSError as error:
        raise InvalidInput(subject="file", must="be readable", got=below, detail=str(error)) from error
    return count + (last != b"\n")


def ids(path: str) -> Iterator[Item]:
    """Yield an item for each line of a file that is not empty.

    Raises:
        BadRow: a line cannot be an id.
    """
    with _opened(path) as file:
        for line, text in _numbered(file, _named(path)):
            if text:
                with _row(_named(path), line):
                    item = Item(text)
                yield item


def csv_rows(path: str, *, id_column: str = "id", effort: str | None = None) -> Iterator[Item]:
    """Yield an item for each row of a CSV file with a header line.

    Raises:
        BadRow: there is no such column, or two of a name; a row has too many or too few
            cells, or cannot be an item.
    """
    source = _named(path)
    with _opened(path) as file:
        reader = csv.DictReader((text + "\n" for _, text in _numbered(file, source)), strict=True)
        with _row(source, 1):
            header = reader.fieldnames or []
            for column in (id_column, effort):
                _check_column(column, header)
            twice = [column for column, times in Counter(header).items() if times > 1]
            if twice:
                raise InvalidInput(subject="column", must="be in the header once", got=twice[0])
        while True:
            with _row(source, reader.line_num + 1):
                row = next(reader, None)
                if row is None:
                    return
            with _row(source, reader.line_num):
                yield _item(_cells(row), id_column, effort)


def _cells(row: Mapping[Any, Any]) -> dict[str, Json]:
    """Read the cells of a row: text, numbers where they look like numbers, nothing where empty."""
    if None in row:
        raise InvalidInput(
            subject="row", must="have as many cells as the header", got=f"{len(row[None])} more"
        )
    short = [column for column, cell in row.items() if cell is None]
    if short:
        raise InvalidInput(
            subject="row", must="have as many cells as the header", got=f"none for {short[0]!r}"
        )
    return {column: cell for column, cell in row.items() if cell != ""}


def json_lines(path: str, *, id_column: str = "id", effort: str | None = None) -> Iterator[Item]:
    """Yield an item for each line: a text is an id, a mapping has an id and attributes.

    Raises:
        BadRow: a line is not JSON, or cannot be an item.
    """
    source = _named(path)
    with _opened(path) as file:
        for line, text in _numbered(file, source):
            if text.strip():
                with _row(source, line):
                    try:
                        data = json.loads(text, parse_constant=_no_constant)
                    except (ValueError, RecursionError) as error:
                        raise InvalidInput(
                            subject="line", must="be JSON", got=text, detail=str(error)
                        ) from error
                    if not isinstance(data, (str, dict)):
                        raise InvalidInput(subject="line", must="be a text or a mapping", got=data)
                    item = (
                        Item(data) if isinstance(data, str) else _item(data, id_column, effort, guess=False)
                    )
                yield item


def parquet(path: str, *, id_column: str = "id", effort: str | None = None) -> Iterator[Item]:
    """Yield an item for each row of a Parquet file; needs the extra `parquet`.

    Raises:
        InvalidInput: there is no such file or column, or pyarrow is not installed.
        BadRow: a row cannot be an item.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        remedy = "pip install 'work-distribution[parquet]'"
        raise InvalidInput(
            subject="reading Parquet", must="have pyarrow", got="none", remedy=remedy
        ) from error
    broken = (OSError, pa.ArrowException, ValueError, OverflowError)
    try:
        file = pq.ParquetFile(path)
    except broken as error:
        raise _no_parquet(path, error) from error
    with file:
        for column in (id_column, effort):
            _check_column(column, file.schema_arrow.names)
        batches, line = file.iter_batches(batch_size=8192), 0
        while True:
            # Pages are read, and turned into values, only now: damage inside shows here.
            try:
                batch = next(batches, None)
                rows = [] if batch is None else batch.to_pylist()
            except broken as error:
                raise _no_parquet(path, error) from error
            if batch is None:
                return
            for row in rows:
                line += 1
                with _row(_named(path), line):
                    item = _parquet_item(row, id_column, effort)
                yield item


def _no_parquet(path: str, error: Exception) -> InvalidInput:
    detail = " ".join(str(error).split())
    return InvalidInput(subject="file", must="be readable Parquet", got=path, detail=detail)


def _parquet_item(row: Mapping[str, object], id_column: str, effort: str | None) -> Item:
    """Build an item from a row; a Decimal counts as effort to its last digit."""
    plain = {name: _plain(value) for name, value in row.items()}
    cells = {name: value for name, value in plain.items() if value is not None}
    item = _item(cells, id_column, effort, guess=False)
    exact = row[effort] if effort is not None else None
    return evolve(item, effort=exact) if isinstance(exact, Decimal) else item


def _plain(value: object) -> Json:
    """Turn what Arrow gives into what JSON can say; NaN is how it writes nothing."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value  # type: ignore[return-value]  # checked as an attribute of the item


def _item(cells: Mapping[str, Json], id_column: str, effort: str | None, *, guess: bool = True) -> Item:
    """Build an item from a row; with *guess*, text that looks like a number is one."""
    rest = dict(cells)
    if id_column not in rest:
        raise InvalidInput(subject=f"column {id_column!r}", must="hold the id", got=None)
    name = rest.pop(id_column)
    amount: Number = 1
    if effort is not None:
        if effort not in rest:
            raise InvalidInput(subject=f"column {effort!r}", must="hold the effort", got=None)
        amount = rest[effort]  # type: ignore[assignment]  # the item refuses what is no number
    if guess:
        rest = {column: plain_number(cell) for column, cell in rest.items()}
    if not guess and isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    return Item(cast("str", name), effort=amount, attributes=rest)


def plain_number(cell: Json) -> Json:
    """Read text as a number where it is written plainly, as 12 or -0.5; 007 and 1e5 may be names.

    >>> [plain_number(text) for text in ("12", "-0.5", "007", "1e5", "cat")]
    [12, -0.5, '007', '1e5', 'cat']
    """
    if not isinstance(cell, str) or not NUMBER.match(cell):
        return cell
    if "." not in cell:
        return int(cell) if len(cell) <= WHOLE_LIMIT else cell
    number = float(cell)
    return number if math.isfinite(number) else cell


def _check_column(column: str | None, known: object) -> None:
    names = list(known) if isinstance(known, (list, tuple)) else []
    if column is not None and column not in names:
        listed = ", ".join(map(repr, names[:12])) or "none"
        raise InvalidInput(subject="column", must=f"be one of {listed}", got=column)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _named(path: str) -> str:
    """Name a source so that it may be printed as it is."""
    return "standard input" if path == "-" else path if path.isprintable() else repr(path)


@contextmanager
def _opened(path: str) -> Iterator[IO[bytes]]:
    """Open a file or standard input."""
    if path == "-":
        if sys.stdin is None:
            raise InvalidInput(subject="standard input", must="be open", got=None)
        yield sys.stdin.buffer
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115  closed below
    except OSError as error:
        raise InvalidInput(
            subject="file", must="be readable", got=path, detail=error.strerror or ""
        ) from error
    with file:
        yield file


def _numbered(file: IO[bytes], source: str) -> Iterator[tuple[int, str]]:
    """Yield lines with their numbers, decoded, without their ends."""
    for line, raw in enumerate(io.BufferedReader(file) if isinstance(file, io.RawIOBase) else file, 1):
        try:
            text = raw.decode("utf-8-sig" if line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise BadRow(source=source, line=line, problem=f"not UTF-8 text ({error.reason})") from error
        yield line, text.rstrip("\r\n")


@contextmanager
def _row(source: str, line: int) -> Iterator[None]:
    """Say which line it was, whatever is wrong with it."""
    try:
        yield
    except BadRow:
        raise
    except (DistributionError, csv.Error) as error:
        raise BadRow(source=source, line=line, problem=str(error)) from error
