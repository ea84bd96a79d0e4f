"""People sign in at a real OpenID provider, which runs in a thread: `oidc-provider-mock`."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from apps.models import Event, Identity, User
from apps.services import oidc, users
from tests.provider import Provider, running_provider
from tests.web_test.conftest import use_provider

# The provider of the tests is older than the libraries that it uses. Other tests try the other databases.
pytestmark = [pytest.mark.no_db, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

PASSWORD = "a walk in the woods"
ADA = {"preferred_username": "ada", "given_name": "Ada", "family_name": "Lovelace", "email": "ada@example.org"}


@pytest.fixture(scope="session")
def _one_provider() -> Iterator[str]:
    with running_provider() as url:
        yield url


@pytest.fixture
def provider(_one_provider: str, settings: Any, db: None) -> Provider:
    use_provider(settings, _one_provider)
    return Provider(_one_provider)


@pytest.fixture
def groups(settings: Any) -> None:
    settings.TOGO_OIDC_ADMIN_GROUPS = ["togo admins", "bosses"]
    settings.TOGO_OIDC_TASKMASTER_GROUPS = ["planners"]


def sign_in(client: Client, provider: Provider, sub: str, **query: str) -> Any:
    """The answer to the browser that comes back from the provider."""
    return client.get(provider.sign_in(client.get("/sign-in/oidc/", query)["Location"], sub))


def link(client: Client, provider: Provider, sub: str) -> Any:
    leaving = client.post("/account/sign-ins/", {"back": "/today/"})
    assert leaving.status_code == 200, "browsers don't follow a form to another site"
    return client.get(provider.sign_in(leaving.context["url"], sub))


def person_in(client: Client) -> str | None:
    """The username of the person who is signed in."""
    response = client.get("/today/")
    return response.context["user"].username if response.status_code == 200 else None


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_the_sign_in_page_leads_to_the_provider_with_state_nonce_and_pkce(client: Client, provider: Provider) -> None:
    page = client.get("/sign-in/?next=/board/%3Fweek%3D2026-W48").content.decode()
    assert '<a class="button primary" href="/sign-in/oidc/?next=%2Fboard%2F%3Fweek%3D2026-W48">' in page
    assert "Sign in with Example ID" in page

    address = client.get("/sign-in/oidc/")["Location"]
    query = parse_qs(urlsplit(address).query)
    assert query["redirect_uri"] == ["http://testserver/sign-in/oidc/callback/"]
    assert (query["response_type"], query["scope"]) == (["code"], ["openid profile email"])
    assert query["code_challenge_method"] == ["S256"]
    assert all(len(query[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert parse_qs(urlsplit(client.get("/sign-in/oidc/")["Location"]).query)["state"] != query["state"]


def test_without_a_provider_there_is_no_button_and_no_page(client: Client, alice: User) -> None:
    assert "/sign-in/oidc/" not in client.get("/sign-in/").content.decode()
    client.force_login(alice)
    assert client.get("/sign-in/oidc/").status_code == 404
    assert client.get("/sign-in/oidc/callback/?state=x&code=y").status_code == 404
    assert client.post("/account/sign-ins/").status_code == 404


def test_a_first_sign_in_makes_a_person_and_the_next_ones_find_them(client: Client, provider: Provider) -> None:
    provider.knows("ada-1", **ADA)

    response = sign_in(client, provider, "ada-1", next="/today/")

    assert (response.status_code, response["Location"]) == (302, "/today/")
    assert person_in(client) == "ada"
    ada = User.objects.get()
    assert (ada.first_name, ada.last_name, ada.is_taskmaster, ada.is_admin) == ("Ada", "Lovelace", False, False)
    assert not ada.has_usable_password()

    provider.knows("ada-1", preferred_username="countess", email="other@example.org")
    elsewhere = Client()
    sign_in(elsewhere, provider, "ada-1")
    assert person_in(elsewhere) == "ada"
    assert (User.objects.count(), Identity.objects.count(), kinds()) == (1, 1, ["signed_up"])


def test_a_sign_in_changes_the_session_id(client: Client, provider: Provider) -> None:
    """Whoever planted a session id in this browser before must not be signed in with it."""
    client.get("/sign-in/oidc/")
    before = client.session.session_key

    sign_in(client, provider, "ada-2")

    assert client.session.session_key != before
    assert not Session.objects.filter(pk=before).exists()


def test_two_people_with_one_e_mail_address_and_name_stay_two(client: Client, provider: Provider) -> None:
    for sub in ("one", "two", "three"):
        provider.knows(sub, **ADA)
        sign_in(Client(), provider, sub)

    assert list(User.objects.order_by("pk").values_list("username", flat=True)) == ["ada", "ada-2", "ada-3"]


@pytest.mark.every_database
def test_a_username_that_is_taken_gets_a_number_and_its_owner_keeps_all(client: Client, provider: Provider) -> None:
    """An account at the provider with a local person's name, or address, is somebody else."""
    local = users.create_user(actor=None, username="ada", password=PASSWORD, is_admin=True)
    provider.knows("thief", preferred_username="ada", email="ada", name="Ada")

    sign_in(client, provider, "thief")

    assert person_in(client) == "ada-2"
    assert not User.objects.get(username="ada-2").is_admin
    assert not Identity.objects.filter(user=local).exists()


