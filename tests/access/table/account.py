"""Signing in to the pages, and the page of one's own account."""

from tests.access.rows import NONE, SIGN_IN, each, page
from tests.access.table.values import CREDENTIALS, DONE, NEW_KEY, PASSWORDS

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
    page("POST", "/account/language/", DONE, NONE, DONE, DONE, own=True, sends={"language": "de"}),
    page("POST", "/account/calendar/", DONE, NONE, DONE, DONE, own=True),
    page("POST", "/account/keys/", "200", NONE, "200", "200", own=True, sends={**NEW_KEY, "days": "30", "form": "x"}),
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
