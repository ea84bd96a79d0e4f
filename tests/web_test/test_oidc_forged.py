"""Forged, broken and late answers of an OpenID provider sign in nobody."""

import base64
import functools
import hmac
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey

from apps.models import Identity, User
from apps.services import oidc
from apps.services.oidc import provider
from lab.processes import wait_until
from tests.clock import NOON, freeze_time
from tests.issuer import CLIENT_ID, CLIENT_SECRET, Issuer

pytestmark = pytest.mark.no_db

CALLBACK = "/sign-in/oidc/callback/"


def begin(client: Client) -> str:
    """The address of the provider to which the button leads."""
    return client.get("/sign-in/oidc/")["Location"]


def come_back(client: Client, answer: dict[str, Any]) -> Any:
    return client.get(CALLBACK, answer)


def is_signed_in(client: Client) -> bool:
    return client.get("/today/").status_code == 200


def assert_refused(client: Client, response: Any, *, status: int = 403, text: str = "") -> None:
    page = response.content.decode()
    assert (response.status_code, text in page) == (status, True), page
    assert not is_signed_in(client)
    assert not Identity.objects.exists()
    assert not User.objects.exists()


def test_an_honest_answer_signs_in(client: Client, issuer: Issuer) -> None:
    """The control of all tests below."""
    response = come_back(client, issuer.code_for(begin(client)))

    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(client)


def in_base_64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes] | None = None) -> str:
    """Libraries refuse to write such tokens."""
    signed = ".".join(in_base_64(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{in_base_64(sign(signed.encode())) if sign else ''}"


def unsigned(issuer: Issuer, claims: dict[str, Any]) -> str:
    return by_hand({"alg": "none", "typ": "JWT"}, claims)


def with_the_public_key_as_secret(issuer: Issuer, claims: dict[str, Any]) -> str:
    return with_a_secret(issuer.key.as_pem(private=False), claims)


def with_the_clients_secret(issuer: Issuer, claims: dict[str, Any]) -> str:
    return with_a_secret(CLIENT_SECRET.encode(), claims)


def with_a_secret(secret: bytes, claims: dict[str, Any]) -> str:
    return by_hand({"alg": "HS256", "kid": "first"}, claims, lambda text: hmac.digest(secret, text, "sha256"))


def with_another_key(issuer: Issuer, claims: dict[str, Any]) -> str:
    return issuer.signed(claims, key=issuer.second_key)


def with_a_key_in_its_header(issuer: Issuer, claims: dict[str, Any]) -> str:
    return issuer.signed(claims, key=issuer.second_key, jwk=issuer.second_key.as_dict(private=False))


def changed_afterwards(issuer: Issuer, claims: dict[str, Any]) -> str:
    header, _, signature = issuer.signed(claims).split(".")
    return f"{header}.{in_base_64(json.dumps({**claims, 'sub': '1'}).encode())}.{signature}"


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        with_the_public_key_as_secret,
        with_the_clients_secret,
        with_another_key,
        with_a_key_in_its_header,
        changed_afterwards,
        "",
        "a.b.c",
        None,
        {"sub": "17"},
    ],
)
def test_a_token_that_the_provider_did_not_sign_is_refused(client: Client, issuer: Issuer, sign: Any) -> None:
    issuer.sign = lambda claims: sign(issuer, claims) if callable(sign) else sign

    response = come_back(client, issuer.code_for(begin(client)))

    assert_refused(client, response, text="be trusted")


LATER = 1_772_452_800  # NOON as a number of seconds


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another client"},
        {"aud": "another client", "azp": CLIENT_ID},
        {"aud": []},
        {"aud": [CLIENT_ID, "another client"]},
        {"aud": [CLIENT_ID, "another client"], "azp": "another client"},
        {"azp": "another client"},
        {"aud": {"a": CLIENT_ID}},
        {"iss": "https://id.example.org"},
        {"iss": "http://127.0.0.1"},
        {"iss": ["http://127.0.0.1"]},
        {"nonce": "another nonce"},
        {"nonce": 7},
        {"exp": LATER - 61},
        {"exp": "tomorrow"},
        {"iat": LATER + 61},
        {"nbf": LATER + 61},
        {"at_hash": "of another access token"},
        {"sub": 17},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "a\0b"},
        {"sub": ["17"]},
        *({name: None} for name in ("aud", "iss", "nonce", "exp", "iat", "sub")),
    ],
    ids=lambda claims: str(claims)[:50],
)
def test_a_token_with_wrong_or_missing_claims_is_refused(
    client: Client, issuer: Issuer, claims: dict[str, Any]
) -> None:
    issuer.claims |= claims

    response = come_back(client, issuer.code_for(begin(client)))

    assert_refused(client, response, text="be trusted")


def test_a_state_is_good_for_one_answer_in_the_browser_that_began(client: Client, issuer: Issuer) -> None:
    answer = issuer.code_for(begin(client))
    assert_refused(Client(), come_back(Client(), answer), text="begun in this browser")
    assert_refused(client, come_back(client, {**answer, "state": "another"}), text="begun in this browser")
    assert come_back(client, {**answer, "code": ""}).status_code == 403

    assert_refused(client, come_back(client, answer), text="finished already")
    assert issuer.asked.count("/token") == 0