@pytest.mark.parametrize(
    ("claims", "username"),
    [
        ({"preferred_username": "Ada Lovelace <ada>"}, "Ada.Lovelace.ada"),
        ({"preferred_username": "ada@example.org"}, "ada@example.org"),
        ({"email": "ada@example.org"}, "ada"),
        ({"name": "Ada Lovelace"}, "Ada.Lovelace"),
        ({"preferred_username": "x" * 1000}, "x" * 140),
        ({"preferred_username": 7, "email": ["a"], "given_name": {"a": 1}}, "person"),
        ({"preferred_username": "\x00\u202e"}, "person"),
        ({"preferred_username": "a"}, "a-2"),
        ({}, "person"),
    ],
    ids=str,
)
def test_whatever_the_provider_says_a_person_gets_a_valid_username(
    client: Client, provider: Provider, claims: dict[str, Any], username: str
) -> None:
    provider.knows("strange", **claims)

    sign_in(client, provider, "strange")

    assert person_in(client) == username
    User.objects.get().full_clean(exclude=["password"])


@pytest.mark.parametrize("wanted", ["https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(client: Client, provider: Provider, wanted: str) -> None:
    assert sign_in(client, provider, "ada-1", next=wanted)["Location"] == "/"


def test_several_tabs_may_have_begun(client: Client, provider: Provider) -> None:
    first, second = (client.get("/sign-in/oidc/", {"next": path})["Location"] for path in ("/today/", "/"))

    assert client.get(provider.sign_in(first, "ada-1"))["Location"] == "/today/"
    assert client.get(provider.sign_in(second, "ada-1"))["Location"] == "/"


def test_people_are_made_only_if_that_is_wanted(client: Client, provider: Provider, settings: Any) -> None:
    sign_in(Client(), provider, "known")
    settings.TOGO_OIDC_SIGNUP = False

    refused = sign_in(client, provider, "unknown")
    assert (refused.status_code, "You have no account here" in refused.content.decode()) == (403, True)
    assert (person_in(client), User.objects.count()) == (None, 1)

    sign_in(client, provider, "known")
    assert person_in(client) == "person"


def test_a_deactivated_person_gets_in_again_only_when_activated(
    client: Client, provider: Provider, admin: User
) -> None:
    sign_in(client, provider, "leaver")
    leaver = User.objects.get(username="person")
    users.update_user(actor=admin, user_id=leaver.pk, is_active=False)
    assert person_in(client) is None

    refused = sign_in(client, provider, "leaver")
    assert (refused.status_code, "is deactivated here" in refused.content.decode()) == (403, True)
    assert person_in(client) is None

    users.update_user(actor=admin, user_id=leaver.pk, is_active=True)
    assert person_in(client) is None, "the old session stays dead"
    sign_in(client, provider, "leaver")
    assert person_in(client) == "person"


# --- roles ----------------------------------------------------------------------------------------------------------


@pytest.mark.every_database
def test_roles_follow_the_groups_at_each_sign_in_and_back(
    client: Client, provider: Provider, groups: None, admin: User
) -> None:
    for said, roles in [
        (["bosses", "others"], (True, False)),
        (["planners"], (False, True)),
        ("planners", (False, True)),
        (["togo admins", "planners"], (True, True)),
        ([["bosses"], 7, None], (False, False)),
        (None, (False, False)),
    ]:
        provider.knows("grace", groups=said)
        sign_in(client, provider, "grace")
        grace = User.objects.get(username="person")
        assert (grace.is_admin, grace.is_taskmaster) == roles, said
    assert kinds() == ["signed_up", *["roles_followed"] * 4]
    assert Event.objects.order_by("pk")[1].data == {"is_admin": True}


@pytest.mark.every_database
def test_roles_without_groups_in_the_settings_stay(client: Client, provider: Provider, settings: Any) -> None:
    settings.TOGO_OIDC_ADMIN_GROUPS = ["bosses"]
    sign_in(client, provider, "grace")
    User.objects.update(is_taskmaster=True)

    sign_in(client, provider, "grace")

    assert User.objects.get().is_taskmaster


def test_the_last_active_admin_stays_one(client: Client, provider: Provider, groups: None) -> None:
    provider.knows("grace", groups=["bosses"])
    sign_in(client, provider, "grace")
    User.objects.create(username="gone", is_admin=True, is_active=False)

    provider.knows("grace", groups=[])
    sign_in(client, provider, "grace")

    assert User.objects.get(username="person").is_admin


def test_the_last_admin_with_a_password_stays_one(client: Client, provider: Provider, groups: None) -> None:
    """The others can't get in while the provider is down."""
    local = users.create_user(actor=None, username="local", password=PASSWORD, is_admin=True)
    provider.knows("grace", groups=["bosses"])
    sign_in(Client(), provider, "grace")
    client.force_login(local)
    link(client, provider, "local-1")

    client.logout()
    sign_in(client, provider, "local-1")
    assert person_in(client) == "local"
    assert User.objects.get(username="local").is_admin

    users.create_user(actor=None, username="second", password=PASSWORD, is_admin=True)
    sign_in(client, provider, "local-1")
    assert not User.objects.get(username="local").is_admin


# --- linking --------------------------------------------------------------------------------------------------------


def test_a_person_links_an_account_and_signs_in_with_it(client: Client, provider: Provider, alice: User) -> None:
    provider.knows("ada-1", **ADA)
    client.force_login(alice)

    linked = link(client, provider, "ada-1")

    assert (linked.status_code, linked["Location"]) == (302, "/today/")
    assert "You can sign in with Example ID now." in client.get("/today/").content.decode()
    [identity] = oidc.sign_ins_of(actor=alice).identities
    assert (identity.issuer, identity.subject, identity.name) == (provider.url, "ada-1", "ada")
    client.logout()
    sign_in(client, provider, "ada-1")
    assert person_in(client) == "alice"
    assert (User.objects.count(), kinds()) == (1, ["sign_in_linked"])


def test_linking_needs_a_form_of_ours_and_somebody_who_is_signed_in(provider: Provider, alice: User) -> None:
    careful = Client(enforce_csrf_checks=True)
    assert careful.post("/account/sign-ins/").status_code == 403
    careful.force_login(alice)
    assert careful.post("/account/sign-ins/").status_code == 403
    client = Client()
    assert client.post("/account/sign-ins/")["Location"] == "/sign-in/?next=/account/sign-ins/"
    client.force_login(alice)
    assert client.get("/account/sign-ins/").status_code == 405


def test_a_sign_in_links_nothing_by_itself(client: Client, provider: Provider, alice: User) -> None:
    """Somebody who leads my browser to the callback can't link their account to me."""
    client.force_login(alice)

    refused = sign_in(client, provider, "mallory")

    assert (refused.status_code, "You are signed in as alice" in refused.content.decode()) == (403, True)
    assert (person_in(client), Identity.objects.count(), User.objects.count()) == ("alice", 0, 1)


def test_whoever_is_signed_in_can_sign_in_as_somebody_else(client: Client, provider: Provider, alice: User) -> None:
    sign_in(Client(), provider, "known")
    client.force_login(alice)

    sign_in(client, provider, "known")

    assert person_in(client) == "person"


def test_an_account_is_linked_to_one_person_only(client: Client, provider: Provider, alice: User) -> None:
    sign_in(Client(), provider, "ada-1")
    client.force_login(alice)

    refused = link(client, provider, "ada-1")

    assert (refused.status_code, "is linked to somebody else" in refused.content.decode()) == (409, True)
    assert not oidc.sign_ins_of(actor=alice).identities


def test_linking_twice_changes_nothing(client: Client, provider: Provider, alice: User) -> None:
    client.force_login(alice)
    for _ in range(2):
        assert link(client, provider, "ada-1").status_code == 302
    assert (Identity.objects.count(), kinds()) == (1, ["sign_in_linked"])


def test_the_person_who_began_to_link_is_the_one_who_ends_it(
    client: Client, provider: Provider, alice: User, stranger: User
) -> None:
    client.force_login(alice)
    leaving = client.post("/account/sign-ins/").context["url"]
    pending = client.session["oidc_pending"]
    client.force_login(stranger)
    session = client.session
    session["oidc_pending"] = pending
    session.save()

    response = client.get(provider.sign_in(leaving, "ada-1"))

    assert (response.status_code, Identity.objects.count()) == (403, 0)


@pytest.mark.every_database
def test_nobody_loses_the_last_way_to_sign_in(client: Client, provider: Provider, settings: Any) -> None:
    sign_in(client, provider, "one")
    [first] = Identity.objects.all()
    unlink = f"/account/sign-ins/{first.pk}/unlink/"

    page = client.get("/account/").content.decode()
    assert ("your only way to sign in" in page, unlink in page) == (True, False)
    refused = client.post(unlink)
    assert (refused.status_code, "You couldn’t sign in any more" in refused.content.decode()) == (409, True)

    User.objects.update(password="argon2$one")
    client.force_login(User.objects.get())
    for passwords in ("off", "admins"):
        settings.TOGO_PASSWORDS = passwords
        assert client.post(unlink).status_code == 409
    settings.TOGO_PASSWORDS = "on"
    assert unlink in client.get("/account/").content.decode()
    assert client.post(unlink, {"back": "/today/"})["Location"] == "/today/"
    assert (Identity.objects.count(), kinds()[-1]) == (0, "sign_in_unlinked")


@pytest.mark.every_database
def test_one_of_two_linked_sign_ins_can_go_but_not_that_of_somebody_else(
    client: Client, provider: Provider, alice: User, stranger: User
) -> None:
    client.force_login(alice)
    for sub in ("one", "two"):
        link(client, provider, sub)
    one, two = Identity.objects.order_by("pk")
    client.force_login(stranger)
    assert client.post(f"/account/sign-ins/{one.pk}/unlink/").status_code == 404
    assert client.post("/account/sign-ins/9999/unlink/").status_code == 404

    client.force_login(alice)
    assert client.post(f"/account/sign-ins/{one.pk}/unlink/").status_code == 302
    assert client.post(f"/account/sign-ins/{two.pk}/unlink/").status_code == 409
    assert list(Identity.objects.all()) == [two]


@pytest.mark.every_database
def test_a_sign_in_of_a_former_provider_is_no_way_in(client: Client, provider: Provider, alice: User) -> None:
    client.force_login(alice)
    link(client, provider, "one")
    former = Identity.objects.create(user=alice, issuer="https://id.example.org", subject="1", digest="1")
    [current] = Identity.objects.exclude(pk=former.pk)

    assert client.post(f"/account/sign-ins/{current.pk}/unlink/").status_code == 409
    assert client.post(f"/account/sign-ins/{former.pk}/unlink/").status_code == 302


# --- signing out ----------------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_here_and_offers_to_sign_out_there(client: Client, provider: Provider) -> None:
    sign_in(client, provider, "ada-1")

    page = client.post("/sign-out/")

    assert person_in(client) is None
    address = page.context["url"]
    assert page.status_code == 200
    assert address.startswith(f"{provider.url}/oauth2/end_session?")
    assert parse_qs(urlsplit(address).query) == {
        "client_id": ["togo"],
        "post_logout_redirect_uri": ["http://testserver/sign-in/"],
    }
    assert httpx.get(address).status_code == 200


def test_the_provider_cannot_be_asked_for_a_token_in_place_of_a_person(client: Client, provider: Provider) -> None:
    """OpenID Connect is for people in browsers: the API takes none of its tokens; programs have API keys."""
    response = client.post(
        "/api/users/token/", {"username": "ada", "password": "x", "id_token": "y"}, content_type="application/json"
    )
    assert response.status_code == 400
