"""The page on which people choose what they are told, and the pages behind the links in messages, without scripts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from apps.models import Channel, Message, Notification, Task, User
from apps.services import assignments, notifications
from apps.services.notifications import links, sending
from tests.conftest import TODAY
from tests.receivers import HERE
from tests.web_test.test_today import text_of

PAGE = "/account/messages/"
CHOICES = {
    "email": "alice@example.org",
    "digest": "on",
    "at": "06:45",
    "weekdays": ["0", "4"],
    "assigned": "now",
    "moved": "digest",
    "unassigned": "off",
    "back": PAGE,
}


@pytest.fixture(autouse=True)
def _sends_messages(settings: Any) -> None:
    settings.TOGO_EMAIL_SERVER = {"host": "mail.example.org"}
    settings.TOGO_ORIGIN = "https://togo.example.org"


@pytest.fixture
def page(alice: User, client: Client) -> Client:
    """A browser in which alice is signed in."""
    client.force_login(alice)
    return client


@pytest.fixture
def ready(alice: User) -> User:
    """Alice, whose address is confirmed."""
    Notification.objects.create(user=alice, email="alice@example.org", confirmed_at="2026-03-01T00:00:00Z")
    return alice


@pytest.mark.every_database
def test_a_person_chooses_and_confirms(page: Client, alice: User) -> None:
    text = text_of(page.post(PAGE, CHOICES, follow=True))
    assert "Nothing is sent to alice@example.org before you follow the link in the message to it." in text
    assert "Saved. Follow the link in the message to alice@example.org." in text
    sending.send_what_is_due()
    [link] = [line for line in mail.outbox[0].body.splitlines() if line.startswith("https://togo.example.org")]
    path = link.removeprefix("https://togo.example.org")

    # The link needs no sign-in. A program that looks into mails opens it, and confirms nothing by that.
    anybody = Client()
    assert "ToGo will send messages to alice@example.org ." in text_of(anybody.get(path))
    assert Notification.objects.get().confirmed_at is None
    assert "Messages go to alice@example.org from now on." in text_of(anybody.post(path))
    assert anybody.post(path).status_code == 404

    one = Notification.objects.get()
    assert one.confirmed_at is not None
    assert (one.digest_weekdays, one.assigned, one.moved, one.unassigned) == ("04", "now", "digest", "off")
    assert "Messages go to alice@example.org ." in text_of(page.get(PAGE))


def test_the_form_shows_what_was_chosen(page: Client) -> None:
    page.post(PAGE, CHOICES)

    html = page.get(PAGE).content.decode()

    assert 'value="06:45"' in html
    assert html.count("checked") == 3
    assert '<option value="off" selected>' in html


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"email": "alice"}, "Enter a valid email address."),
        ({"at": ""}, "Choose a time."),
        ({"weekdays": []}, "Choose a weekday."),
        ({"digest": ""}, "Choose to get the daily message, too."),
        ({"assigned": "later"}, "Select a valid choice."),
    ],
)
def test_a_mistake_is_named_at_its_field(page: Client, wrong: dict[str, Any], says: str) -> None:
    response = page.post(PAGE, {**CHOICES, **wrong})

    assert response.status_code == 400
    assert says in text_of(response)
    assert not Notification.objects.exists()


def test_the_page_previews_todays_digest(page: Client, taskmaster: User, alice: User, cooking: Task) -> None:
    Task.objects.filter(pk=cooking.pk).update(name="<b>cooking</b>")
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)

    response = page.get(PAGE)

    assert "Your day, Monday 2 March: 1 task" in text_of(response)
    assert "<bdi>&lt;b&gt;cooking&lt;/b&gt;</bdi>" in response.content.decode()
    assert not Message.objects.exists()


def test_a_test_message_is_sent_and_listed(page: Client, ready: User) -> None:
    text = text_of(page.post(f"{PAGE}test/", {"back": PAGE}, follow=True))
    assert "A test message is on its way to alice@example.org." in text

    sending.send_what_is_due()

    assert [(one.subject, one.to) for one in mail.outbox] == [("A test message", ["alice@example.org"])]
    assert "A test 2 Mar, 12:00 · sent" in text_of(page.get(PAGE))


@pytest.mark.every_database
def test_a_channel_is_entered_confirmed_and_taken_away(page: Client, settings: Any) -> None:
    settings.TOGO_APPRISE_SCHEMAS = ["json"]
    settings.TOGO_WEBHOOK_ALLOW = HERE
    settings.TOGO_EMAIL_SERVER = {}
    assert "Another service for your messages" in text_of(page.get(PAGE))
    choices = {**CHOICES, "digest": "", "moved": "now"}
    wrong = page.post(PAGE, {**choices, "channel": "slack://a"})
    assert wrong.status_code == 400
    assert "must begin with one of the services that this ToGo allows: json://." in text_of(wrong)

    text = text_of(page.post(PAGE, {**choices, "channel": "json://a:geheim@127.0.0.1:9/"}, follow=True))
    assert "Saved. Follow the link in the message to your channel." in text
    assert "Nothing is sent to json://a:****@127.0.0.1:9/ before you follow the link in the message to it." in text
    link = links.to_confirm(Channel.objects.get()).removeprefix("https://togo.example.org")
    assert "ToGo will send messages to json://a:****@127.0.0.1:9/ ." in text_of(Client().get(link))
    assert "The channel is confirmed" in text_of(Client().post(link))
    assert 'value="json://a:****@127.0.0.1:9/"' in page.get(PAGE).content.decode()

    # What the page shows stands for the channel.
    page.post(PAGE, {**choices, "channel": "json://a:****@127.0.0.1:9/"})
    assert Channel.objects.get().url == "json://a:geheim@127.0.0.1:9/"
    assert "on its way to your channel" in text_of(page.post(f"{PAGE}test/", {"back": PAGE}, follow=True))
    Channel.objects.update(refusal="It leads to 10.1.2.3, which is not a public address.")
    assert "It leads to 10.1.2.3, which is not a public address." in text_of(page.get(PAGE))
    page.post(f"{PAGE}confirm/", {"back": PAGE, "way": "channel"})
    assert Channel.objects.get().refusal == ""
    page.post(PAGE, {**choices, "channel": ""})
    assert not Channel.objects.exists()


@pytest.mark.every_database
def test_an_address_that_was_refused_shows_why_and_is_tried_again(page: Client, ready: User) -> None:
    Notification.objects.update(refusal="550 5.1.1 <unknown>")
    response = page.get(PAGE)
    assert "“550 5.1.1 &lt;unknown&gt;”" in response.content.decode()

    page.post(f"{PAGE}confirm/", {"back": PAGE})

    assert notifications.state_of(Notification.objects.get()) == "unconfirmed"
    assert [message.kind for message in Message.objects.all()] == ["confirm"]


def test_the_page_says_that_messages_are_off(page: Client, settings: Any) -> None:
    settings.TOGO_EMAIL_SERVER = {}

    text = text_of(page.get(PAGE))

    assert "Messages are off: this ToGo has no mail server." in text
    assert "Save" not in text


def test_one_click_of_a_mail_program_stops_the_messages(ready: User) -> None:
    path = links.to_stop(Notification.objects.get()).removeprefix("https://togo.example.org")
    program = Client(enforce_csrf_checks=True)

    response = program.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")

    assert response.status_code == 200
    assert "sessionid" not in response.cookies
    one = Notification.objects.get()
    assert (one.digest_at, one.assigned, one.moved, one.unassigned) == (None, "off", "off", "off")
    assert one.email == "alice@example.org"


def test_looking_at_the_link_stops_nothing(ready: User) -> None:
    path = links.to_stop(Notification.objects.get()).removeprefix("https://togo.example.org")

    assert "Stop the messages?" in text_of(Client().get(path))
    assert Notification.objects.get().assigned == "now"


@pytest.mark.every_database
@pytest.mark.parametrize("make", [links.to_stop, links.to_confirm])
def test_a_changed_link_leads_nowhere(ready: User, make: Callable[[Notification], str]) -> None:
    Notification.objects.update(nonce="abc")
    path = make(Notification.objects.get()).removeprefix("https://togo.example.org")

    for forged in (path[:-2] + "/", path.replace("~", "~~", 1), path.replace("/messages/", "/messages/x/", 1)):
        assert Client().post(forged).status_code == 404
    assert Notification.objects.get().assigned == "now"


@pytest.mark.every_database
def test_the_account_shows_where_messages_go(page: Client, alice: User, settings: Any) -> None:
    assert "ToGo can tell you what is planned for you, and what others change." in text_of(page.get("/account/"))
    settings.TOGO_APPRISE_SCHEMAS = ["json"]
    Notification.objects.create(user=alice, email="alice@example.org", refusal="550 5.1.1 <unknown>")
    Channel.objects.create(user=alice, url="json://a:geheim@a/", shown="json://a:****@a/", nonce="abc")
    text = text_of(page.get("/account/"))
    assert "Nothing is sent to alice@example.org , because it was refused." in text
    assert "Follow the link in the message to json://a:****@a/ , and ToGo tells you there" in text

    Channel.objects.update(confirmed_at="2026-03-01T00:00:00Z")
    assert "ToGo sends messages to json://a:****@a/ ." in text_of(page.get("/account/"))
    settings.TOGO_APPRISE_SCHEMAS = settings.TOGO_EMAIL_SERVER = []
    assert "This ToGo sends no messages." in text_of(page.get("/account/"))