@pytest.mark.every_database
def test_a_code_that_was_used_is_refused(client: Client, issuer: Issuer) -> None:
    used = issuer.code_for(begin(client))
    come_back(client, used)
    User.objects.update(is_active=False)
    thief = Client()
    again = issuer.code_for(begin(thief))

    response = come_back(thief, {"code": used["code"], "state": again["state"]})

    assert (response.status_code, "(invalid_grant)" in response.content.decode()) == (403, True)
    assert not is_signed_in(thief)


def test_the_answer_of_another_issuer_is_refused(client: Client, issuer: Issuer) -> None:
    """The mix-up of two issuers (RFC 9207): the code of one must not be sent to the other."""
    answer = {**issuer.code_for(begin(client)), "iss": "https://id.example.org"}

    assert_refused(client, come_back(client, answer), text="be trusted")
    assert issuer.asked.count("/token") == 0


def test_an_issuer_that_says_it_names_itself_must_do_so(client: Client, issuer: Issuer) -> None:
    issuer.description["authorization_response_iss_parameter_supported"] = True

    assert_refused(client, come_back(client, issuer.code_for(begin(client))), text="be trusted")
    assert come_back(client, {**issuer.code_for(begin(client)), "iss": issuer.url}).status_code == 302


def test_a_sign_in_begun_with_an_issuer_that_was_replaced_is_refused(
    client: Client, issuer: Issuer, settings: Any
) -> None:
    answer = issuer.code_for(begin(client))
    settings.TOGO_OIDC_ISSUER = issuer.url.replace("127.0.0.1", "localhost")

    assert_refused(client, come_back(client, answer), text="be trusted")


def test_whoever_takes_longer_than_ten_minutes_starts_again(client: Client, issuer: Issuer) -> None:
    with freeze_time(NOON) as clock:
        answer = issuer.code_for(begin(client))
        clock.shift(601)
        assert_refused(client, come_back(client, answer), text="ten minutes")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("access_denied", "let you in, or you ended"),
        ("temporarily_unavailable", "(temporarily_unavailable)"),
        ("<script>call us: +1 555</script>", "(no code)"),
        ("", "(no code)"),
    ],
)
def test_an_error_of_the_provider_is_told_in_our_own_words(
    client: Client, issuer: Issuer, error: str, text: str
) -> None:
    state = issuer.code_for(begin(client))["state"]

    response = come_back(client, {"state": state, "error": error, "error_description": "call us: +1 555"})

    assert_refused(client, response, text=text)
    assert "+1 555" not in response.content.decode()


@pytest.mark.every_database
def test_the_provider_is_asked_for_what_it_did_not_say_about_the_same_person_only(
    client: Client, issuer: Issuer
) -> None:
    issuer.description["userinfo_endpoint"] = f"{issuer.url}/userinfo"
    issuer.claims = {"sub": "17"}
    issuer.userinfo = {"sub": "18", "preferred_username": "mallory"}
    assert_refused(client, come_back(client, issuer.code_for(begin(client))), text="be trusted")

    issuer.userinfo = {"sub": "17", "preferred_username": "ada", "iss": "x", "name": "Ada Lovelace"}
    assert come_back(client, issuer.code_for(begin(client))).status_code == 302
    assert list(User.objects.values_list("username", "first_name")) == [("ada", "Ada Lovelace")]


def test_new_keys_are_fetched_once_and_unknown_ones_are_refused(client: Client, issuer: Issuer) -> None:
    come_back(client, issuer.code_for(begin(client)))
    assert issuer.asked.count("/keys") == 1
    issuer.key = issuer.second_key

    assert come_back(client, issuer.code_for(begin(client))).status_code == 302
    assert issuer.asked.count("/keys") == 2

    # Nothing is fetched again while the keys fit; the description isn't, either.
    assert come_back(client, issuer.code_for(begin(client))).status_code == 302
    assert (issuer.asked.count("/keys"), issuer.asked.count("/.well-known/openid-configuration")) == (2, 1)

    issuer.sign = lambda claims: issuer.signed(claims, key=issuer.first_key)
    assert come_back(client, issuer.code_for(begin(client))).status_code == 403
    assert issuer.asked.count("/keys") == 3


def test_keys_of_other_kinds_beside_the_right_one_do_no_harm(client: Client, issuer: Issuer) -> None:
    curve = ECKey.generate_key("P-256", {"kid": "curve"})
    issuer.keys = lambda: [
        {"kty": "new kind", "kid": "first"},
        {"kty": "oct", "kid": "first", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "first", "n": "!", "e": "AQAB"},
        {**issuer.second_key.as_dict(private=False), "kid": "first", "use": "enc"},
        "no key",  # type: ignore[list-item]
        curve.as_dict(private=False),
        issuer.key.as_dict(private=False),
    ]
    assert come_back(client, issuer.code_for(begin(client))).status_code == 302
    issuer.sign = lambda claims: jwt.encode({"alg": "ES256", "kid": "curve"}, claims, curve, algorithms=["ES256"])
    assert come_back(client, issuer.code_for(begin(client))).status_code == 302


