"""The people and things that tests are about."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import SimpleTestCase, override_settings
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from apps.models import Task, User
from apps.views import health
from lab import processes
from lab.processes import Server, start_server
from lab.warm import WarmStart
from tests.clock import NOON, freeze_time
from togo.celery import wait_briefly_for_the_broker
from togo.embedded.broker import Broker

TODAY = date(2026, 3, 2)  # a Monday
# A test's requests wait for the broker as a web server's do.
wait_briefly_for_the_broker()
_HASHERS = settings.PASSWORD_HASHERS
_DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests of pages, and those that use no database, with `no_db`. Others that work alike on every database have
    the mark themselves."""
    for item in items:
        is_test_case = isinstance(getattr(item, "cls", None), type) and issubclass(item.cls, SimpleTestCase)  # type: ignore[attr-defined]
        uses_one = item.get_closest_marker("django_db") or _DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
        if item.path.parent.name == "web_test" or not (is_test_case or uses_one):
            item.add_marker(pytest.mark.no_db)


@pytest.fixture(autouse=True)
def _health_is_looked_up_anew() -> None:
    """What one test was told of ToGo's health is nothing to the next."""
    health._remembered.forget()


@pytest.fixture(autouse=True)
def _monday(request: pytest.FixtureRequest) -> Iterator[None]:
    """It is noon of Monday, 2 March 2026; in tests with real processes it is now."""
    if request.node.get_closest_marker("real_time"):
        yield
        return
    with freeze_time(NOON):
        yield


@pytest.fixture(autouse=True)
def _passwords_are_hashed_fast(request: pytest.FixtureRequest) -> Iterator[None]:
    """Production's hasher is slow on purpose. Tests with real processes use it, because those processes do."""
    chosen = settings.PASSWORD_HASHERS != _HASHERS
    if chosen or request.node.get_closest_marker("real_time"):
        yield
        return
    # Production's checks the passwords of people who were made for a whole class.
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher", *_HASHERS]):
        yield


@pytest.fixture(autouse=True, scope="session")
def _programs_start_fast() -> Iterator[None]:
    """Servers, workers and beats begin as forks of a process that has imported other people's packages."""
    with contextlib.closing(WarmStart()) as warm, pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "start_program", warm.start)
        yield


@pytest.fixture(autouse=True, scope="session")
def _static_files_are_looked_up_when_asked_for() -> Iterator[None]:
    """A web server lists them when it starts. Each test's client would do so too, for half of the test's time."""
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


def make_person(username: str, **fields: Any) -> User:
    """A person who signs in with tokens alone: hashing a password takes long."""
    return User.objects.create(username=username, password="!", **fields)


@pytest.fixture
def taskmaster(db: None) -> User:
    return make_person("taskmaster", is_taskmaster=True)


@pytest.fixture
def admin(db: None) -> User:
    return make_person("admin", is_admin=True)


@pytest.fixture
def alice(db: None) -> User:
    return make_person("alice")


@pytest.fixture
def stranger(db: None) -> User:
    return make_person("stranger")


@pytest.fixture
def cooking(db: None) -> Task:
    return Task.objects.create(name="cooking")


@pytest.fixture
def tasks(db: None) -> list[Task]:
    return [Task.objects.create(name=f"task {number}") for number in range(1, 9)]


@pytest.fixture
def signed_in() -> Callable[[User], APIClient]:
    """A client of the API that sends a person's access token."""

    def sign_in(person: User) -> APIClient:
        client = APIClient(raise_request_exception=True)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_of(person)}")
        return client

    return sign_in


def token_of(person: User) -> str:
    return str(AccessToken.for_user(person))


@pytest.fixture(scope="session")
def _server_of_all(django_db_setup: None) -> Iterator[Server]:
    with start_server() as server:
        yield server


@pytest.fixture
def server(transactional_db: None, _server_of_all: Server) -> Server:
    """ToGo as it runs: granian with two web processes on the tests' database, which is empty, and no broker.

    All tests share it; its counters begin anew. A test that hurts a server starts one of its own.
    """
    return _server_of_all.counting_anew()


def _brokers() -> list[Any]:
    """The broker that comes with ToGo, and the Redis of this machine if there is one; `bin/test` chooses one of them
    for the tests of a database, because a broker doesn't know which database is used."""
    chosen = os.environ.get("TOGO_TEST_BROKERS", "valkey redis").split()
    redis_server = shutil.which("redis-server") if "redis" in chosen else None
    brokers = [pytest.param(None, id="valkey")] if "valkey" in chosen or not redis_server else []
    return brokers + ([pytest.param(Path(redis_server), id="redis")] if redis_server else [])


@pytest.fixture(params=_brokers())
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A real broker of its own."""
    with Broker(tmp_path / "broker", server=request.param) as broker:
        yield broker


@pytest.fixture
def broker_url(broker: Broker) -> str:
    """The address of a real broker."""
    return broker.url
