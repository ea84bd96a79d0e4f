"""What a person wants to be told."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.models import Channel, Message, Notification, User
from apps.services import api_keys
from apps.services.notifications import sending
from tests.receivers import HERE

pytestmark = pytest.mark.no_db

URL = "/api/users/me/notification/"
NOTHING = {
    "email": None,
    "state": "no_address",
    "refusal": "",
    "channel": None,
    "channel_state": "off",
    "channel_problem": "",
    "digest": None,
    "events": {"assigned": "now", "moved": "now", "unassigned": "now", "returned": "now"},
}


@pytest.fixture(autouse=True)
def _sends_messages(settings: Any) -> None:
    settings.TOGO_EMAIL_SERVER = {"host": "mail.example.org"}
    settings.TOGO_ORIGIN = "https://togo.example.org"


@pytest.fixture
def api(alice: User, signed_in: Callable[[User], APIClient]) -> APIClient:
    return signed_in(alice)


def patch(api: APIClient, body: Any) -> Any:
    return api.patch(URL, body, format="json")


def test_somebody_who_chose_nothing_has_no_address(api: APIClient) -> None:
    response = api.get(URL)

    assert (response.status_code, response.json()) == (200, NOTHING)
    assert not Notification.objects.exists()


@pytest.mark.every_database
def test_a_person_chooses_an_address_a_digest_and_what_to_be_told(api: APIClient, alice: User) -> None:
    body = {
        "email": "alice@example.org",
        "digest": {"at": "06:45", "weekdays": [4, 0]},
        "events": {"assigned": "now", "moved": "digest", "unassigned": "off", "returned": "now"},
    }
    response = patch(api, body)

    expected = {**NOTHING, **body, "digest": {"at": "06:45", "weekdays": [0, 4]}, "state": "unconfirmed"}
    assert (response.status_code, response.json()) == (200, expected)
    assert api.get(URL).json() == expected
    one = Notification.objects.get()
    assert (one.user, one.email, one.confirmed_at) == (alice, "alice@example.org", None)
    assert (one.digest_at, one.digest_weekdays) == (datetime.time(6, 45), "04")
    assert [(message.kind, message.user) for message in Message.objects.all()] == [("confirm", alice)]


def test_what_is_left_out_stays(api: APIClient) -> None:
    patch(api, {"digest": {"at": "06:45", "weekdays": [0]}, "events": {"moved": "digest"}})
    response = patch(api, {"events": {"assigned": "off"}})

    assert response.json() == {
        **NOTHING,
        "digest": {"at": "06:45", "weekdays": [0]},
        "events": {"assigned": "off", "moved": "digest", "unassigned": "now", "returned": "now"},
    }


def test_null_takes_the_address_and_the_digest_away(api: APIClient) -> None:
    patch(api, {"email": "alice@example.org", "digest": {"at": "06:45", "weekdays": [0]}})

    assert patch(api, {"email": None, "digest": None}).json() == NOTHING


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "alice"}, "email"),
        ({"email": "alice@example.org\nBcc: everyone@example.org"}, "email"),
        ({"email": "alice@example.org, bob@example.org"}, "email"),
        ({"email": ""}, "email"),
        ({"email": 7}, "email"),
        ({"email": "a" * 250 + "@example.org"}, "email"),
        ({"channel": 7}, "channel"),
        ({"channel": ""}, "channel"),
        ({"channel": "json://example.org/" + "a" * 1000}, "channel"),
        ({"digest": {"at": "7:00", "weekdays": [0]}}, "digest.at"),
        ({"digest": {"at": "24:00", "weekdays": [0]}}, "digest.at"),
        ({"digest": {"at": 700, "weekdays": [0]}}, "digest.at"),
        ({"digest": {"at": "07:00"}}, "digest.weekdays"),
        ({"digest": {"at": "07:00", "weekdays": []}}, "digest.weekdays"),
        ({"digest": {"at": "07:00", "weekdays": [7]}}, "digest.weekdays.0"),
        ({"digest": {"at": "07:00", "weekdays": ["0"]}}, "digest.weekdays.0"),
        ({"digest": "daily"}, "digest"),
        ({"events": {"assigned": "later"}}, "events.assigned"),
        ({"events": {"done": "now"}}, "events.done"),
        ({"events": {"assigned": "digest"}}, "events.assigned"),
        ({"events": None}, "events"),
        ({"phone": "1"}, "phone"),
        ({"state": "ready"}, "state"),
    ],
)
def test_names_the_wrong_field_and_changes_nothing(api: APIClient, body: Any, field: str) -> None:
    response = patch(api, body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not Notification.objects.exists()


def test_a_digest_can_not_go_while_something_is_told_in_it(api: APIClient) -> None:
    patch(api, {"digest": {"at": "06:45", "weekdays": [0]}, "events": {"moved": "digest"}})
    response = patch(api, {"digest": None})

    assert response.status_code == 400
    assert response.json()["errors"] == [
        {
            "field": "events.moved",
            "code": "no_digest",
            "message": "There is no digest to tell it in: set `digest`, or choose now or off.",
        }
    ]
    assert Notification.objects.get().digest_weekdays == "0"


def test_says_that_messages_are_off(api: APIClient, settings: Any) -> None:
    settings.TOGO_EMAIL_SERVER = {}

    response = patch(api, {"email": "alice@example.org"})

    assert (response.status_code, response.json()["code"]) == (409, "messages_off")
    assert api.get(URL).json() == {**NOTHING, "state": "off"}


@pytest.mark.every_database
def test_a_channel_is_shown_without_its_secrets(api: APIClient, settings: Any) -> None:
    settings.TOGO_APPRISE_SCHEMAS = ["json", "tgram"]
    settings.TOGO_WEBHOOK_ALLOW = HERE
    response = patch(api, {"channel": "json://alice:geheim@127.0.0.1:9/x?token=geheim"})

    expected = {**NOTHING, "channel": "json://alice:****@127.0.0.1:9/x", "channel_state": "unconfirmed"}
    assert (response.status_code, response.json()) == (200, expected)
    assert api.get(URL).json() == expected
    assert Channel.objects.get().url == "json://alice:geheim@127.0.0.1:9/x?token=geheim"

    # What is shown stands for the channel: it stays, and gets another link.
    assert patch(api, {"channel": expected["channel"]}).json() == expected
    assert Channel.objects.get().url == "json://alice:geheim@127.0.0.1:9/x?token=geheim"
    assert Message.objects.filter(kind="confirm", way="channel").count() == 2
    assert patch(api, {"channel": None}).json() == {**NOTHING, "channel_state": "no_address"}
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "slack://a/b/c",
            "This must begin with one of the services that this ToGo allows: json://, tgram://.",
        ),
        ("/etc/passwd", "This must begin with one of the services that this ToGo allows: json://, tgram://."),
        ("json://example.org/ä", "This must have at most 1000 visible ASCII characters."),
        ("tgram://nobody", "This is not an address that Apprise understands."),
    ],
)
def test_says_what_is_wrong_with_a_channel(api: APIClient, settings: Any, url: str, message: str) -> None:
    settings.TOGO_APPRISE_SCHEMAS = ["json", "tgram"]
    response = patch(api, {"channel": url})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_request")
    assert response.json()["errors"] == [{"field": "channel", "code": "invalid", "message": message}]
    assert not Channel.objects.exists()


def test_a_channel_in_a_private_network_is_refused(api: APIClient, settings: Any) -> None:
    settings.TOGO_APPRISE_SCHEMAS = ["json"]
    response = patch(api, {"channel": "json://localhost:8000/"})

    assert response.status_code == 400
    problem = response.json()
    assert (problem["code"], problem["setting"]) == ("channel_refused", "TOGO_WEBHOOK_ALLOW")
    assert problem["address"] in ("127.0.0.1", "::1")
    assert not Channel.objects.exists()


def test_says_that_channels_are_off(api: APIClient) -> None:
    response = patch(api, {"channel": "json://example.org/"})

    assert (response.status_code, response.json()["code"]) == (409, "messages_off")
    assert response.json()["detail"] == "This ToGo sends to no channels; its operator can set TOGO_APPRISE_SCHEMAS."


def test_shows_why_the_mail_server_refused_the_address(api: APIClient, alice: User) -> None:
    Notification.objects.create(user=alice, email="alice@example.org", refusal="550 5.1.1 Unknown")

    assert (api.get(URL).json()["state"], api.get(URL).json()["refusal"]) == ("refused", "550 5.1.1 Unknown")


def test_too_many_links_are_refused_with_the_time_to_wait(api: APIClient) -> None:
    for _ in range(10):
        patch(api, {"email": "alice@example.org"})

    response = patch(api, {"email": "bob@example.org"})

    assert (response.status_code, response.json()["code"]) == (429, "too_many_requests")
    assert response["Retry-After"] == "86400"
    assert Notification.objects.get().email == "alice@example.org"


def test_a_key_may_read_it_but_not_send_messages_elsewhere(alice: User) -> None:
    _, key = api_keys.create(actor=alice, name="program", scope=api_keys.Scope.ALL)
    api = APIClient(headers={"Authorization": f"Bearer {key}"})

    assert api.get(URL).status_code == 200
    response = patch(api, {"email": "thief@example.org"})

    assert (response.status_code, response.json()["code"]) == (403, "key_not_allowed")
    assert not Notification.objects.exists()


@pytest.mark.every_database
def test_an_assignment_costs_no_statement_more_with_messages(
    taskmaster: User, alice: User, tasks: list[Any], signed_in: Any, settings: Any
) -> None:
    sending.send_what_is_due()
    api = signed_in(taskmaster)
    counts = []
    for task in tasks[:3]:
        with CaptureQueriesContext(connection) as counted:
            api.post("/api/users/assignment/", {"task": task.pk, "user": alice.pk, "date": "2026-03-03"}, format="json")
        counts.append(len(counted))
        Notification.objects.update_or_create(
            user=alice, defaults={"email": "alice@example.org", "confirmed_at": "2026-03-01T00:00:00Z"}
        )

    assert counts[1] == counts[2] <= counts[0]