BROKEN = [
    pytest.param((500, {}, b"no"), id="error"),
    pytest.param((200, {}, b"<html>"), id="no JSON"),
    pytest.param((200, {}, b"[1]"), id="a list"),
    pytest.param((200, {}, b"[" * 100_000), id="deep"),
    pytest.param((200, {}, b'{"a": "' + b"x" * 1_000_001 + b'"}'), id="huge"),
    pytest.param((200, {"Content-Encoding": "gzip"}, b"x"), id="compressed"),
    pytest.param((302, {"Location": "/elsewhere"}, b""), id="redirect"),
    pytest.param((404, {}, b"{}"), id="not found"),
    pytest.param((200, {"Content-Length": "99", "Connection": "close"}, b'{"a"'), id="cut off"),
    pytest.param(
        (200, {"Content-Length": "", "Transfer-Encoding": "chunked", "Connection": "close"}, b"x"), id="chunk"
    ),
]


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token", "/userinfo"])
def test_a_broken_provider_is_a_page_that_says_so(
    client: Client, issuer: Issuer, path: str, broken: tuple[int, dict[str, str], bytes]
) -> None:
    issuer.description["userinfo_endpoint"] = f"{issuer.url}/userinfo"
    issuer.claims = {"sub": "17"}
    answer = issuer.code_for(begin(client))
    provider.memory.forget()
    issuer.instead[path] = broken

    response = come_back(client, answer)

    if path == "/token" and broken[0] == 404:
        assert response.status_code == 403  # An empty object has no token.
        return
    assert_refused(client, response, status=503, text="Example ID doesn’t answer")
    assert response["Retry-After"] == "5"
    assert "/elsewhere" not in issuer.asked


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://id.example.org"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://id.example.org/token"},
        {"token_endpoint": 7},
        {"jwks_uri": "file:///etc/passwd"},
        {"userinfo_endpoint": "http://169.254.169.254/"},
        {"end_session_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_description_that_leads_astray_is_not_followed(
    client: Client, issuer: Issuer, description: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    issuer.description |= description

    response = client.get("/sign-in/oidc/")

    assert_refused(client, response, status=503, text="Example ID doesn’t answer")
    assert next(iter(description)) in caplog.text or "TOGO_OIDC_ISSUER" in caplog.text


def test_a_provider_that_is_down_costs_its_button_alone(
    client: Client, issuer: Issuer, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TOGO_OIDC_ISSUER = "http://127.0.0.1:1"

    assert_refused(client, client.get("/sign-in/oidc/"), status=503, text="Example ID doesn’t answer")
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert client.get("/sign-in/").status_code == 200
    assert client.get("/health/live/").status_code == 200


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token"])
def test_a_slow_provider_is_not_waited_for_and_then_left_alone(
    client: Client, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    answer = issuer.code_for(begin(client))
    provider.memory.forget()
    monkeypatch.setattr(provider, "SECONDS", 0.2)
    issuer.wait[path] = threading.Event()

    began = time.perf_counter()
    assert_refused(client, come_back(client, answer), status=503, text="doesn’t answer")
    assert time.perf_counter() - began < 9
    asked = len(issuer.asked)
    assert client.get("/sign-in/oidc/").status_code == 503
    assert len(issuer.asked) == asked

    issuer.wait.pop(path).set()
    provider.memory.paused_until = 0
    monkeypatch.undo()
    assert client.get("/sign-in/oidc/").status_code == 302


def test_two_who_wait_for_the_provider_keep_no_third_waiting(client: Client, issuer: Issuer) -> None:
    path = "/.well-known/openid-configuration"
    silent = issuer.wait[path] = threading.Event()
    begin = functools.partial(oidc.begin, redirect_uri="http://testserver/sign-in/oidc/callback/", next="/")
    waiting = [threading.Thread(target=begin) for _ in range(2)]
    for thread in waiting:
        thread.start()
    # Not every call: one of an earlier test may still be on its way.
    wait_until(lambda: issuer.asked.count(path) == 2, what="the two")

    assert client.get("/sign-in/oidc/").status_code == 503
    assert issuer.asked.count(path) == 2

    silent.set()
    for thread in waiting:
        thread.join()


def test_no_secret_reaches_the_log(client: Client, issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sent: list[str] = [CLIENT_SECRET, "an access token"]
    issuer.claims["nonce"] = "another nonce"
    honest = issuer.sign

    def remembered(claims: dict[str, Any]) -> str:
        sent.append(honest(claims))
        return sent[-1]

    issuer.sign = remembered
    answer = issuer.code_for(begin(client))
    come_back(client, answer)

    assert "refused" in caplog.text
    assert len(sent) == 3
    for secret in [*sent, answer["code"], answer["state"]]:
        assert secret not in caplog.text
