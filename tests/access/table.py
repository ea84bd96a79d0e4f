"""The table of answers. `api` and `page` take those to a person about their own data, a person about somebody else's, a
taskmaster and an admin. `each` takes two more: for anonymous callers in front, for deactivated people at the end. The
answers to API keys follow from the taskmaster's, because they are a taskmaster's keys.

After a change here: `python -m tests.access`, which writes docs/access.md.
"""

from typing import Any

from tests.access.rows import ANY, NONE, SIGN_IN, Row, admin_page, api, each, page

DAY = "2026-03-03"
FORBIDDEN = "403 not_allowed"
NO_ASSIGNMENT = "404 assignment_not_found"
NO_ENTRY = "404 waiting_not_found"
NO_TASK = "404 task_not_found"
NO_PERSON = "404 user_not_found"
NOTHING = "404 not_found"
NOT_VALID = "401 token_not_valid"
WRONG = "401 invalid_credentials"

GIVEN = {"task": "{spare}", "user": "{whose}", "date": DAY}
CREDENTIALS = {"username": "{name}", "password": "{password}"}
PASSWORDS = {"old_password": "{password}", "new_password": "of another choice"}

TOKENS = [
    each("POST", "/api/users/token/", WRONG, "200", NONE, "200", "200", WRONG, own=True, sends=CREDENTIALS),
    each(
        "POST",
        "/api/users/token/",
        *(WRONG, NONE, WRONG, WRONG, WRONG, WRONG),
        case="another person's username, their own password",
        sends={"username": "{somebody}", "password": "{password}"},
    ),
    each(
        "POST",
        "/api/users/token/refresh/",
        *(NOT_VALID, "200", NONE, "200", "200", NOT_VALID),
        own=True,
        sends={"refresh": "{refresh}"},
    ),
    each(
        "POST",
        "/api/users/token/refresh/",
        *("200", NONE, "200", "200", "200", "200"),
        case="another person's token, which works for everyone who has it",
        sends={"refresh": "{their_refresh}"},
    ),
    each(
        "POST",
        "/api/users/token/revoke/",
        *(NOT_VALID, "204", NONE, "204", "204", "204"),
        own=True,
        sends={"refresh": "{refresh}"},
    ),
]

_ASSIGNMENTS = "/api/users/assignment/"
_ASSIGNMENT = "/api/users/assignment/{id}/"
_WAITING = "/api/users/waiting/"
_ENTRY = "/api/users/waiting/{id}/"
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
_BY_HAND = {"maximum": 4, "reason": "Training"}

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

