"""My day, plans, series, imports and insights."""

from tests.access.rows import NONE, each, page
from tests.access.table.values import DAY, DONE

_SENT = "302 /import/{id}/"

_PASTED = {"paste": "booking", "date_from": DAY, "date_to": DAY, "objective": "even"}

_REPEATED = {
    "task": "{spare}",
    "who": "{somebody}",
    "interval": 1,
    "frequency": "WEEKLY",
    "date_from": DAY,
    "on_full": "skip",
}

PAGES = [
    page("GET", "/today/", "200", NONE, "200", "200", own=True),
    page("GET", "/today/changes/", "200", NONE, "200", "200", own=True, query="since=0-0-0"),
    page("POST", "/today/{id}/", DONE, "404", DONE, DONE, thing="given", sends={"status": "done"}),
    each("GET", "/today/worker.js", "200"),
    page("GET", "/today/{id}/return/", "200", "404", "403", "403", thing="given"),
    page("POST", "/today/{id}/return/", DONE, "404", "403", "403", thing="given", sends={"reason": "I am ill."}),
    page("GET", "/today/return/{date}/", "200", NONE, "200", "200", own=True),
    page("POST", "/today/return/{date}/", DONE, NONE, DONE, DONE, own=True, sends={"reason": "I am ill."}),
    page("POST", "/today/returned/{id}/", DONE, "404", DONE, DONE, thing="returned"),
    page("POST", "/today/waiting/{id}/", DONE, "404", DONE, DONE, thing="waiting"),
    page(
        "POST",
        "/today/waiting/{id}/",
        *("403", "404", DONE, DONE),
        case="queued by a taskmaster",
        thing="queued",
    ),
    page(
        "POST",
        "/today/{id}/",
        NONE,
        "404",
        "404",
        "404",
        case="doesn't exist",
        thing="missing",
        sends={"status": "done"},
    ),
    page("GET", "/import/", "403", NONE, "200", "200", own=True),
    page("POST", "/import/", "403", NONE, _SENT, _SENT, own=True, sends={"file": "{csv}"}),
    page("POST", "/import/look/", "403", NONE, "200", "200", own=True, sends={"file": "{csv}"}),
    page("GET", "/import/{id}/", "403", "403", "404", "200", thing="import"),
    page("GET", "/import/{id}/", "403", NONE, "200", "200", case="their own import", thing="import", own=True),
    page("POST", "/import/{id}/", "403", "403", "404", _SENT, thing="import"),
    page("POST", "/import/{id}/", "403", NONE, _SENT, _SENT, case="their own import", thing="import", own=True),
    page("GET", "/import/{id}/progress/", "403", "403", "404", "200", thing="import"),
    page("GET", "/import/{id}/progress/", "403", NONE, "200", "200", case="their own import", thing="import", own=True),
    page("GET", "/import/{id}/report.csv", "403", "403", "404", "200", thing="import"),
    page(
        "GET", "/import/{id}/report.csv", "403", NONE, "200", "200", case="their own import", thing="import", own=True
    ),
    page("GET", "/plan/", "403", NONE, "200", "200", own=True),
    page("POST", "/plan/", "403", NONE, "302 /plan/{id}/", "302 /plan/{id}/", own=True, sends=_PASTED),
    page("GET", "/plan/{id}/", "403", "403", "404", "200", thing="plan"),
    page("GET", "/plan/{id}/", "403", NONE, "200", "200", case="their own plan", thing="plan", own=True),
    page("POST", "/plan/{id}/apply/", "403", "403", "404", "302 /board/", thing="plan", sends={"mode": "all"}),
    page(
        "POST",
        "/plan/{id}/apply/",
        *("403", NONE, "302 /board/", "302 /board/"),
        case="their own plan",
        thing="plan",
        own=True,
        sends={"mode": "all"},
    ),
    page("GET", "/series/", "403", NONE, "200", "200", own=True),
    page("GET", "/series/new/", "403", NONE, "200", "200", own=True),
    page("GET", "/series/new/", "403", "403", "200", "200", case="of an assignment", query="assignment={assignment}"),
    page("POST", "/series/new/", "403", NONE, "302 /series/{id}/", "302 /series/{id}/", own=True, sends=_REPEATED),
    page("GET", "/series/{id}/", "403", "403", "200", "200", thing="series"),
    page("GET", "/series/{id}/", "403", "403", "404", "404", case="doesn't exist", thing="missing"),
    page(
        "POST",
        "/series/{id}/",
        *("403", "403", "302 /series/{id}/", "302 /series/{id}/"),
        thing="series",
        sends={**_REPEATED, "since": DAY},
    ),
    page(
        "POST", "/series/{id}/end/", "403", "403", "302 /series/", "302 /series/", thing="series", sends={"since": DAY}
    ),
    page("GET", "/find/", "200", NONE, "200", "200", query="q=a", own=True),
    page("GET", "/insights/", "403", NONE, "200", "200", own=True),
    *(page("GET", f"/insights/{name}.csv", "403", NONE, "200", "200", own=True) for name in ("load", "full", "room")),
    page("GET", "/insights/people.csv", "403", NONE, "200", "200", own=True),
]
