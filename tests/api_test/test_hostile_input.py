"""Hostile dates, tokens, keys and files get a documented answer, never an internal error."""

import datetime
import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import jwt
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from hypothesis import example, given
from hypothesis import strategies as st
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from apps.models import Assignment, Series, Task, User
from tests.hostile import hostile

pytestmark = [pytest.mark.fuzz, pytest.mark.no_db]

ASSIGNMENT = "/api/users/assignment/"
SERIES = "/api/users/series/"


def weekly(caller: APIClient) -> int:
    """The id of a series of the caller's."""
    if one := Series.objects.first():
        return one.pk
    task = Task.objects.create(name="cleaning")
    body = {"task": task.pk, "user": User.objects.get().pk, "rrule": "FREQ=WEEKLY;COUNT=3", "date_from": "2026-03-02"}
    return caller.post(SERIES, body, format="json").json()["id"]


def code_of(response: HttpResponse, *statuses: int) -> str:
    """The code of an answer that has one of these statuses; empty if the answer is no problem."""
    assert response.status_code in statuses, response.content
    if response.status_code < 400:
        return ""
    assert response["Content-Type"] == "application/problem+json"
    code: str = response.json()["code"]
    return code


@pytest.fixture
def caller(taskmaster: User, signed_in: Callable[[User], APIClient]) -> APIClient:
    """A signed-in taskmaster; unexpected errors are raised."""
    return signed_in(taskmaster)


@pytest.fixture
def anonymous(db: None) -> APIClient:
    return APIClient(raise_request_exception=True)


# --- dates ------------------------------------------------------------------------------------------------------

dates = st.one_of(
    st.text(max_size=30),
    st.dates().map(str),
    st.from_regex(r"\A\d{1,5}[-/.]\d{1,2}[-/.]\d{1,2}[ TZ]?\Z"),
    st.sampled_from(["0001-01-01", "9999-12-31", "2026-02-30", "2026-W10-1", "20260302", "-001-01-01", "٢٠٢٦-٠٣-٠٢"]),
    st.sampled_from(["2026-03-02\n", " 2026-03-02", "2026-03-02T00:00:00Z", "2026-3-2", "0000-00-00", "10000-01-01"]),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def is_date(value: Any) -> bool:
    """Whether the value is an existing date in the form YYYY-MM-DD."""
    try:
        return isinstance(value, str) and value.isascii() and str(datetime.date.fromisoformat(value)) == value
    except ValueError:
        return False


@pytest.mark.parametrize(
    "path",
    [
        "/api/users/assignment/?date=",
        "/api/users/assignment/?date_from=",
        "/api/users/assignment/export.csv?date_to=",
        "/api/users/limit/?date_from=",
        "/api/users/limit/?date_to=",
        "/api/users/availability/?date=",
        "/api/users/availability/?days=366&date_from=",
        "/api/users/event/?date_from=",
        "/api/users/series/{series}/occurrence/?date_from=",
    ],
)
@hostile(examples=40)
@given(date=dates)
@example(date="9999-12-31")
@example(date="0001-01-01")
def test_any_date_in_a_query_is_accepted_or_refused(caller: APIClient, path: str, date: str) -> None:
    response = caller.get(path.format(series=weekly(caller)) + quote(date.encode(errors="surrogatepass")))

    code = code_of(response, 200, 400)
    assert is_date(date) or code == "invalid_request"
    assert code in ("", "invalid_request", "date_out_of_range")


texts_of_rules = st.one_of(
    st.text(max_size=600),
    st.lists(
        st.builds(
            "{}={}".format,
            st.sampled_from(["FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL", "WKST", "BYSETPOS", ""]),
            st.sampled_from(
                ["DAILY", "YEARLY", "MO", "-53SU", "+1MO", "31", "-31", "366", "00010101", "99991231", "٣"]
            ),
        )
    ).map(";".join),
)


@hostile(examples=300)
@given(rrule=texts_of_rules | values)
@example(rrule="FREQ=DAILY;INTERVAL=7;BYDAY=TU")
@example(rrule="FREQ=YEARLY;INTERVAL=366;BYDAY=-53SU;BYMONTHDAY=31")
def test_any_rule_of_a_series_is_accepted_or_refused(caller: APIClient, cooking: Task, rrule: Any) -> None:
    me = caller.get("/api/users/me/").json()["id"]
    body = {"task": cooking.pk, "user": me, "date_from": "2026-03-02", "rrule": rrule}
    with transaction.atomic():
        response = caller.post(SERIES, body, format="json")
        transaction.set_rollback(True)

    assert code_of(response, 201, 400) in ("", "invalid_request")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@hostile(examples=60)
@given(date=dates)
@example(date="9999-12-31")
@example(date="0001-01-01")
def test_any_date_in_a_path_is_accepted_or_refused(caller: APIClient, taskmaster: User, method: str, date: str) -> None:
    path = f"/api/users/limit/{taskmaster.pk}/{quote(date.encode(errors='surrogatepass'), safe='')}/"
    with transaction.atomic():
        response = caller.generic(method, path, '{"maximum": 3, "reason": ""}', content_type="application/json")
        transaction.set_rollback(True)

    code = code_of(response, 200, 400, 404, *([405] if "/" in date else []))
    assert code in (("", "date_out_of_range") if is_date(date) else ("not_found",))


@pytest.mark.parametrize("call", ["assign", "earliest", "move", "rule", "series", "change of a series"])
@hostile(examples=60)
@given(date=st.one_of(dates, values))
@example(date="9999-12-31")
@example(date="0001-01-01")
def test_any_date_in_a_body_is_accepted_or_refused(
    caller: APIClient, taskmaster: User, cooking: Task, call: str, date: Any
) -> None:
    given_task = {"task": cooking.pk, "user": taskmaster.pk}
    with transaction.atomic():
        match call:
            case "assign":
                response = caller.post(ASSIGNMENT, {**given_task, "date": date}, format="json")
            case "earliest":
                response = caller.post(f"{ASSIGNMENT}earliest/", {**given_task, "from": date}, format="json")
            case "rule":
                response = caller.post("/api/users/limit-rule/", {"maximum": 2, "date_from": date}, format="json")
            case "series":
                response = caller.post(SERIES, {**given_task, "rrule": "FREQ=YEARLY", "date_from": date}, format="json")
            case "change of a series":
                response = caller.patch(f"{SERIES}{weekly(caller)}/", {"from": date}, format="json")
            case _:
                made = caller.post(ASSIGNMENT, {**given_task, "date": "2026-03-04"}, format="json").json()
                response = caller.patch(f"{ASSIGNMENT}{made['id']}/", {"date": date}, format="json")
        transaction.set_rollback(True)

    code = code_of(response, 200, 201, 400)
    no_date = date is None and call == "rule"
    assert code in (("", "date_out_of_range") if is_date(date) or no_date else ("invalid_request",))


# --- tokens -----------------------------------------------------------------------------------------------------

# What a header can hold.
latin = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=200)
claims = st.dictionaries(
    st.sampled_from(["user_id", "exp", "iat", "nbf", "jti", "token_type", "hash_password", "aud", "iss", "sub", "x"]),
    st.one_of(values, st.integers(-(10**30), 10**400), st.sampled_from(["access", "refresh", "1", "٣", "1.0", "²"])),
)
algorithms = st.sampled_from(
    ["none", "None", "HS256", "HS384", "HS512", "RS256", "ES256", "", "hs256", None, 1, [], {}]
)


