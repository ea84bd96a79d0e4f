"""Which URLs ToGo calls, which types there are, and how messages are signed."""

import ipaddress
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from apps.exceptions.base import InvalidRequest
from apps.exceptions.webhooks import WebhookUrlRefused
from apps.models import Webhook
from apps.models.events import Kind
from apps.models.webhooks import PATTERNS, type_of
from apps.services.webhooks import addresses, delivering, sending, signing


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.9.8.7",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "0",
        "0.0",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "192.88.99.1",
        "0.1.2.3",
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001::1]",
        "[3fff::1]",
        "[2001:db8::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[100::1]",
    ],
)
def test_addresses_that_are_not_public_are_refused_in_every_spelling(host: str) -> None:
    for url in (f"http://{host}/", f"https://{host}:8443/hook?a=b"):
        with pytest.raises(WebhookUrlRefused) as refusal:
            addresses.require_allowed(url)
        assert refusal.value.data["setting"] == "TOGO_WEBHOOK_ALLOW"
        ipaddress.ip_address(refusal.value.data["address"])


@pytest.mark.parametrize(
    "host", ["93.184.215.14", "[2606:4700:4700::1111]", "[64:ff9b::5db8:d70e]", "[::ffff:93.184.215.14]", "1572395534"]
)
def test_public_addresses_are_called(host: str) -> None:
    addresses.require_allowed(f"https://{host}/hook")


@pytest.mark.parametrize(
    ("networks", "allowed", "refused"),
    [
        ("10.1.0.0/16", ["10.1.2.3", "[::ffff:10.1.2.3]", "[64:ff9b::10.1.2.3]"], ["10.2.0.1", "127.0.0.1"]),
        ("127.0.0.0/8", ["127.0.0.1", "localhost.", "2130706433"], ["[::1]", "0"]),
        ("fd00::/8", ["[fd00:1::1]"], ["[fe80::1]", "10.1.2.3"]),
        ("169.254.169.254", ["169.254.169.254"], ["169.254.169.253"]),
    ],
)
def test_the_setting_allows_networks_and_no_others(
    settings: Any, networks: str, allowed: list[str], refused: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_resolve", only_ipv4(addresses._resolve))
    settings.TOGO_WEBHOOK_ALLOW = [ipaddress.ip_network(networks)]
    for host in allowed:
        addresses.require_allowed(f"http://{host}/")
    for host in refused:
        with pytest.raises(WebhookUrlRefused):
            addresses.require_allowed(f"http://{host}/")


def only_ipv4(resolve: Any) -> Any:
    """On some machines localhost is ::1, too."""
    return lambda host, port: [one for one in resolve(host, port) if ":" in host or ":" not in one]


def test_a_name_with_one_address_that_is_not_public_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_resolve", lambda *_: ["93.184.215.14", "10.0.0.1"])

    with pytest.raises(WebhookUrlRefused, match=r"10\.0\.0\.1"):
        addresses.require_allowed("https://receiver.example/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org:70/",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://:443/",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://example.org:port/",
        "https://[::1",
        "https://[fe80::1%25eth0]/",
        "https://exa mple.org/",
        "https://example.org/\r\nHost: internal",
        "https://example.org\\@10.0.0.1/",
        "https://exämple.org/",
        "https://example.org/ä",
        "https://user@example.org/",
        "https://user:password@example.org/",
        "https://example.org/#fragment",
        "https://example.org@10.0.0.1/",
        f"https://example.org/{'x' * 2000}",
        f"https://{'x' * 254}/",
    ],
)
def test_what_is_no_usable_url_is_refused_by_name(url: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        addresses.require_allowed(url)

    [error] = refusal.value.data["errors"]
    assert error["field"] == "url"
    assert error["message"].startswith("This must ")


def test_a_host_without_an_address_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise addresses.Unreachable("Name or service not known")

    monkeypatch.setattr(addresses, "_resolve", unknown)
    with pytest.raises(InvalidRequest, match="url has a host without an address: Name or service not known"):
        addresses.require_allowed("https://nowhere.example/")


def test_the_parts_of_a_url_are_sent_as_they_are() -> None:
    target = addresses.parse("https://Example.org:8443/a%20b//c?d=e%2Ff&g")

    assert (target.host, target.port, target.tls) == ("example.org", 8443, True)
    assert (target.netloc, target.path) == ("Example.org:8443", "/a%20b//c?d=e%2Ff&g")
    assert addresses.parse("http://example.org").path == "/"
    assert addresses.parse("http://example.org?a").path == "/?a"
    assert (addresses.parse("http://e.org").port, addresses.parse("https://e.org").port) == (80, 443)


def test_every_kind_of_event_has_a_type_and_can_be_asked_for() -> None:
    types = [type_of(kind) for kind in Kind.values]

    assert len(set(types)) == len(Kind)
    assert {name.partition(".")[0] for name in types} == {"assignment", "limit", "person", "rule"}
    assert set(PATTERNS) == {*types, "*", "assignment.*", "limit.*", "person.*", "rule.*"}
    assert type_of("effort_changed") == "assignment.effort_changed"
    assert type_of("limit_given_back") == "limit.given_back"


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        (["*"], {"assignment.assigned", "limit.set", "rule.created"}),
        (["assignment.*"], {"assignment.assigned"}),
        (["limit.set", "rule.*"], {"limit.set", "rule.created"}),
        (["rule.deleted"], set()),
    ],
)
def test_patterns_choose_types(events: list[str], wanted: set[str]) -> None:
    webhook = Webhook(events=events)

    assert {name for name in ("assignment.assigned", "limit.set", "rule.created") if webhook.wants(name)} == wanted


def test_the_example_of_the_standard_is_signed_as_it_says() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, the example of its specification."""
    headers = signing.headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
        secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets_are_random_and_as_long_as_the_standard_wants() -> None:
    secrets = {signing.new_secret() for _ in range(100)}

    assert len(secrets) == 100
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert len(Verifier(secret)._whsecret) == 32


def test_a_message_id_says_which_message_it_is() -> None:
    assert signing.message_id(1, 23) == signing.message_id(1, 23)
    assert len({signing.message_id(*parts) for parts in [(1, 23), (12, 3), (1, 24), (123,)]}) == 4


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"120", 120),
        (b"0", 0),
        (b"Mon, 02 Mar 2026 12:00:30 GMT", 30),
        (b"Mon, 02 Mar 2026 11:00:00 GMT", 0),
        (b"-1", None),
        (b"soon", None),
        (b"", None),
        (b"9" * 30, None),
        (b"\xff\xfe", None),
        (b"Mon, 99 Mar 2026 12:00:30 GMT", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_a_number_or_a_date(value: bytes | None, seconds: float | None) -> None:
    assert sending._retry_after(value) == seconds


def test_tries_wait_longer_and_longer_and_at_least_as_long_as_the_receiver_asks() -> None:
    for attempts, delay in enumerate(delivering.DELAYS, start=1):
        waits = [delivering._wait(attempts, None) for _ in range(50)]
        assert 0.9 * delay <= min(waits) < max(waits) <= 1.1 * delay
    assert delivering._wait(1, 600) == 600
    assert delivering._wait(1, 10**9) == 86_400
    assert delivering._wait(9, 1) > 70_000
    assert 3 * 86_400 < sum(delivering.DELAYS) < 3.3 * 86_400
