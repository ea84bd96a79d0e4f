"""Tasks, assignments, limits and the history."""

from tests.access.rows import NONE, api, each
from tests.access.table.values import BY_HAND, DAY, FORBIDDEN, NAME, NO_PERSON, NOTHING

NO_ASSIGNMENT = "404 assignment_not_found"

NO_ENTRY = "404 waiting_not_found"

NO_TASK = "404 task_not_found"

GIVEN = {"task": "{spare}", "user": "{whose}", "date": DAY}

_ASSIGNMENTS = "/api/users/assignment/"

_ASSIGNMENT = "/api/users/assignment/{id}/"

_WAITING = "/api/users/waiting/"

_ENTRY = "/api/users/waiting/{id}/"

_RETURNED = "/api/users/returned/"

NO_RETURN = "404 return_not_found"

_WHY = {"reason": "I am ill."}

_ROW = {"assignments": [GIVEN]}

ASSIGNMENTS = [
    api("GET", _ASSIGNMENTS, "200", "200 nothing", "200", "200", query="user={whose}"),
    api("POST", _ASSIGNMENTS, "201", FORBIDDEN, "201", "201", sends=GIVEN),
    api(
        "POST",
        _ASSIGNMENTS,
        *("404 task_not_found", FORBIDDEN, NO_TASK, NO_TASK),
        case="a task that doesn't exist",
        sends={**GIVEN, "task": "{missing}"},
    ),
    api(
        "POST",
        _ASSIGNMENTS,
        *(NONE, FORBIDDEN, NO_PERSON, NO_PERSON),
        case="a person who doesn't exist",
        sends={**GIVEN, "user": "{missing}"},
    ),
    api(
        "POST",
        _ASSIGNMENTS,
        *(NONE, FORBIDDEN, "409 user_inactive", "409 user_inactive"),
        case="a deactivated person",
        sends={**GIVEN, "user": "{disabled}"},
    ),
    api(
        "POST",
        _ASSIGNMENTS,
        *("400 date_out_of_range", FORBIDDEN, "201", "201"),
        case="a past day",
        sends={**GIVEN, "date": "2026-03-01"},
    ),
    api(
        "POST",
        _ASSIGNMENTS,
        *("202", FORBIDDEN, "202", "202"),
        case="to wait for a full day",
        sends={**GIVEN, "effort": 1000, "if_full": "wait"},
    ),
    api("GET", _WAITING, "200", "200 nothing", "200", "200", query="user={whose}"),
    api("GET", _ENTRY, "200", NO_ENTRY, "200", "200", thing="waiting"),
    api("DELETE", _ENTRY, "204", NO_ENTRY, "204", "204", thing="waiting"),
    api("DELETE", _ENTRY, FORBIDDEN, NO_ENTRY, "204", "204", case="queued by a taskmaster", thing="queued"),
    api("POST", f"{_ASSIGNMENT}return/", "201", NO_ASSIGNMENT, FORBIDDEN, FORBIDDEN, thing="given", sends=_WHY),
    api(
        "POST",
        f"{_ASSIGNMENT}return/",
        *("201", NONE, "201", "201"),
        case="their own",
        thing="given",
        own=True,
        sends=_WHY,
    ),
    api(
        "POST",
        f"{_ASSIGNMENT}return/",
        FORBIDDEN,
        NO_ASSIGNMENT,
        *2 * [FORBIDDEN],
        case="a past one",
        thing="past",
        sends=_WHY,
    ),
    api("GET", _RETURNED, "200", "200 nothing", "200", "200", query="user={whose}"),
    api("GET", f"{_RETURNED}{{id}}/", "200", NO_RETURN, "200", "200", thing="returned"),
    api("DELETE", f"{_RETURNED}{{id}}/", FORBIDDEN, NO_RETURN, "204", "204", thing="returned"),
    api("POST", f"{_RETURNED}{{id}}/place/", "201", NO_RETURN, "201", "201", thing="returned", sends={}),
    api(
        "POST",
        f"{_RETURNED}{{id}}/place/",
        *(FORBIDDEN, NO_RETURN, "201", "201"),
        case="to another person",
        thing="returned",
        sends={"user": "{third}"},
    ),
    api("GET", _ASSIGNMENT, "200", NO_ASSIGNMENT, "200", "200", thing="assignment"),
    api("GET", _ASSIGNMENT, "200", NO_ASSIGNMENT, "200", "200", case="given by a taskmaster", thing="given"),
    api("GET", _ASSIGNMENT, NONE, NO_ASSIGNMENT, NO_ASSIGNMENT, NO_ASSIGNMENT, case="doesn't exist", thing="missing"),
    api(
        "PATCH",
        _ASSIGNMENT,
        *("200", NO_ASSIGNMENT, "200", "200"),
        case="done",
        thing="assignment",
        sends={"status": "done"},
    ),
    api(
        "PATCH",
        _ASSIGNMENT,
        *("200", NO_ASSIGNMENT, "200", "200"),
        case="done, given by a taskmaster",
        thing="given",
        sends={"status": "done"},
    ),
    api(
        "PATCH",
        _ASSIGNMENT,
        *("200", NO_ASSIGNMENT, "200", "200"),
        case="to another day",
        thing="assignment",
        sends={"date": DAY},
    ),
    api(
        "PATCH",
        _ASSIGNMENT,
        *(FORBIDDEN, NO_ASSIGNMENT, "200", "200"),
        case="to another day, given by a taskmaster",
        thing="given",
        sends={"date": DAY},
    ),
    api(
        "PATCH",
        _ASSIGNMENT,
        *(FORBIDDEN, NO_ASSIGNMENT, "200", "200"),
        case="to another person",
        thing="assignment",
        sends={"user": "{third}"},
    ),
    api(
        "PATCH",
        _ASSIGNMENT,
        *(FORBIDDEN, NO_ASSIGNMENT, NO_PERSON, NO_PERSON),
        case="to a person who doesn't exist",
        thing="assignment",
        sends={"user": "{missing}"},
    ),
    api(
        "PATCH",
        _ASSIGNMENT,
        *(NONE, NO_ASSIGNMENT, NO_ASSIGNMENT, NO_ASSIGNMENT),
        case="doesn't exist",
        thing="missing",
        sends={"status": "done"},
    ),
    api("DELETE", _ASSIGNMENT, "204", NO_ASSIGNMENT, "204", "204", thing="assignment"),
    api("DELETE", _ASSIGNMENT, FORBIDDEN, NO_ASSIGNMENT, "204", "204", case="given by a taskmaster", thing="given"),
    api("DELETE", _ASSIGNMENT, FORBIDDEN, NO_ASSIGNMENT, "204", "204", case="of a past day", thing="past"),
    api(
        "DELETE", _ASSIGNMENT, NONE, NO_ASSIGNMENT, NO_ASSIGNMENT, NO_ASSIGNMENT, case="doesn't exist", thing="missing"
    ),
    api("POST", f"{_ASSIGNMENTS}bulk/", FORBIDDEN, FORBIDDEN, "201", "201", sends=_ROW),
    api(
        "POST",
        f"{_ASSIGNMENTS}bulk/",
        *(FORBIDDEN, FORBIDDEN, "207", "207"),
        case="each",
        sends={**_ROW, "mode": "each"},
    ),
    api(
        "POST",
        f"{_ASSIGNMENTS}bulk/",
        *(FORBIDDEN, FORBIDDEN, "409 bulk_refused", "409 bulk_refused"),
        case="a task that doesn't exist",
        sends={"assignments": [{**GIVEN, "task": "{missing}"}]},
    ),
    api(
        "POST",
        f"{_ASSIGNMENTS}earliest/",
        *("201", FORBIDDEN, "201", "201"),
        sends={"task": "{spare}", "user": "{whose}"},
    ),
    api(
        "POST",
        f"{_ASSIGNMENTS}earliest/",
        *(NO_TASK, FORBIDDEN, NO_TASK, NO_TASK),
        case="a task that doesn't exist",
        sends={"task": "{missing}", "user": "{whose}"},
    ),
    api("GET", f"{_ASSIGNMENTS}export.csv", FORBIDDEN, FORBIDDEN, "200", "200", query="user={whose}"),
    api("POST", f"{_ASSIGNMENTS}import/", FORBIDDEN, FORBIDDEN, "202", "202", sends={"file": "{csv}"}),
    api("GET", f"{_ASSIGNMENTS}import/{{id}}/", FORBIDDEN, FORBIDDEN, NOTHING, "200", thing="import"),
    api(
        "GET",
        f"{_ASSIGNMENTS}import/{{id}}/",
        *(FORBIDDEN, NONE, "200", "200"),
        case="their own import",
        thing="import",
        own=True,
    ),
    api(
        "GET", f"{_ASSIGNMENTS}import/{{id}}/", NONE, FORBIDDEN, NOTHING, NOTHING, case="doesn't exist", thing="missing"
    ),
    api("GET", f"{_ASSIGNMENTS}import/{{id}}/report.csv", FORBIDDEN, FORBIDDEN, NOTHING, "200", thing="import"),
    api(
        "GET",
        f"{_ASSIGNMENTS}import/{{id}}/report.csv",
        *(FORBIDDEN, NONE, "200", "200"),
        case="their own import",
        thing="import",
        own=True,
    ),
]

