"""CSV as spreadsheets write it and read it, line by line: a file of any length needs no more memory than a short one.

Reading takes UTF-8 with and without byte order mark, commas, semicolons and tabs, and any line ends but single
carriage returns. Writing is RFC 4180 in UTF-8 with a byte order mark, without which Excel takes it for something else.
"""

import csv
import datetime
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from apps.exceptions.base import InvalidRequest

SEPARATORS = ",;\t"
LONGEST_ROW = 100_000  # bytes, of all its lines
LONGEST_CELL = 255  # characters, of a cell that is read
_BYTE_ORDER_MARK = "\ufeff"
# What is written at once, in characters.
_PIECE = 64_000

# Spreadsheets run what begins like this: https://owasp.org/www-community/attacks/CSV_Injection. Apostrophes before it
# are ours or were there already; one more is put before either, so that taking one away gives back what was there.
_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]|'*[\t\r\n]")


class Source(Protocol):
    """A file of bytes that can be read again."""

    def readline(self, size: int, /) -> bytes:
        """The next line, or as much of it."""

    def seek(self, offset: int, /) -> object:
        """Go to a place in the file."""


class Row(NamedTuple):
    """The line that a row begins on, and its cells in the order of the columns that were asked for."""

    line: int
    cells: list[str]


def read(file: Source, columns: Sequence[str], others: Collection[str] = ()) -> Iterator[Row]:
    """The rows of a file that aren't empty, each with its cells of `columns`, without blanks around.

    The first line names the columns, in any order and case; those of `others` are passed over.
    Raises `InvalidRequest`, with the line, for whatever isn't such a file.
    """
    file.seek(0)
    lines = _Lines(file)
    header = next((line for line in lines if line.strip()), "")
    separator = max(SEPARATORS, key=header.count)
    rows = _rows(lines, csv.reader(chain([header], lines), delimiter=separator, strict=True, skipinitialspace=True))
    names = _names(next(rows, Row(0, [])), columns, others)
    places = [names.index(column) for column in columns]
    for line, cells in rows:
        if any(cells[len(names) :]):
            raise _refusal(
                "columns", f"Line {line} has more cells than the header; is one with {separator!r} unquoted?"
            )
        cells += [""] * (len(names) - len(cells))
        chosen = [_as_typed(cells[place]) for place in places]
        if max(map(len, chosen)) > LONGEST_CELL:
            raise _refusal("max_length", f"Line {line} has a cell of more than {LONGEST_CELL} characters.")
        yield Row(line, chosen)


def write(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A file in pieces. Text that a spreadsheet would run as a formula gets an apostrophe before it."""
    piece = io.StringIO(newline="")
    writer = csv.writer(piece)
    piece.write(_BYTE_ORDER_MARK)
    writer.writerow(header)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        if piece.tell() > _PIECE:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()


def _cell(value: object) -> object:
    match value:
        case str():
            return f"'{value}" if _FORMULA.match(value) else value
        case datetime.datetime():
            return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
        case _:
            return value


def _as_typed(cell: str) -> str:
    """Without the apostrophe that `write` has put before it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


class _Lines:
    """The lines of a file as text; `number` is that of the last one, and `row_begins` is said before each row."""

    def __init__(self, file: Source) -> None:
        self._file = file
        self._left = LONGEST_ROW
        self.number = 0

    def row_begins(self) -> None:
        """From here a row may be so long."""
        self._left = LONGEST_ROW

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self._left + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._left -= len(line)
        if self._left < 0:
            message = f"Line {self.number}: a row is longer than {LONGEST_ROW:,} bytes; does a quoted cell never end?"
            raise _refusal("max_length", message)
        try:
            text = line.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise _refusal("encoding", f"Line {self.number} is not UTF-8; save the file as CSV in UTF-8.") from None
        if "\0" in text:
            raise _refusal("encoding", f"Line {self.number} holds NUL bytes; save the file as CSV in UTF-8.")
        return text


def _rows(lines: _Lines, cells_of_lines: Iterator[list[str]]) -> Iterator[Row]:
    first = max(lines.number, 1)  # The header's line is read already.
    while True:
        try:
            cells = next(cells_of_lines, None)
        except csv.Error as error:
            raise _refusal("invalid", f"Line {first}: {_explained(error)}.") from None
        if cells is None:
            return
        cells = [cell.strip() for cell in cells]
        if any(cells):
            yield Row(first, cells)
        first = lines.number + 1
        lines.row_begins()


def _explained(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "a quoted cell that begins here never ends"
    return "the quotes or the line ends are not those of a CSV file"


def _names(header: Row, columns: Sequence[str], others: Collection[str]) -> list[str]:
    names = [name.casefold() for name in header.cells]
    while names and not names[-1]:
        names.pop()  # Spreadsheets write the empty columns at the right, too.
    wanted = f"the first line must name the columns {', '.join(columns)}"
    if not names:
        raise _refusal("empty", f"The file is empty; {wanted}.")
    if unknown := [name for name in names if name not in {*columns, *others}]:
        # A few are enough to see what is wrong.
        told = ", ".join(repr(name[:50]) for name in unknown[:5])
        raise _refusal("columns", f"Line {header.line} has unknown columns ({told}); {wanted}.")
    if missing := [column for column in columns if column not in names]:
        raise _refusal("columns", f"Line {header.line} lacks {', '.join(missing)}; {wanted}.")
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise _refusal("columns", f"Line {header.line} names {', '.join(twice)} more than once.")
    return names


def _refusal(code: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, errors=[{"field": "file", "code": code, "message": message}])