def forged(header: Any, payload: Any, signature: bytes = b"") -> str:
    """A token without a valid signature, whatever its header says."""
    parts = [jwt.utils.base64url_encode(json.dumps(part).encode()).decode() for part in (header, payload)]
    return ".".join([*parts, jwt.utils.base64url_encode(signature).decode()])


def signed(person: User, more: dict[str, Any], without: set[str], *, kind: str) -> str:
    """A token with our signature, with the claims of `more` and without those of `without`."""
    payload = {
        "user_id": str(person.pk),
        "token_type": kind,
        "exp": 2_000_000_000,
        "jti": "0" * 32,
        "hash_password": get_md5_hash_password(person.password),
        **more,
    }
    payload = {name: value for name, value in payload.items() if name not in without}
    return jwt.api_jws.encode(json.dumps(payload).encode(), settings.SECRET_KEY, algorithm="HS256")


@hostile(examples=200)
@given(header=st.one_of(latin, latin.map(lambda text: f"Bearer {text}"), latin.map(lambda text: f"bearer {text}.x.y")))
def test_any_text_as_a_token_is_refused(anonymous: APIClient, header: str) -> None:
    code = code_of(anonymous.get("/api/users/me/", HTTP_AUTHORIZATION=header), 401)

    assert code in ("not_authenticated", "token_not_valid")