_DAY = "/api/users/limit/{user}/{date}/"

_RULE = "/api/users/limit-rule/{id}/"

LIMITS = [
    api("GET", "/api/users/limit/", "200", NO_PERSON, "200", "200", query="user={whose}"),
    api("PUT", _DAY, FORBIDDEN, FORBIDDEN, "200", "200", sends=BY_HAND),
    api(
        "PUT",
        _DAY,
        NONE,
        FORBIDDEN,
        NO_PERSON,
        NO_PERSON,
        case="a person who doesn't exist",
        thing="missing",
        sends=BY_HAND,
    ),
    api("DELETE", _DAY, FORBIDDEN, FORBIDDEN, "200", "200"),
    api("DELETE", _DAY, NONE, FORBIDDEN, NO_PERSON, NO_PERSON, case="a person who doesn't exist", thing="missing"),
    api("GET", "/api/users/limit-rule/", FORBIDDEN, FORBIDDEN, "200", "200"),
    api("POST", "/api/users/limit-rule/", FORBIDDEN, FORBIDDEN, "201", "201", sends={"maximum": 3, "user": "{whose}"}),
    api(
        "POST",
        "/api/users/limit-rule/",
        *(NONE, FORBIDDEN, NO_PERSON, NO_PERSON),
        case="for a person who doesn't exist",
        sends={"maximum": 3, "user": "{missing}"},
    ),
    api("GET", _RULE, FORBIDDEN, FORBIDDEN, "200", "200", thing="rule"),
    api("GET", _RULE, FORBIDDEN, FORBIDDEN, NOTHING, NOTHING, case="doesn't exist", thing="missing"),
    api("PATCH", _RULE, FORBIDDEN, FORBIDDEN, "200", "200", thing="rule", sends={"maximum": 2}),
    api(
        "PATCH",
        _RULE,
        FORBIDDEN,
        FORBIDDEN,
        NOTHING,
        NOTHING,
        case="doesn't exist",
        thing="missing",
        sends={"maximum": 2},
    ),
    api("DELETE", _RULE, FORBIDDEN, FORBIDDEN, "204", "204", thing="rule"),
    api("DELETE", _RULE, FORBIDDEN, FORBIDDEN, NOTHING, NOTHING, case="doesn't exist", thing="missing"),
    api("GET", "/api/users/availability/", "200", "200", "200", "200", case="on a date", query=f"date={DAY}"),
    api("GET", "/api/users/availability/", "200", NO_PERSON, "200", "200", case="of a person", query="user={whose}"),
]

