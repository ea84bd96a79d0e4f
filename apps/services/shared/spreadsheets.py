"""Reads and writes CSV as spreadsheets do, row by row: a long file needs no more memory than a short one.

It reads UTF-8, UTF-16 with a byte order mark (Excel's "Unicode text"), commas, semicolons and tabs, Excel's first line
`sep=;`, and all line ends except single carriage returns. It writes RFC 4180 in UTF-8 with a byte order mark, without
which Excel would read another encoding.
"""

import codecs
import csv
import datetime
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from django.utils.translation import gettext

from apps.services.shared.headers import names_of, refusal

SEPARATORS = ",;\t"
LONGEST_ROW = 100_000  # bytes in UTF-8, with all lines of the row
LONGEST_CELL = 255  # characters, in the columns that were asked for
MOST_CELLS = 1000  # in a row after the header, with the empty ones at its end
_BYTE_ORDER_MARK = "\ufeff"
# Old editors end a file with Ctrl-Z.
_END_OF_FILE = "\x1a"
# Excel takes the separator from a first line such as `sep=;`.
_SEPARATOR_LINE = re.compile(rf'"?sep=([{SEPARATORS}])"?[\r\n]*', re.IGNORECASE)
# Bytes or characters that are read or written at once.
_PIECE = 64_000

# Spreadsheets run text that begins like this: https://owasp.org/www-community/attacks/CSV_Injection. `write` puts an
# apostrophe before it, also where there are apostrophes already. So `read` restores the text by removing one.
_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]|'*[\t\r\n]")


class Source(Protocol):
    """A file of bytes that can be read again."""

    def readline(self, size: int, /) -> bytes:
        """The next line, but at most `size` bytes of it."""

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes, or fewer at the end."""

    def seek(self, offset: int, /) -> object:
        """Go to a position in the file."""


class Row(NamedTuple):
    """The number of the row's first line, and the row's cells in the order of the columns that were asked for."""

    line: int
    cells: list[str]


def read(
    file: Source,
    columns: Sequence[str],
    others: Collection[str] = (),
    *,
    optional: Sequence[str] = (),
    most_lines: int | None = None,
    heads: Mapping[str, str] | None = None,
) -> Iterator[Row]:
    """Yield the rows of a file, without empty ones. Each has the cells of `columns`, without blanks around them, and
    after them those of the columns that are `optional`, empty where the file doesn't have them.

    The first line names the columns, in any order and case; `read` skips columns that are in `others`. With `heads`,
    which has the head of each column that is called otherwise, it skips all other columns.
    Raises `InvalidRequest` with the line's number if the file isn't such a file, or has more than `most_lines` lines.
    """
    separator, header, rows = _opened(file, most_lines)
    names = names_of(header.line, header.cells, columns, {*optional, *others}, heads)
    places = [names.index(column) if column in names else None for column in (*columns, *optional)]
    for line, cells in rows:
        if any(cells[len(names) :]):
            raise refusal(
                "columns",
                gettext("Line %(line)s has more cells than the header; is one with %(separator)r unquoted?")
                % {"line": line, "separator": separator},
            )
        cells += [""] * (len(names) - len(cells))
        chosen = ["" if place is None else _as_typed(cells[place]) for place in places]
        if max(map(len, chosen)) > LONGEST_CELL:
            raise refusal(
                "max_length",
                gettext("Line %(line)s has a cell of more than %(longest_cell)s characters.")
                % {"line": line, "longest_cell": LONGEST_CELL},
            )
        yield Row(line, chosen)


def heads_of(file: Source) -> list[str]:
    """What the first line calls the columns. Raises `InvalidRequest` if that can't be read."""
    _, header, _ = _opened(file, None)
    return [cell for cell in header.cells if cell]


def _opened(file: Source, most_lines: int | None) -> tuple[str, Row, Iterator[Row]]:
    """The separator of a file, its header, and the rows after it."""
    lines = _Lines(file, most_lines)
    header = _next_filled(lines)
    if told := _SEPARATOR_LINE.fullmatch(header):
        separator, header = told[1], _next_filled(lines)
    else:
        separator = max(SEPARATORS, key=header.count)
    rows = _rows(lines, csv.reader(chain([header], lines), delimiter=separator, strict=True, skipinitialspace=True))
    return separator, next(rows, Row(0, [])), rows


