"""A file of any bytes is read or refused by name, and a written file is read back unchanged."""

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.exceptions.base import InvalidRequest
from apps.services.shared import spreadsheets
from tests.hostile import hostile

pytestmark = [pytest.mark.fuzz, pytest.mark.no_db]

COLUMNS = ("task", "user", "date")
CODES = {"columns", "empty", "encoding", "invalid", "max_length"}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "utf-7", "cp037"]

# Parts of a CSV file, and bytes that don't belong in one.
PIECES = [
    b",",
    b";",
    b"\t",
    b'"',
    b'""',
    b"'",
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xff",
    b"\x1a",
]
PIECES += [
    b"task",
    b"user",
    b"date",
    b"TASK",
    b" ",
    b"=1+1",
    b"2026-03-02",
    b"1",
    b"\xc3",
    b"\xe2\x80\xa8",
    b"\x85",
    b"\x0b",
]
PIECES += [b"x" * 256, b"x" * 100_001, b'"' * 999, b"," * 999, b"\n" * 999, "e\u0301ß𝕏".encode()]
pieces = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)
files = st.one_of(
    st.binary(max_size=500),
    pieces,
    pieces.map(lambda rest: b"task,user,date\n" + rest),
    pieces.map(lambda rest: b"\xef\xbb\xbftask;user;date\r\n" + rest),
    st.builds(
        lambda text, encoding: f"task,user,date\n{text}".encode(encoding, errors="replace"),
        st.text(max_size=200),
        st.sampled_from(ENCODINGS),
    ),
)


@hostile(examples=500)
@given(data=files)
@example(data=b"\xef\xbb\xbf" * 2 + b"task,user,date\n1,2,3")
@example(data=b'task,user,date\n"')
@example(data=b'"task\n,user,date')
def test_a_file_is_read_or_refused_by_name(data: bytes) -> None:
    try:
        rows = list(spreadsheets.read(io.BytesIO(data), COLUMNS, {"id"}))
    except InvalidRequest as refusal:
        [error] = refusal.data["errors"]
        assert (error["field"], error["code"] in CODES, bool(error["message"])) == ("file", True, True)
        assert len(error["message"]) < 1000
        return

    lines = data.count(b"\n") + 1
    assert all(1 < row.line <= lines for row in rows)
    assert all(len(row.cells) == len(COLUMNS) for row in rows)
    assert all(len(cell) <= spreadsheets.LONGEST_CELL and "\0" not in cell for row in rows for cell in row.cells)


# Text like that of names, without blanks around it, but with line ends, which no name has.
cells = st.text(
    st.one_of(st.characters(exclude_categories=["Cs", "Cc"]), st.sampled_from("=+-@'\"\t\n;,")), max_size=60
).map(str.strip)


@hostile(examples=300)
@given(table=st.lists(st.tuples(cells, cells, cells), max_size=5))
@example(table=[("'=1", "''@a", "'\tb")])
def test_a_written_file_is_read_back_unchanged(table: list[tuple[str, str, str]]) -> None:
    file = "".join(spreadsheets.write(COLUMNS, table)).encode()

    read = [row.cells for row in spreadsheets.read(io.BytesIO(file), COLUMNS)]

    assert read == [list(row) for row in table if any(row)]