_LINK = "/api/users/calendar/token/"

HISTORY = [
    api("GET", "/api/users/event/", "200", "200 nothing", "200", "200", query="user={whose}"),
    api("GET", _LINK, "200", NONE, "200", "200", own=True, no_key=True),
    api("POST", _LINK, "200", NONE, "200", "200", own=True, no_key=True),
    each(
        "GET",
        "/api/users/calendar/{token}.ics",
        *("200", "200", "200", "200", "200", NOTHING),
        case="the link needs no sign-in; a deactivated person's link is not found",
    ),
]

_TASK = "/api/tasks/{id}/"

TASKS = [
    api("GET", "/api/tasks/", "200", "200", "200", "200"),
    api("POST", "/api/tasks/", FORBIDDEN, FORBIDDEN, "201", "201", sends=NAME),
    api("GET", _TASK, "200", "200", "200", "200", thing="task"),
    api("GET", _TASK, NO_TASK, NO_TASK, NO_TASK, NO_TASK, case="doesn't exist", thing="missing"),
    api("PATCH", _TASK, FORBIDDEN, FORBIDDEN, "200", "200", thing="task", sends=NAME),
    api("PATCH", _TASK, FORBIDDEN, FORBIDDEN, NO_TASK, NO_TASK, case="doesn't exist", thing="missing", sends=NAME),
    api("DELETE", _TASK, FORBIDDEN, FORBIDDEN, "204", "204", thing="spare"),
    api("DELETE", _TASK, FORBIDDEN, FORBIDDEN, "409 task_in_use", "409 task_in_use", case="in use", thing="task"),
    api("DELETE", _TASK, FORBIDDEN, FORBIDDEN, NO_TASK, NO_TASK, case="doesn't exist", thing="missing"),
]
