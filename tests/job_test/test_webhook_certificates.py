"""Messages to receivers with HTTPS: only a valid certificate gets them, and what is wrong with another one is said."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.models import Channel, Delivery, Message, User
from apps.serializers.webhooks import message
from apps.services import webhooks
from apps.services.notifications import sending as messages
from apps.services.webhooks import delivering, sending
from tests.certificates import EXPIRED, Authority
from tests.receivers import HERE, receiver
from tests.unit_test.test_channels import channel_for, due_message

pytestmark = [pytest.mark.no_db, pytest.mark.django_db]


@pytest.fixture
def authority(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """An authority that this ToGo trusts, for receivers on this machine."""
    settings.TOGO_WEBHOOK_ALLOW = HERE
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    sending._tls.cache_clear()
    yield authority
    sending._tls.cache_clear()


def delivered(admin: User, url: str) -> Delivery:
    """A test of a webhook for this URL, after it was sent."""
    webhook, _ = webhooks.create(actor=admin, url=url, events=["*"])
    webhooks.test(actor=admin, webhook_id=webhook.pk)
    delivering.run(render=message, stopping=lambda: False, once=True)
    return Delivery.objects.get()


def test_a_receiver_with_a_certificate_of_a_trusted_authority_gets_messages(admin: User, authority: Authority) -> None:
    with receiver(tls=authority.server()) as bob:
        delivery = delivered(admin, bob.url)

    assert bob.url.startswith("https://localhost:")
    assert (delivery.status, delivery.http_status, delivery.error) == ("delivered", 204, "")
    assert len(bob.got) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"host": "receiver.example.org"}, "it is for another host than localhost"),
        ({"until": EXPIRED}, "it has expired"),
        ("unknown", "this machine doesn't trust the authority that signed it"),
    ],
)
def test_a_receiver_with_a_certificate_that_is_not_valid_gets_nothing_and_the_delivery_says_why(
    admin: User, authority: Authority, tmp_path: Path, wrong: Any, said: str
) -> None:
    if wrong == "unknown":
        (tmp_path / "unknown").mkdir()
        context = Authority(tmp_path / "unknown").server()
    else:
        context = authority.server(**wrong)
    with receiver(tls=context) as bob:
        delivery = delivered(admin, bob.url)

    assert (delivery.status, delivery.attempts, delivery.http_status) == ("pending", 1, None)
    assert delivery.error == f"The certificate isn't valid: {said}."
    assert bob.got == []


def test_channels_trust_the_same_authority(
    alice: User, stranger: User, authority: Authority, tmp_path: Path, settings: Any
) -> None:
    settings.TOGO_APPRISE_SCHEMAS = ["jsons"]
    (tmp_path / "unknown").mkdir()
    with (
        receiver(tls=authority.server()) as trusted,
        receiver(tls=Authority(tmp_path / "unknown").server()) as unknown,
    ):
        for person, one in ((alice, trusted), (stranger, unknown)):
            channel_for(person, one.url.replace("https:", "jsons:"))
            due_message(person)
        messages.send_what_is_due()

    assert (len(trusted.got), len(unknown.got)) == (1, 0)
    assert Message.objects.get(user=alice).status == "sent"
    assert Channel.objects.get(user=stranger).problem
