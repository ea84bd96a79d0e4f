"""`TOGO_PASSWORDS` closes every path that takes a password: the tables below name them all."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from apps.models import SecondFactor, User
from apps.services import second_factors, tokens, users
from apps.services.users import invitations
from tests.second_factors import code_of

pytestmark = pytest.mark.no_db

PASSWORD, NEW = "a walk in the woods", "a swim in the sea"
JSON = "application/json"


def sign_in(client: Client, person: User) -> Any:
    return client.post("/sign-in/", {"username": person.username, "password": PASSWORD})


def sign_in_for_the_admin_pages(client: Client, person: User) -> Any:
    """The admin pages have no form of their own: theirs leads to the sign-in page, whatever is sent to it."""
    sent = {"username": person.username, "password": PASSWORD}
    response = client.post("/admin/login/?next=/admin/", sent)
    assert response["Location"] == "/sign-in/?next=/admin/"
    return client.post(response["Location"], sent)


def token(client: Client, person: User) -> Any:
    sent = {"username": person.username, "password": PASSWORD}
    return client.post("/api/users/token/", sent, content_type=JSON)


def own_password_by_the_api(client: Client, person: User) -> Any:
    headers = {"Authorization": f"Bearer {tokens._tokens().issue(person)['access']}"}
    sent = {"old_password": PASSWORD, "new_password": NEW}
    return client.post("/api/users/me/password/", sent, content_type=JSON, headers=headers)


def own_password_on_the_page(client: Client, person: User) -> Any:
    client.force_login(person)
    return client.post("/account/password/", {"old_password": PASSWORD, "new_password": NEW, "again": NEW})


def own_password_on_the_admin_pages(client: Client, person: User) -> Any:
    client.force_login(person)
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW, "usable_password": "true"}
    return client.post("/admin/password_change/", sent)


def renewed_token(client: Client, person: User) -> Any:
    """It takes no password, but goes back to one: a person without passwords gets no tokens for ever, either."""
    sent = {"refresh": tokens._tokens().issue(person)["refresh"]}
    return client.post("/api/users/token/refresh/", sent, content_type=JSON)


def second_step(client: Client, person: User) -> Any:
    """The code after a right password; the ticket of an earlier step may still be good."""
    SecondFactor.objects.create(user=person, secret="A" * 32, last_step=0)
    sent = {"ticket": second_factors.ticket_for(person), "code": code_of("A" * 32)}
    response = client.post("/sign-in/code/", sent)
    SecondFactor.objects.all().delete()
    return response


def second_factor_off(client: Client, person: User) -> Any:
    client.force_login(person)
    SecondFactor.objects.create(user=person, secret="A" * 32, last_step=0)
    response = client.post("/account/second-factor/end/", {"password": PASSWORD, "code": code_of("A" * 32)})
    SecondFactor.objects.all().delete()
    return response


def own_password_by_a_link(client: Client, person: User) -> Any:
    """An admin's link, from before passwords were switched off."""
    link = f"/password/{invitations._signer(person).sign(str(person.pk))}/"
    return client.post(link, {"new_password": NEW, "again": NEW})


Path = Callable[[Client, User], Any]
# Path → where it is found, and the status when it succeeds.
OWN: dict[Path, tuple[str, int]] = {
    sign_in: ("sign-in/", 302),
    sign_in_for_the_admin_pages: ("admin/login/", 302),
    second_step: ("sign-in/code/", 302),
    second_factor_off: ("account/second-factor/end/", 302),
    token: ("api/users/token/", 200),
    renewed_token: ("api/users/token/refresh/", 200),
    own_password_by_the_api: ("api/users/me/password/", 204),
    own_password_on_the_page: ("account/password/", 302),
    own_password_on_the_admin_pages: ("admin/password_change/", 302),
    own_password_by_a_link: ("password/<str:token>/", 302),
}


def new_person_by_the_api(client: Client, admin: User, **roles: bool) -> Any:
    headers = {"Authorization": f"Bearer {tokens._tokens().issue(admin)['access']}"}
    sent = {"username": "new", "password": NEW, **roles}
    return client.post("/api/users/", sent, content_type=JSON, headers=headers)


def new_person_on_the_admin_pages(client: Client, admin: User, **roles: bool) -> Any:
    client.force_login(admin)
    return client.post("/admin/togo/user/add/", {"username": "new", "password": NEW, "is_active": "on", **roles})


def anothers_password_on_the_admin_pages(client: Client, admin: User) -> Any:
    client.force_login(admin)
    other = User.objects.exclude(pk=admin.pk).get()
    return client.post(f"/admin/togo/user/{other.pk}/change/", {"is_active": "on", "password": NEW})


MAKING: dict[Any, str] = {
    new_person_by_the_api: "api/users/",
    new_person_on_the_admin_pages: "admin/togo/user/add/",
}
CHANGING = {anothers_password_on_the_admin_pages: "admin/togo/user/<path:object_id>/change/"}
# `test_password_paths.py` finds every path that takes a password: it must be here.
PATHS = {where for where, _ in OWN.values()} | {*MAKING.values(), *CHANGING.values()}


