"""CSV files of spreadsheets are read, other files are refused with a line, and formulas are made harmless."""

import csv
import datetime
import io
import tracemalloc
from collections.abc import Iterator

import pytest

from apps.exceptions.base import InvalidRequest
from apps.services.shared import spreadsheets

COLUMNS = ("task", "user", "date")
OTHERS = {"id", "task_name"}
ROW = ["cooking", "alice", "2026-03-02"]


def read(text: str | bytes) -> list[spreadsheets.Row]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(spreadsheets.read(io.BytesIO(data), COLUMNS, OTHERS))


# --- reading ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "task,user,date\ncooking,alice,2026-03-02\n",
        "task,user,date\r\ncooking,alice,2026-03-02\r\n",
        "task,user,date\ncooking,alice,2026-03-02",
        "\ufefftask,user,date\ncooking,alice,2026-03-02\n",
        '\ufeff"task","user","date"\r\n"cooking","alice","2026-03-02"\r\n',
        "task;user;date\ncooking;alice;2026-03-02\n",
        "task\tuser\tdate\ncooking\talice\t2026-03-02\n",
        "date,user,task\n2026-03-02,alice,cooking\n",
        " Task , USER ,\tDate \n  cooking , alice ,\t2026-03-02  \n",
        "id,task,task_name,user,date\n7,cooking,x,alice,2026-03-02\n",
        "task,user,date,,\ncooking,alice,2026-03-02,,\n",
        'task, "user", date\ncooking, "alice", 2026-03-02\n',
        "\ufeff\ufefftask,user,date\ncooking,alice,2026-03-02\n",
        "task,user,date\ncooking,alice,2026-03-02\r\n\x1a",
        "task,user,date\ncooking,alice,2026-03-02\x1a",
        "task,user,date\ncooking,alice,2026-03-02\n\x1a\x1a",
    ],
    ids=repr,
)
def test_reads_a_file_however_a_spreadsheet_wrote_it(text: str) -> None:
    assert read(text) == [(2, ROW)]


@pytest.mark.parametrize(
    ("line", "separator"), [("sep=;", ";"), ("\ufeffSEP=,", ","), ("sep=\t", "\t"), ('"sep=;"', ";")], ids=repr
)
def test_the_first_line_may_name_the_separator_as_excel_does(line: str, separator: str) -> None:
    header, row = separator.join(COLUMNS), separator.join(ROW)

    assert read(f"{line}\r\n{header}\r\n{row}\r\n") == [(3, ROW)]
    # It overrides the separators in the header.
    assert read(f"{line}\n{header}{separator}\n{row}\n") == [(3, ROW)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["", "\r\n", "\r\n\x1a"], ids=repr)
def test_reads_utf_16_with_a_byte_order_mark_as_excel_writes_unicode_text(encoding: str, end: str) -> None:
    # Ċ and 𝕏 have bytes that look like a line feed, and two code units.
    text = f'\ufefftask\tuser\tdate\r\nĊooking ਊ 𝕏\talice\t2026-03-02\r\n\r\n"two\nlines"\tb\tc{end}'

    assert read(text.encode(encoding)) == [(2, ["Ċooking ਊ 𝕏", "alice", "2026-03-02"]), (4, ["two\nlines", "b", "c"])]


def test_reads_a_long_utf_16_file_whole() -> None:
    text = "\ufefftask;user;date\n" + "kuchařka 👩‍🍳;b;c\n" * 20_000

    assert read(text.encode("utf-16-le")) == read(text)


def test_skips_empty_lines_and_still_counts_them() -> None:
    assert read("\r\n\ntask;user;date\r\n\r\na;b;c\r\n;;\r\n  \n\nd;e;f\r\n\r\n;;;;\r\n") == [
        (5, ["a", "b", "c"]),
        (9, ["d", "e", "f"]),
    ]


def test_reads_quoted_cells_with_separators_quotes_and_line_ends() -> None:
    text = 'task;user;date\r\n"a;b";"say ""x""";"two\r\nlines"\r\nc;d;e\r\n'

    assert read(text) == [(2, ["a;b", 'say "x"', "two\r\nlines"]), (4, ["c", "d", "e"])]


