"""ToGo behind a real PgBouncer that lends a session of PostgreSQL for one transaction."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import localdate

from apps.models import Assignment, DailyLimit, Task
from lab import pooler
from lab.processes import Client, environment, run_python, start_server
from tests.conftest import make_person, token_of

pytestmark = [pytest.mark.slow, pytest.mark.real_time, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["that drops the settings of a session", "that refuses them"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The DATABASE_URL of a pooler. The role has the time-out that the pooler does not pass on."""
    if connection.vendor != "postgresql":
        pytest.skip("PgBouncer is for PostgreSQL")
    if not pooler.program():
        pytest.skip("pgbouncer is not installed")
    drops = "drops" in request.param
    settings = connection.settings_dict
    _execute("ALTER ROLE postgres SET lock_timeout = '5s'")
    try:
        folder, name = settings["OPTIONS"]["host"], str(settings["NAME"])
        with pooler.pgbouncer(socket_folder=folder, name=name, ignores_options=drops) as url:
            yield url if drops else f"{url}?prepare_statements=off"
    finally:
        _execute("ALTER ROLE postgres RESET lock_timeout")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def manage(*arguments: str, url: str) -> subprocess.CompletedProcess[str]:
    return run_python("manage.py", *arguments, env=environment(DATABASE_URL=url), seconds=120)


def test_960_calls_of_24_people_at_once_are_answered_and_no_limit_breaks(url: str) -> None:
    tasks = [Task.objects.create(name=f"task {number}") for number in range(8)]
    people = [make_person(f"person {number}", is_taskmaster=True) for number in range(24)]
    tokens = [(person.pk, token_of(person)) for person in people]

    def calls(user_id: int, token: str) -> list[int]:
        client = Client(server, token)
        answers = []
        for number in range(20):
            date = (localdate() + timedelta(days=number % 3)).isoformat()
            body = {"task": tasks[number % 8].pk, "user": user_id, "date": date}
            answers.append(client.call("POST", "/api/users/assignment/", body)[0])
            answers.append(client.call("GET", f"/api/users/assignment/?user={user_id}")[0])
        return answers

    with start_server(DATABASE_URL=url) as server, ThreadPoolExecutor(24) as pool:
        answers = Counter(status for those in pool.map(lambda one: calls(*one), tokens) for status in those)

    assert sum(answers.values()) == 960
    assert set(answers) == {200, 201, 409}, answers
    assert answers[200] == 480
    # A person is assigned six or seven tasks on each of three days, and five fit.
    assert answers[201] == Assignment.objects.count()
    assert all(day.taken <= day.maximum for day in DailyLimit.objects.all())
    assert sum(DailyLimit.objects.values_list("taken", flat=True)) == answers[201]


def test_two_starts_at_once_migrate_one_after_the_other_and_leave_no_lock_behind(url: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        starts = list(pool.map(lambda _: manage("migrate_under_lock", url=url), range(3)))

    assert [(start.returncode, start.stderr) for start in starts] == [(0, "")] * 3
    assert _locks() == 0
    assert manage("migrate_under_lock", url=url).returncode == 0, "a later start waits for nobody"


def _locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        return int(cursor.fetchone()[0])


def test_a_start_says_what_to_add_if_the_pooler_refuses_the_settings_of_a_session(url: str) -> None:
    if "?" not in url:
        pytest.skip("this pooler accepts them")
    refused = manage("migrate_under_lock", url=url.partition("?")[0])

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "add ?prepare_statements=off to it" in refused.stderr


def test_a_start_is_refused_if_waits_for_locks_would_be_unbounded(url: str) -> None:
    check = ["check", "--deploy", "--tag", "pooler", "--database", "default"]
    assert manage(*check, url=url).returncode == 0

    _execute("ALTER ROLE postgres RESET lock_timeout")
    _execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'postgres'"
    )
    refused = manage(*check, url=url)

    assert refused.returncode == 1
    assert "togo.E002" in refused.stderr
