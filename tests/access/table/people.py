"""Tokens, API keys and people."""

from tests.access.rows import NONE, api, each
from tests.access.table.values import CREDENTIALS, FORBIDDEN, NEW, NEW_KEY, NO_PERSON, NOTHING, PASSWORDS

NOT_VALID = "401 token_not_valid"

WRONG = "401 invalid_credentials"

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

_KEYS = "/api/users/api-key/"

_KEY = f"{_KEYS}{{id}}/"

API_KEYS = [
    api("GET", _KEYS, "200", NONE, "200", "200", own=True),
    api("GET", _KEYS, "200", NO_PERSON, FORBIDDEN, "200", case="of a person", query="user={whose}"),
    api("POST", _KEYS, "201", NONE, "201", "201", own=True, sends=NEW_KEY, no_key=True),
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

_PERSON = "/api/users/{id}/"

PEOPLE = [
    api("GET", "/api/users/", "200", "200 nothing", "200", "200", query="q={name}"),
    api("POST", "/api/users/", FORBIDDEN, FORBIDDEN, FORBIDDEN, "201", sends=NEW),
    api(
        "POST",
        "/api/users/",
        *(FORBIDDEN, FORBIDDEN, FORBIDDEN, "201"),
        case="with a role",
        sends={**NEW, "is_admin": True},
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