def test_reads_any_script() -> None:
    assert read("task,user,date\nkuchařka 👩‍🍳,Ωmega,२०२६\n") == [(2, ["kuchařka 👩‍🍳", "Ωmega", "२०२६"])]


def test_cells_that_are_missing_at_the_end_are_empty() -> None:
    assert read("task,user,date\ncooking\n") == [(2, ["cooking", "", ""])]


def test_only_the_header_decides_the_separator() -> None:
    assert read("task;user;date\na,b,c;d;e\n") == [(2, ["a,b,c", "d", "e"])]


def test_a_file_can_be_read_again() -> None:
    file = io.BytesIO(b"task,user,date\na,b,c\n")

    assert list(spreadsheets.read(file, COLUMNS)) == list(spreadsheets.read(file, COLUMNS)) == [(2, ["a", "b", "c"])]


# --- refusals ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty; the first line must name the columns task, user, date."),
        (b"\xef\xbb\xbf", "The file is empty"),
        (b"\n \r\n\n", "The file is empty"),
        (b",,\n", "The file is empty"),
        ("task,user,date\n".encode("utf-16-le"), "Line 1 contains NUL bytes"),
        ("task,user,date\n".encode("utf-32"), "Line 1 contains NUL bytes"),
        (b"\xff\xfe", "The file is empty"),
        ("task,user,date\na,b,c".encode("utf-16") + b"d", "Line 2 is not UTF-16"),
        ("task,user,date\na,b,c\n\ud800,e,f\n".encode("utf-16", "surrogatepass"), "Line 3 is not UTF-16"),
        ("x".encode("utf-16") * 1_000_000, "Line 1: a row is longer than 100,000 bytes"),
        (b"sep=;\n", "The file is empty"),
        (b"sep=|\ntask|user|date\n", "Line 1 has unknown columns ('sep=|');"),
        (b"sep=;\nsep=;\ntask;user;date\n", "Line 2 has unknown columns ('sep=');"),
        (b"task,user,date\n" + b"," * 1000, "Line 2 has more than 1,000 cells"),
        ("task,user,date\na,b,c\nJörg,b,c\n".encode("latin-1"), "Line 3 is not UTF-8"),
        (b"task,user,date\na,b,c\nd\0,e,f\n", "Line 3 contains NUL bytes"),
        (b"task,user,date\na,b,\xed\xa0\x80\n", "Line 2 is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "Line 1 is not UTF-8"),
        (b"PK\x03\x04\x14\0\x06\0", "Line 1 contains NUL bytes"),
        (b"task,user\na,b\n", "Line 1 lacks date;"),
        (b"\n\nuser\na\n", "Line 3 lacks task, date;"),
        (b"task,user,date,colour\na,b,c,d\n", "Line 1 has unknown columns ('colour');"),
        (b"cooking,alice,2026-03-02\n", "Line 1 has unknown columns ('cooking', 'alice', '2026-03-02');"),
        (b"task,user,date,,x\n", "Line 1 has unknown columns ('', 'x');"),
        (b",".join(b"c%d" % number for number in range(10_000)), "Line 1 has unknown columns ('c0', 'c1', 'c2', "),
        (b"task,user,date" + b",task" * 9_000, "Line 1 names task more than once."),
        (b"task,user,date\na,b,c,d\n", "Line 2 has more cells than the header; is one with ',' unquoted?"),
        (b"task;user;date\na;b;c;;d\n", "Line 2 has more cells than the header; is one with ';' unquoted?"),
        (b'task,user,date\na,b,c\n"a,b,c\nd,e,f\n', "Line 3: a quoted cell that begins here never ends."),
        (b'task,user,date\n"a"b,c,d\n', "Line 2: the quotes or the line ends are not valid in a CSV file."),
        (b"task,user,date\ra,b,c\rd,e,f\r", "Line 1: the quotes or the line ends are not valid in a CSV file."),
        (
            b'task,user,date\n"' + b"a,b,c\n" * 50_000,
            "a row is longer than 100,000 bytes; does a quoted cell never end",
        ),
        (b'task,user,date\n"\n",' + b'"\n",' * 50_000, "a row is longer than 100,000 bytes"),
        (b"task,user,date\na,b," + b"x" * 256, "Line 2 has a cell of more than 255 characters."),
        (b"task,user,date\na,b,c\na,b," + b"x" * 1_000_000, "Line 3: a row is longer than 100,000 bytes"),
        (b"x" * 1_000_000, "Line 1: a row is longer than 100,000 bytes"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_refuses_a_bad_file_with_its_line(data: bytes, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(data)

    assert said in refused.value.detail
    assert len(refused.value.detail) < 300
    (error,) = refused.value.data["errors"]
    assert (error["field"], error["message"]) == ("file", refused.value.detail)


@pytest.mark.parametrize("empty", ["\n", "\r\n", ";;\n", '"\n"\n', "  \n"], ids=repr)
def test_reads_at_most_the_allowed_lines_whatever_they_contain(empty: str) -> None:
    file = io.BytesIO(b"task;user;date\na;b;c\n" + empty.encode() * 1000)

    with pytest.raises(InvalidRequest, match="The file has more than 100 lines; remove the empty ones"):
        list(spreadsheets.read(file, COLUMNS, most_lines=100))

    assert file.tell() <= len("task;user;date\na;b;c\n") + 100 * len(empty)


def test_a_file_with_exactly_the_allowed_lines_is_read() -> None:
    file = io.BytesIO(b"task,user,date\n\na,b,c\n")

    assert list(spreadsheets.read(file, COLUMNS, most_lines=3)) == [(3, ["a", "b", "c"])]


def test_the_longest_cell_is_read() -> None:
    assert read(f"task,user,date\n{'ж' * 255},b,c\n") == [(2, ["ж" * 255, "b", "c"])]


def test_ignored_columns_may_have_long_cells() -> None:
    assert read(f"id,task,user,date\n{'x' * 90_000},a,b,c\n") == [(2, ["a", "b", "c"])]


# --- writing ----------------------------------------------------------------------------------------------------


def written(*rows: list[object]) -> str:
    return "".join(spreadsheets.write(COLUMNS, rows))


def test_writes_a_file_that_excel_opens_correctly() -> None:
    at = datetime.datetime(2026, 3, 2, 12, 0, tzinfo=datetime.UTC)

    assert written(["a,b", 'say "x"', datetime.date(2026, 3, 2)], [7, None, at]) == (
        '\ufefftask,user,date\r\n"a,b","say ""x""",2026-03-02\r\n7,,2026-03-02T12:00:00Z\r\n'
    )


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(1)",
        "  =1",
        "\t=1",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        "'=1",
        "''=1",
        "' =1",
        "=cmd|' /C calc'!A0",
        "=" * 255,
    ],
    ids=repr,
)
def test_text_that_a_spreadsheet_would_run_is_made_harmless_and_read_back_unchanged(name: str) -> None:
    text = written([name, "b", "c"])

    (cell, *_) = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))[1]
    assert cell == f"'{name}"
    ((_, cells),) = read(text)
    assert cells == [name, "b", "c"]


@pytest.mark.parametrize(
    "name", ["cooking", "'tis", "'", "''", "a=b", "1-2", "x@example.org", "O'Neil", "ünï", '"'], ids=repr
)
def test_other_text_stays_as_it_is(name: str) -> None:
    text = written([name, "b", "c"])

    assert list(csv.reader(io.StringIO(text, newline="")))[1][0] == name
    assert read(text) == [(2, [name, "b", "c"])]


def test_neither_reading_nor_writing_keeps_the_file_in_memory() -> None:
    def many() -> Iterator[list[object]]:
        for number in range(20_000):
            yield [f"task {number}", f"person {number}", "x" * 100]

    tracemalloc.start()
    try:
        length = sum(len(piece) for piece in spreadsheets.write(COLUMNS, many()))
        written_at_most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert length > 2_000_000
    assert written_at_most < 1_000_000

    file = io.BytesIO(b"task,user,date\n" + b"cooking,alice,2026-03-02\n" * 50_000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in spreadsheets.read(file, COLUMNS)) == 50_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