LIMITS = [
    api("GET", "/api/users/limit/", "200", NO_PERSON, "200", "200", query="user={whose}"),
    api("PUT", _DAY, FORBIDDEN, FORBIDDEN, "200", "200", sends=_BY_HAND),
    api(
        "PUT",
        _DAY,
        NONE,
        FORBIDDEN,
        NO_PERSON,
        NO_PERSON,
        case="a person who doesn't exist",
        thing="missing",
        sends=_BY_HAND,
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

_KEYS = "/api/users/api-key/"
_KEY = f"{_KEYS}{{id}}/"
_NEW_KEY = {"name": "nightly import", "scope": "read"}

API_KEYS = [
    api("GET", _KEYS, "200", NONE, "200", "200", own=True),
    api("GET", _KEYS, "200", NO_PERSON, FORBIDDEN, "200", case="of a person", query="user={whose}"),
    api("POST", _KEYS, "201", NONE, "201", "201", own=True, sends=_NEW_KEY, no_key=True),
    api("DELETE", _KEY, "204", NONE, "204", "204", thing="key", own=True, no_key=True),
    api("DELETE", _KEY, NONE, NOTHING, NOTHING, NOTHING, case="another person's", thing="key", no_key=True),
    api(
        "DELETE",
        _KEY,
        *("204", NO_PERSON, FORBIDDEN, "204"),
        case="of a person",
        query="user={whose}",
        thing="key",
        no_key=True,
    ),
]

_NOTIFICATION = "/api/users/me/notification/"

MESSAGES = [
    api("GET", _NOTIFICATION, "200", NONE, "200", "200", own=True),
    api(
        "PATCH",
        _NOTIFICATION,
        *("200", NONE, "200", "200"),
        own=True,
        sends={"events": {"assigned": "off"}},
        no_key=True,
    ),
]
_WEBHOOK = "/api/webhook/{id}/"
_DELIVERY = f"{_WEBHOOK}delivery/{{delivery}}/"
_NEW_WEBHOOK = {"url": "https://93.184.215.14/", "events": ["*"]}


def _only_admins(method: str, path: str, answer: str, **more: Any) -> Row:
    return api(method, path, NONE, FORBIDDEN, FORBIDDEN, answer, **more)


WEBHOOKS = [
    _only_admins("GET", "/api/webhook/", "200"),
    _only_admins("POST", "/api/webhook/", "201", sends=_NEW_WEBHOOK),
    _only_admins("GET", _WEBHOOK, "200", thing="webhook"),
    _only_admins("GET", _WEBHOOK, NOTHING, case="doesn't exist", thing="missing"),
    _only_admins("PATCH", _WEBHOOK, "200", thing="webhook", sends={"enabled": False}),
    _only_admins("PATCH", _WEBHOOK, NOTHING, case="doesn't exist", thing="missing", sends={"enabled": False}),
    _only_admins("DELETE", _WEBHOOK, "204", thing="webhook"),
    _only_admins("POST", f"{_WEBHOOK}rotate/", "200", thing="webhook"),
    _only_admins("POST", f"{_WEBHOOK}test/", "202", thing="webhook"),
    _only_admins("GET", f"{_WEBHOOK}delivery/", "200", thing="webhook"),
    _only_admins("GET", _DELIVERY, "200", thing="webhook"),
    _only_admins("GET", _DELIVERY, NOTHING, case="another webhook's", thing="missing"),
    _only_admins("POST", f"{_DELIVERY}retry/", "202", thing="webhook"),
]

_TASK = "/api/tasks/{id}/"
_NAME = {"name": "baking"}

TASKS = [
    api("GET", "/api/tasks/", "200", "200", "200", "200"),
    api("POST", "/api/tasks/", FORBIDDEN, FORBIDDEN, "201", "201", sends=_NAME),
    api("GET", _TASK, "200", "200", "200", "200", thing="task"),
    api("GET", _TASK, NO_TASK, NO_TASK, NO_TASK, NO_TASK, case="doesn't exist", thing="missing"),
    api("PATCH", _TASK, FORBIDDEN, FORBIDDEN, "200", "200", thing="task", sends=_NAME),
    api("PATCH", _TASK, FORBIDDEN, FORBIDDEN, NO_TASK, NO_TASK, case="doesn't exist", thing="missing", sends=_NAME),
    api("DELETE", _TASK, FORBIDDEN, FORBIDDEN, "204", "204", thing="spare"),
    api("DELETE", _TASK, FORBIDDEN, FORBIDDEN, "409 task_in_use", "409 task_in_use", case="in use", thing="task"),
    api("DELETE", _TASK, FORBIDDEN, FORBIDDEN, NO_TASK, NO_TASK, case="doesn't exist", thing="missing"),
]

_PERSON = "/api/users/{id}/"
_NEW = {"username": "newcomer", "password": "of their own choice"}

PEOPLE = [
    api("GET", "/api/users/", "200", "200 nothing", "200", "200", query="q={name}"),
    api("POST", "/api/users/", FORBIDDEN, FORBIDDEN, FORBIDDEN, "201", sends=_NEW),
    api(
        "POST",
        "/api/users/",
        *(FORBIDDEN, FORBIDDEN, FORBIDDEN, "201"),
        case="with a role",
        sends={**_NEW, "is_admin": True},
        no_key=True,
    ),
    api("GET", _PERSON, "200", NO_PERSON, "200", "200", thing="whose"),
    api("GET", _PERSON, NONE, NO_PERSON, NO_PERSON, NO_PERSON, case="doesn't exist", thing="missing"),
    api("PATCH", _PERSON, FORBIDDEN, NO_PERSON, FORBIDDEN, "200", thing="whose", sends={"first_name": "New"}),
    api(
        "PATCH",
        _PERSON,
        *(FORBIDDEN, NO_PERSON, FORBIDDEN, "200"),
        case="their roles",
        thing="whose",
        sends={"is_taskmaster": True},
        no_key=True,
    ),
    api(
        "PATCH",
        _PERSON,
        *(FORBIDDEN, NONE, FORBIDDEN, "200"),
        case="their own roles",
        thing="whose",
        own=True,
        sends={"is_admin": True},
        no_key=True,
    ),
    api(
        "PATCH",
        _PERSON,
        *(NONE, NO_PERSON, FORBIDDEN, NO_PERSON),
        case="doesn't exist",
        thing="missing",
        sends={"is_admin": True},
        no_key=True,
    ),
    api("GET", "/api/users/me/", "200", NONE, "200", "200", own=True),
    api("POST", "/api/users/me/password/", "204", NONE, "204", "204", own=True, sends=PASSWORDS, no_key=True),
]

OPEN = [
    each("GET", "/health/live/", "200"),
    each("GET", "/health/ready/", "200"),
    each("GET", "/metrics", NOTHING, case="if `TOGO_METRICS_TOKEN` isn't set"),
    each("GET", "/api/version/", "200"),
    each("GET", "/api/schema/", "200"),
    each("GET", "/api/docs/", "200"),
    each("GET", "/api/redocs/", "200"),
    each("GET", "/api/redocs/redoc.js", "200"),
    each("GET", "/errors/", "200"),
    each("GET", "/.well-known/security.txt", "404"),
    each(ANY, "/api/", NOTHING),
    each(ANY, "/api/{rest}", NOTHING, case="any other path"),
]

# Where a form redirects to if the request names no page to go back to.
DONE = "302 /"

SESSIONS = [
    each("GET", "/", SIGN_IN, "302 /today/", NONE, "302 /board/", "302 /board/", SIGN_IN, own=True),
    each("GET", "/sign-in/", "200"),
    each("POST", "/sign-in/", "401", "302 /", NONE, "302 /", "302 /", "401", own=True, sends=CREDENTIALS),
    each("GET", "/sign-in/code/", SIGN_IN),
    each("POST", "/sign-in/code/", SIGN_IN, case="without the ticket of the first step"),
    each("POST", "/sign-out/", SIGN_IN),
    each("GET", "/sign-in/oidc/", "404", case="without a provider"),
    each("GET", "/sign-in/oidc/callback/", "404", case="without a provider"),
    each("POST", "/account/sign-ins/", "404", case="without a provider"),
    page("POST", "/account/sign-ins/{id}/unlink/", "302 /", "404", "404", "404", thing="identity"),
    page("GET", "/account/password/", "200", NONE, "200", "200", own=True),
    page(
        "POST",
        "/account/password/",
        *("302 /", NONE, "302 /", "302 /"),
        own=True,
        sends={**PASSWORDS, "again": "of another choice"},
    ),
]

_ACCOUNT_KEY = "/account/keys/{id}/end/"
_SESSION = "/account/sessions/{id}/end/"
_SECOND_FACTOR = "/account/second-factor/"
_OFF = f"302 {_SECOND_FACTOR}"

ACCOUNT = [
    page("GET", "/account/", "200", NONE, "200", "200", own=True),
    page("POST", "/account/name/", DONE, NONE, DONE, DONE, own=True, sends={"first_name": "Ada"}),
    page("POST", "/account/calendar/", DONE, NONE, DONE, DONE, own=True),
    page("POST", "/account/keys/", "200", NONE, "200", "200", own=True, sends={**_NEW_KEY, "days": "30", "form": "x"}),
    page("POST", _ACCOUNT_KEY, DONE, NONE, DONE, DONE, thing="key", own=True),
    page("POST", _ACCOUNT_KEY, NONE, "404", "404", "404", case="another person's", thing="key"),
    page("POST", _SESSION, DONE, NONE, DONE, DONE, thing="session", own=True),
    page("POST", _SESSION, NONE, "404", "404", "404", case="another person's", thing="session"),
    page("POST", "/account/sessions/end-others/", DONE, NONE, DONE, DONE, own=True),
    page("GET", _SECOND_FACTOR, "200", NONE, "200", "200", own=True),
    page("POST", _SECOND_FACTOR, "400", NONE, "400", "400", case="without a code", own=True),
    page("POST", f"{_SECOND_FACTOR}codes/", _OFF, NONE, _OFF, _OFF, case="while it is off", own=True),
    page("POST", f"{_SECOND_FACTOR}end/", _OFF, NONE, _OFF, _OFF, case="while it is off", own=True),
]

_CELLS = "week=2026-W10&since=0-0-0&person={whose}"

BOARD = [
    page("GET", "/board/", "403", "403", "200", "200"),
    page("GET", "/board/changes/", "403", "403", "200", "200", query=_CELLS),
    page("GET", "/board/assign/", "403", "403", "200", "200", query=f"cell={{whose}}:{DAY}"),
    page(
        "POST",
        "/board/assign/",
        *("403", "403", DONE, DONE),
        sends={"cell": f"{{whose}}:{DAY}", "task": "{spare}"},
    ),
    page(
        "POST",
        "/board/assign/",
        *("403", "403", DONE, DONE),
        case="a new task",
        sends={"cell": f"{{whose}}:{DAY}", "name": "baking"},
    ),
    page(
        "POST",
        "/board/assign/",
        *("403", "403", "404", "404"),
        case="a task that doesn't exist",
        sends={"cell": f"{{whose}}:{DAY}", "task": "{missing}"},
    ),
    page("GET", "/board/assignment/{id}/", "403", "403", "200", "200", thing="assignment"),
    page("GET", "/board/assignment/{id}/", "403", "403", "404", "404", case="doesn't exist", thing="missing"),
    page(
        "POST",
        "/board/assignment/{id}/",
        "403",
        "403",
        DONE,
        DONE,
        case="done",
        thing="given",
        sends={"status": "done"},
    ),
    page(
        "POST",
        "/board/assignment/{id}/",
        *("403", "403", DONE, DONE),
        case="moved",
        thing="given",
        sends={"date": DAY},
    ),
    page("POST", "/board/assignment/{id}/remove/", DONE, "404", DONE, DONE, thing="assignment"),
    page(
        "POST",
        "/board/assignment/{id}/remove/",
        *("403", "404", DONE, DONE),
        case="given by a taskmaster",
        thing="given",
    ),
    page("POST", "/board/waiting/{id}/remove/", "403", "403", DONE, DONE, thing="waiting"),
    page("GET", "/board/day/{user}/{date}/", "403", "403", "200", "200"),
    page(
        "GET",
        "/board/day/{user}/{date}/",
        NONE,
        "403",
        "404",
        "404",
        case="a person who doesn't exist",
        thing="missing",
    ),
    page("POST", "/board/day/{user}/{date}/", "403", "403", DONE, DONE, sends=_BY_HAND),
    page(
        "POST",
        "/board/day/{user}/{date}/",
        "403",
        "403",
        DONE,
        DONE,
        case="given back to the rules",
        sends={"give_back": "1"},
    ),
    page("GET", "/board/people/", "403", "403", "200", "200", query="username=a"),
    page("GET", "/board/days-off/", "403", "403", "200", "200"),
    page(
        "POST",
        "/board/days-off/",
        *("403", "403", DONE, DONE),
        sends={
            "who": "person",
            "username": "{somebody}",
            "date_from": DAY,
            "date_to": DAY,
            "reason": "Holiday",
        },
    ),
    page(
        "POST",
        "/board/days-off/{id}/remove/",
        "403",
        "403",
        "404",
        "404",
        case="a rule that is no days off",
        thing="rule",
    ),
    page("POST", "/board/remove/", "403", "403", DONE, DONE, sends={"assignment": "{missing}"}),
    page("GET", "/board/hand-on/{user}/", "403", "403", "200", "200"),
    page("POST", "/board/hand-on/{user}/", "403", "403", "200", "200", sends={"username": "{somebody}"}),
    page("GET", "/board/export.csv", "403", "403", "200", "200"),
]

_SENT = "302 /import/{id}/"
_PASTED = {"paste": "booking", "date_from": DAY, "date_to": DAY, "objective": "even"}

PAGES = [
    page("GET", "/today/", "200", NONE, "200", "200", own=True),
    page("GET", "/today/changes/", "200", NONE, "200", "200", own=True, query="since=0-0-0"),
    page("POST", "/today/{id}/", DONE, "404", DONE, DONE, thing="given", sends={"status": "done"}),
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
    page("GET", "/insights/", "403", NONE, "200", "200", own=True),
    *(page("GET", f"/insights/{name}.csv", "403", NONE, "200", "200", own=True) for name in ("load", "full", "room")),
    page("GET", "/insights/people.csv", "403", NONE, "200", "200", own=True),
]

MESSAGE_PAGES = [
    page("GET", "/account/messages/", "200", NONE, "200", "200", own=True),
    page(
        "POST",
        "/account/messages/",
        *("302 /", NONE, "302 /", "302 /"),
        own=True,
        sends={"assigned": "off", "moved": "now", "unassigned": "now"},
    ),
    page("POST", "/account/messages/test/", "409", NONE, "409", "409", own=True, case="while messages are off"),
    page("POST", "/account/messages/confirm/", "302 /", NONE, "302 /", "302 /", own=True, case="without an address"),
    *(
        each(method, f"/messages/{what}/{{token}}/", "404", case="a forged link; a right one needs no sign-in")
        for what in ("confirm", "stop")
        for method in ("GET", "POST")
    ),
]

_HOOK = "/webhooks/{id}/"
_HOOK_DELIVERY = f"{_HOOK}delivery/{{delivery}}/"


def _only_admins_page(method: str, path: str, answer: str, **more: Any) -> Row:
    return page(method, path, NONE, "403", "403", answer, **more)


WEBHOOK_PAGES = [
    _only_admins_page("GET", "/webhooks/", "200"),
    _only_admins_page("POST", "/webhooks/", "200", sends=_NEW_WEBHOOK),
    _only_admins_page("GET", _HOOK, "200", thing="webhook"),
    _only_admins_page("GET", _HOOK, "404", case="doesn't exist", thing="missing"),
    _only_admins_page("POST", _HOOK, DONE, thing="webhook", sends=_NEW_WEBHOOK),
    _only_admins_page("POST", f"{_HOOK}rotate/", "200", thing="webhook"),
    _only_admins_page("POST", f"{_HOOK}test/", "302 /webhooks/{id}/delivery/{id}/", thing="webhook"),
    _only_admins_page("POST", f"{_HOOK}remove/", "302 /webhooks/", thing="webhook"),
    _only_admins_page("GET", _HOOK_DELIVERY, "200", thing="webhook"),
    _only_admins_page("GET", _HOOK_DELIVERY, "404", case="another webhook's", thing="missing"),
    _only_admins_page("POST", f"{_HOOK_DELIVERY}retry/", "302 /webhooks/{id}/delivery/{id}/", thing="webhook"),
]

# For each model with admin pages: the object that they show, the form that adds one, and the form that changes one.
_ADMIN_MODELS = {
    "user": (
        "whose",
        {**_NEW, "is_active": "on"},
        {"first_name": "New", "is_active": "on"},
    ),
    "task": ("task", {**_NAME, "is_active": "on", "effort": "1"}, {"name": "baking", "is_active": "on", "effort": "1"}),
    "limitrule": ("rule", {"maximum": "3"}, {"maximum": "2", "user": "{whose}"}),
    "dailylimit": ("day", {"user": "{whose}", "date": "2026-03-09", **_BY_HAND}, _BY_HAND),
}


def _pages_of(name: str) -> list[Row]:
    thing, made, changed = _ADMIN_MODELS[name]
    path, one = f"/admin/togo/{name}/", f"/admin/togo/{name}/{{object_id}}/"
    stays = name in ("user", "dailylimit")
    return [
        admin_page("GET", path, "200"),
        admin_page("POST", path, "200", case="no action"),
        admin_page("GET", f"{path}add/", "200"),
        admin_page("POST", f"{path}add/", f"302 {path}", sends=made),
        admin_page("GET", one, f"302 {one}change/".replace("object_id", "id"), thing=thing),
        admin_page("POST", one, f"302 {one}change/".replace("object_id", "id"), thing=thing),
        admin_page("GET", f"{one}change/", "200", thing=thing),
        admin_page("GET", f"{one}change/", "302 /admin/", case="doesn't exist", thing="missing"),
        admin_page("POST", f"{one}change/", f"302 {path}", thing=thing, sends=changed),
        admin_page("GET", f"{one}delete/", "403" if stays else "200", thing="spare" if name == "task" else thing),
        admin_page(
            "POST",
            f"{one}delete/",
            "403" if stays else f"302 {path}",
            thing="spare" if name == "task" else thing,
            sends={"post": "yes"},
        ),
        admin_page("GET", f"{one}history/", "200", thing=thing),
        admin_page("POST", f"{one}history/", "200", thing=thing),
    ]


_ACCESS = "/admin/togo/user/{object_id}/access/"
_PERSON_PAGE = "302 /admin/togo/user/{id}/change/"

# The answer to people who are not signed in: there is nothing to sign out of.
_INDEX = "302 /admin/"

ADMIN_PAGES = [
    each(ANY, "/admin/login/", SIGN_IN),
    admin_page("GET", "/admin/", "200"),
    admin_page("POST", "/admin/", "200"),
    admin_page("GET", "/admin/togo/", "200"),
    admin_page("POST", "/admin/togo/", "200"),
    *(row for name in _ADMIN_MODELS for row in _pages_of(name)),
    admin_page("GET", _ACCESS, "405", thing="whose"),
    admin_page("POST", _ACCESS, _PERSON_PAGE, case="a key ends", thing="whose", sends={"end_key": "{key}"}),
    admin_page("POST", _ACCESS, _PERSON_PAGE, case="all sessions end", thing="whose", sends={"end_sessions": "1"}),
    admin_page("GET", "/admin/autocomplete/", "200", query="app_label=togo&model_name=limitrule&field_name=user"),
    admin_page("POST", "/admin/autocomplete/", "405"),
    admin_page("GET", "/admin/jsi18n/", "200"),
    admin_page("POST", "/admin/jsi18n/", "405"),
    admin_page("GET", "/admin/password_change/", "200"),
    admin_page("POST", "/admin/password_change/", "200", case="an empty form"),
    admin_page("GET", "/admin/password_change/done/", "200"),
    admin_page("POST", "/admin/password_change/done/", "405"),
    admin_page("GET", "/admin/r/{content_type_id}/{object_id}/", "404", thing="missing"),
    admin_page("POST", "/admin/r/{content_type_id}/{object_id}/", "404", thing="missing"),
    each("GET", "/admin/logout/", _INDEX, "403", "403", "403", "405", _INDEX),
    each("POST", "/admin/logout/", _INDEX, "403", "403", "403", "200", _INDEX),
    admin_page("GET", "/admin/{url}", "404", case="any other path"),
    admin_page("POST", "/admin/{url}", "404", case="any other path"),
]

SECTIONS = {
    "Tokens": TOKENS,
    "API keys": API_KEYS,
    "Assignments": ASSIGNMENTS,
    "Distributions": DISTRIBUTIONS,
    "Limits": LIMITS,
    "Tasks": TASKS,
    "Messages": MESSAGES,
    "Webhooks": WEBHOOKS,
    "People": PEOPLE,
    "History and calendar": HISTORY,
    "Health, metrics and documentation": OPEN,
    "Sign-in to the pages": SESSIONS,
    "One's own account": ACCOUNT,
    "The board": BOARD,
    "My day, plans, imports and insights": PAGES,
    "Messages (pages)": MESSAGE_PAGES,
    "Webhooks (pages)": WEBHOOK_PAGES,
    "Admin pages": ADMIN_PAGES,
}
ROWS = [row for rows in SECTIONS.values() for row in rows]
