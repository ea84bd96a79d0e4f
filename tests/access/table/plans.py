"""Distributions and series."""

from tests.access.rows import NONE, api
from tests.access.table.planning import NO_TASK
from tests.access.table.values import DAY, FORBIDDEN, NOTHING

_PLAN = "/api/users/distribution/"

_PILE = {"items": [{"task": "{spare}"}], "users": ["{whose}"], "date_from": DAY, "date_to": DAY}

DISTRIBUTIONS = [
    api("POST", _PLAN, FORBIDDEN, FORBIDDEN, "200", "200", sends=_PILE),
    api(
        "POST",
        _PLAN,
        *(FORBIDDEN, FORBIDDEN, NO_TASK, NO_TASK),
        case="a task that doesn't exist",
        sends={**_PILE, "items": [{"task": "{missing}"}]},
    ),
    api("POST", f"{_PLAN}{{id}}/apply/", FORBIDDEN, FORBIDDEN, NOTHING, "201", thing="plan", sends={"mode": "all"}),
    api(
        "POST",
        f"{_PLAN}{{id}}/apply/",
        *(FORBIDDEN, NONE, "201", "201"),
        case="their own plan",
        thing="plan",
        own=True,
        sends={"mode": "all"},
    ),
]

_SERIES = "/api/users/series/"

_ONE_SERIES = "/api/users/series/{id}/"

NO_SERIES = "404 series_not_found"

_WEEKLY = {"task": "{spare}", "user": "{whose}", "rrule": "FREQ=WEEKLY", "date_from": DAY}

SERIES = [
    api("GET", _SERIES, "200", "200 nothing", "200", "200", query="user={whose}"),
    api("POST", _SERIES, "201", FORBIDDEN, "201", "201", sends=_WEEKLY),
    api(
        "POST",
        _SERIES,
        *(FORBIDDEN, FORBIDDEN, "201", "201"),
        case="in turns with others",
        sends={"task": "{spare}", "users": ["{whose}", "{third}"], "rrule": "FREQ=WEEKLY", "date_from": DAY},
    ),
    api(
        "POST",
        _SERIES,
        *(NO_TASK, FORBIDDEN, NO_TASK, NO_TASK),
        case="a task that doesn't exist",
        sends={**_WEEKLY, "task": "{missing}"},
    ),
    api("GET", _ONE_SERIES, "200", NO_SERIES, "200", "200", thing="series"),
    api("PATCH", _ONE_SERIES, "200", NO_SERIES, "200", "200", thing="series", sends={"effort": 2}),
    api(
        "PATCH",
        _ONE_SERIES,
        *(FORBIDDEN, NO_SERIES, "200", "200"),
        case="made by a taskmaster",
        thing="repeated",
        sends={"effort": 2},
    ),
    api(
        "PATCH",
        _ONE_SERIES,
        *(FORBIDDEN, NO_SERIES, "200", "200"),
        case="for another person",
        thing="series",
        sends={"user": "{third}"},
    ),
    api("DELETE", _ONE_SERIES, "204", NO_SERIES, "204", "204", thing="series"),
    api("DELETE", _ONE_SERIES, FORBIDDEN, NO_SERIES, "204", "204", case="made by a taskmaster", thing="repeated"),
    api("DELETE", _ONE_SERIES, NONE, NO_SERIES, NO_SERIES, NO_SERIES, case="doesn't exist", thing="missing"),
    api("GET", f"{_ONE_SERIES}occurrence/", "200", NO_SERIES, "200", "200", thing="repeated"),
]