def write(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield a CSV file in pieces. Text that a spreadsheet would run as a formula gets an apostrophe before it."""
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
    """The cell without the apostrophe that `write` put before it."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


class _Lines:
    """Iterates over the lines of a file as text. `number` is the number of the last line that was read.

    Call `row_begins` before each row: it bounds the length of a row, however many lines that has.
    """

    def __init__(self, file: Source, most: int | None) -> None:
        file.seek(0)
        mark = file.read(2)
        file.seek(0)
        self._is_utf_16 = mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        self._readline = _Utf16(file).readline if self._is_utf_16 else file.readline
        self._most = most
        self._left = LONGEST_ROW
        self.number = 0

    def row_begins(self) -> None:
        """Let the next row have the full length."""
        self._left = LONGEST_ROW

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._readline(self._left + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if self._most is not None and self.number > self._most:
            raise refusal(
                "max_length",
                gettext("The file has more than %(most)s lines; remove the empty ones.") % {"most": f"{self._most:,}"},
            )
        self._left -= len(line)
        if self._left < 0:
            message = gettext("Line %(line)d: a row is longer than %(most)s bytes; does a quoted cell never end?")
            raise refusal("max_length", message % {"line": self.number, "most": f"{LONGEST_ROW:,}"})
        try:
            text = line.decode()
        except UnicodeDecodeError:
            encoding = "UTF-16" if self._is_utf_16 else "UTF-8"
            message = gettext("Line %(line)d is not %(encoding)s; save the file as CSV in UTF-8.")
            raise refusal("encoding", message % {"line": self.number, "encoding": encoding}) from None
        if "\0" in text:
            raise refusal(
                "encoding",
                gettext("Line %(number)s contains NUL bytes; save the file as CSV in UTF-8.") % {"number": self.number},
            )
        if self.number == 1:
            # Some programs write a second mark before the first one.
            text = text.lstrip(_BYTE_ORDER_MARK)
        if text.endswith(_END_OF_FILE):  # Nothing follows: any other line ends with a line feed.
            text = text.rstrip(_END_OF_FILE)
            if not text:
                raise StopIteration
        return text


class _Utf16:
    """Reads a UTF-16 file as if it were UTF-8. Bytes that are not UTF-16 become bytes that are not UTF-8."""

    def __init__(self, file: Source) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-16")("surrogatepass")
        self._read = bytearray()
        self._ended = False

    def readline(self, size: int) -> bytes:
        """The next line, but at most `size` bytes of it."""
        while (end := self._read.find(b"\n", 0, size) + 1) == 0 and len(self._read) < size and not self._ended:
            self._read_on()
        line = bytes(self._read[: end or size])
        del self._read[: len(line)]
        return line

    def _read_on(self) -> None:
        piece = self._file.read(_PIECE)
        self._ended = not piece
        try:
            text = self._decoder.decode(piece, final=self._ended)
        except UnicodeDecodeError:
            self._read += b"\xff"  # Half a character at the end.
        else:
            self._read += text.encode("utf-8", "surrogatepass")


def _next_filled(lines: Iterator[str]) -> str:
    """The next line that isn't blank, or an empty text at the end."""
    return next((line for line in lines if line.strip()), "")


def _rows(lines: _Lines, cells_of_lines: Iterator[list[str]]) -> Iterator[Row]:
    first = header = max(lines.number, 1)  # The header's line is read already.
    while True:
        try:
            cells = next(cells_of_lines, None)
        except csv.Error as error:
            raise refusal("invalid", _explanation(error) % {"line": first}) from None
        if cells is None:
            return
        if len(cells) > MOST_CELLS and first > header:
            raise refusal(
                "columns",
                gettext("Line %(first)s has more than %(most_cells)s cells; remove the empty ones.")
                % {"first": first, "most_cells": f"{MOST_CELLS:,}"},
            )
        cells = [cell.strip() for cell in cells]
        if any(cells):
            yield Row(first, cells)
        first = lines.number + 1
        lines.row_begins()


def _explanation(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return gettext("Line %(line)d: a quoted cell that begins here never ends.")
    return gettext("Line %(line)d: the quotes or the line ends are not valid in a CSV file.")