@hostile(examples=200)
@given(algorithm=algorithms, more=claims, signature=st.binary(max_size=64), header=st.dictionaries(st.text(), values))
def test_a_forged_token_is_refused(
    taskmaster: User, anonymous: APIClient, algorithm: Any, more: dict[str, Any], signature: bytes, header: Any
) -> None:
    payload = jwt.decode(str(AccessToken.for_user(taskmaster)), options={"verify_signature": False}) | more
    token = forged({"typ": "JWT", **header, "alg": algorithm}, payload, signature)

    assert code_of(anonymous.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {token}"), 401) == "token_not_valid"
    for call in ("refresh", "revoke"):
        # A body accepts no longer tokens.
        expected = 401 if len(token) <= 4000 else 400
        assert code_of(anonymous.post(f"/api/users/token/{call}/", {"refresh": token}, format="json"), expected)


@hostile(examples=300)
@given(
    more=claims, without=st.sets(st.sampled_from(["user_id", "token_type", "exp", "jti", "hash_password"]), max_size=1)
)
@example(more={}, without={"jti"})
@example(more={}, without={"user_id"})
@example(more={"user_id": 10**400}, without=set())
@example(more={"user_id": 2**63}, without=set())
@example(more={"user_id": "9" * 5000}, without=set())
@example(more={"user_id": "²"}, without=set())
@example(more={"user_id": True}, without=set())
@example(more={"user_id": ["1"]}, without=set())
@example(more={"exp": 10**400}, without=set())
@example(more={"exp": "soon"}, without=set())
@example(more={"jti": 10**30}, without=set())
@example(more={"jti": {"a": 1}}, without=set())
@example(more={"jti": "\0"}, without=set())
@example(more={"jti": "\ud800"}, without=set())
def test_a_signed_token_with_any_claims_is_accepted_or_refused(
    taskmaster: User, anonymous: APIClient, more: dict[str, Any], without: set[str]
) -> None:
    access, refresh = (signed(taskmaster, more, without, kind=kind) for kind in ("access", "refresh"))

    code = code_of(anonymous.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {access}"), 200, 401)
    assert code in ("", "token_not_valid")
    if not code:
        assert str(more.get("user_id", taskmaster.pk)) == str(taskmaster.pk) or int(more["user_id"]) == taskmaster.pk
    # We issued no refresh token with these claims, and a very long one isn't accepted.
    for call in ("refresh", "revoke"):
        assert code_of(anonymous.post(f"/api/users/token/{call}/", {"refresh": refresh}, format="json"), 400, 401)


@hostile(examples=100)
@given(token=st.one_of(st.text(max_size=300), values))
def test_any_value_as_a_refresh_token_is_refused(anonymous: APIClient, token: Any) -> None:
    for call in ("refresh", "revoke"):
        code = code_of(anonymous.post(f"/api/users/token/{call}/", {"refresh": token}, format="json"), 400, 401)
        assert code in ("invalid_request", "token_not_valid")


@hostile(examples=60)
@given(suffix=st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=20))
def test_a_valid_token_with_a_suffix_is_refused(taskmaster: User, anonymous: APIClient, suffix: str) -> None:
    token = str(RefreshToken.for_user(taskmaster)) + suffix

    if suffix.strip():
        code_of(anonymous.post("/api/users/token/refresh/", {"refresh": token}, format="json"), 400, 401)


# --- keys -------------------------------------------------------------------------------------------------------


@hostile(examples=150)
@given(key=st.one_of(latin, st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), max_size=300)))
@example(key="")
@example(key=" ")
@example(key="x" * 255)
@example(key="x" * 256)
@example(key="a, b")
def test_a_key_is_accepted_or_refused_by_name(caller: APIClient, taskmaster: User, cooking: Task, key: str) -> None:
    body = {"task": cooking.pk, "user": taskmaster.pk, "date": "2026-03-04"}
    with transaction.atomic():
        response, again = (caller.post(ASSIGNMENT, body, format="json", HTTP_IDEMPOTENCY_KEY=key) for _ in range(2))
        rows = Assignment.objects.count()
        transaction.set_rollback(True)

    if 1 <= len(key) <= 255 and all("!" <= character <= "~" for character in key):
        assert (code_of(response, 201), again.content, rows) == ("", response.content, 1)
        assert (response.has_header("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (False, "true")
    else:
        assert (code_of(response, 400), rows) == ("invalid_request", 0)
        assert [error["field"] for error in response.json()["errors"]] == ["Idempotency-Key"]


# --- files ------------------------------------------------------------------------------------------------------


@hostile(examples=100)
@given(
    data=st.one_of(
        st.binary(max_size=300),
        st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20), dates), max_size=4).map(
            lambda rows: "\n".join(["task,user,date", *map(",".join, rows)]).encode(errors="surrogatepass")
        ),
    ),
    # Django's own class for test files refuses a name that ends with a slash.
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(
        lambda name: os.path.basename(name) not in {"", ".", ".."}  # noqa: PTH119 - the rule is Django's
    ),
    dry_run=st.one_of(
        st.sampled_from(["true", "false"]), st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
    ),
)
def test_a_file_is_accepted_or_refused_by_name(caller: APIClient, data: bytes, name: str, dry_run: str) -> None:
    with transaction.atomic():
        sent = {"file": SimpleUploadedFile(name, data), "dry_run": dry_run}
        response = caller.post(f"{ASSIGNMENT}import/", sent, format="multipart")
        transaction.set_rollback(True)

    if code_of(response, 202, 400):
        fields = {error["field"] for error in response.json().get("errors", [])}
        assert fields <= {"file", "dry_run"}
