"""The first line of a file of rows: which column is which."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest


def names_of(
    line: int, cells: Sequence[str], columns: Sequence[str], others: Collection[str], heads: Mapping[str, str] | None
) -> list[str]:
    """The names of the columns of a file, from the cells of its first line. `heads` has the heads of those that the
    file calls otherwise; with it, all other columns are allowed. Raises `InvalidRequest` that names the line."""
    names = [name.casefold() for name in cells]
    if heads:
        names = _renamed(line, names, heads)
        columns, others = [*columns], {*others, *names}
    while names and not names[-1]:
        names.pop()  # Spreadsheets write the empty columns at the right, too.
    wanted = ", ".join(columns)
    if not names:
        raise refusal(
            "empty", gettext("The file is empty; the first line must name the columns %(wanted)s.") % {"wanted": wanted}
        )
    if unknown := [name for name in names if name not in {*columns, *others}]:
        # A few are enough to show the mistake.
        told = ", ".join(repr(name[:50]) for name in unknown[:5])
        raise refusal(
            "columns",
            gettext("Line %(line)s has unknown columns (%(told)s); the first line must name the columns %(wanted)s.")
            % {"line": line, "told": told, "wanted": wanted},
        )
    if missing := [column for column in columns if column not in names]:
        raise refusal(
            "columns",
            gettext("Line %(line)s lacks %(join)s; the first line must name the columns %(wanted)s.")
            % {"line": line, "join": ", ".join(missing), "wanted": wanted},
        )
    if twice := [name for name, count in Counter(names).items() if count > 1 and (not heads or name in columns)]:
        raise refusal(
            "columns",
            gettext("Line %(line)s names %(join)s more than once.") % {"line": line, "join": ", ".join(twice)},
        )
    return names


def _renamed(line: int, names: list[str], heads: Mapping[str, str]) -> list[str]:
    """The names of the columns, where each head is replaced by what it stands for. Another column with that name
    loses it."""
    wanted = {head.casefold(): column for column, head in heads.items()}
    if missing := [head for head in wanted if head not in names]:
        message = gettext("Line %(line)s has no column %(head)r.") % {"line": line, "head": missing[0]}
        raise refusal("columns", message)
    return [wanted.get(name, f"({name})" if name in wanted.values() else name) for name in names]


def refusal(code: str, message: str) -> InvalidRequest:
    """The refusal of a file."""
    return InvalidRequest(message, errors=[{"field": "file", "code": code, "message": message}])