def person(**roles: bool) -> User:
    return users.create_user(actor=None, username="ada", password=PASSWORD, **roles)


def assert_passwords_off(response: Any) -> None:
    assert response.status_code == 403
    if response["Content-Type"] == "application/problem+json":
        assert response.json()["code"] == "passwords_off"
    else:
        assert "/errors/#passwords_off" in response.content.decode()


@pytest.fixture
def passwords(settings: Any) -> Callable[[str], None]:
    def choose(choice: str) -> None:
        settings.TOGO_PASSWORDS = choice

    return choose


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.__name__)
def test_no_path_takes_a_password_where_they_are_off(
    db: None, client: Client, path: Path, passwords: Callable[[str], None]
) -> None:
    admin = person(is_admin=True)
    before = admin.password
    passwords("off")

    assert_passwords_off(path(client, admin))

    admin.refresh_from_db()
    assert admin.password == before
    if path in (sign_in, sign_in_for_the_admin_pages):
        assert client.get("/today/").status_code == 302

    passwords("on")
    assert path(client, admin).status_code == OWN[path][1], "the control"


@pytest.mark.parametrize("path", [path for path in OWN if path is not own_password_on_the_admin_pages])
def test_only_admins_use_passwords_where_only_they_may(
    db: None, client: Client, path: Path, passwords: Callable[[str], None]
) -> None:
    ada = person()
    passwords("admins")
    assert_passwords_off(path(client, ada))

    User.objects.update(is_admin=True)
    ada.refresh_from_db()
    assert path(client, ada).status_code == OWN[path][1]


@pytest.mark.parametrize("make", MAKING)
def test_nobody_is_made_with_a_password_that_they_may_not_use(
    db: None, client: Client, make: Any, passwords: Callable[[str], None]
) -> None:
    admin = person(is_admin=True)
    passwords("off")
    response = make(client, admin, is_admin=True)
    assert response.status_code == 403
    passwords("admins")
    make(client, admin)
    assert not User.objects.filter(username="new").exists()

    make(client, admin, is_admin=True)
    assert User.objects.get(username="new").check_password(NEW)


@pytest.mark.parametrize(
    ("choice", "is_admin", "changed"), [("off", True, False), ("admins", False, False), ("on", False, True)]
)
def test_an_admin_sets_only_passwords_that_may_be_used(
    db: None, client: Client, passwords: Callable[[str], None], choice: str, is_admin: bool, changed: bool
) -> None:
    admin = person(is_admin=True)
    other = users.create_user(actor=None, username="other", password=PASSWORD, is_admin=is_admin)
    passwords(choice)

    anothers_password_on_the_admin_pages(client, admin)

    other.refresh_from_db()
    assert other.check_password(NEW) is changed


def test_wrong_passwords_do_not_tell_who_is_an_admin(
    db: None, client: Client, passwords: Callable[[str], None]
) -> None:
    person()
    users.create_user(actor=None, username="boss", password=PASSWORD, is_admin=True)
    passwords("admins")

    for username in ("ada", "boss", "nobody"):
        wrong = client.post("/api/users/token/", {"username": username, "password": "x"}, content_type=JSON)
        assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")


def test_the_first_admins_variables_make_no_admin_where_passwords_are_off(
    db: None, monkeypatch: pytest.MonkeyPatch, passwords: Callable[[str], None]
) -> None:
    monkeypatch.setenv("TOGO_ADMIN_USERNAME", "boss")
    monkeypatch.setenv("TOGO_ADMIN_PASSWORD", PASSWORD)
    passwords("off")
    said = io.StringIO()

    call_command("ensure_admin", stdout=said)

    assert not User.objects.exists()
    assert "TOGO_PASSWORDS is off" in said.getvalue()
    assert "make_admin" in said.getvalue()


def test_a_password_of_the_console_opens_no_door(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, passwords: Callable[[str], None]
) -> None:
    """`createsuperuser` and `changepassword` are the operator's, who prepares with them to switch passwords on."""
    passwords("off")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", username="boss", interactive=False, verbosity=0)
    boss = User.objects.get()

    for path in OWN:
        assert_passwords_off(path(client, boss))
    passwords("admins")
    assert sign_in(client, boss).status_code == 302


def test_the_console_makes_an_admin_of_somebody_who_signed_in(db: None) -> None:
    ada = person(is_active=False)

    call_command("make_admin", "ada", stdout=io.StringIO())

    ada.refresh_from_db()
    assert (ada.is_admin, ada.is_active) == (True, True)


def test_the_sign_in_page_asks_only_for_what_it_takes(
    db: None, client: Client, settings: Any, passwords: Callable[[str], None]
) -> None:
    settings.TOGO_OIDC_ISSUER, settings.TOGO_OIDC_NAME = "https://id.example.org", "Example ID"
    for choice, has_form, text in [("on", True, "Or with"), ("admins", True, "Admins can"), ("off", False, "")]:
        passwords(choice)
        page = client.get("/sign-in/").content.decode()
        assert "Sign in with Example ID" in page
        assert text in page
        assert ('name="password"' in page) is has_form
