"""The commands of manage.py"""

import io
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.models import Assignment, DailyLimit, LimitDay, Task, User
from apps.services import assignments, limits, users
from tests.conftest import make_person

pytestmark = pytest.mark.django_db

DEMO_TASKS = ["cooking", "booking", "reading", "learning", "bokking", "playing", "watching", "moving"]


def run(*command: str) -> str:
    """The output of the command."""
    output = io.StringIO()
    call_command(*command, stdout=output, stderr=output)
    return output.getvalue()


# --- set_daily_limits -------------------------------------------------------------------------------------------


def test_everyone_gets_todays_limit_and_a_second_run_changes_nothing(
    admin: User, taskmaster: User, alice: User, stranger: User
) -> None:
    users.update_user(actor=admin, user_id=stranger.pk, is_active=False)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2026, 3, 2), maximum=2)

    assert run("set_daily_limits") == "2026-03-02: 2 limits set; 3 people have one.\n"

    rows = list(DailyLimit.objects.order_by("user").values_list("user", "maximum", "source_kind"))
    assert rows == [(admin.pk, 5, "default"), (taskmaster.pk, 5, "default"), (alice.pk, 2, "hand")]
    assert LimitDay.objects.get(date=date(2026, 3, 2)).done_at is not None
    assert run("set_daily_limits") == "2026-03-02: 0 limits set; 3 people have one.\n"
    assert list(DailyLimit.objects.order_by("user").values_list("user", "maximum", "source_kind")) == rows


def test_another_date_can_be_named(alice: User) -> None:
    assert run("set_daily_limits", "--date", "2028-02-29") == "2028-02-29: 1 limits set; 1 people have one.\n"

    assert DailyLimit.objects.get().date == date(2028, 2, 29)


@pytest.mark.parametrize("value", ["2026-02-30", "today", "", "1", "20260302", "2026-W10-1"])
def test_refuses_an_invalid_date(alice: User, value: str) -> None:
    with pytest.raises(CommandError, match=f"'{value}' is not a date as YYYY-MM-DD"):
        run("set_daily_limits", "--date", value)

    assert not DailyLimit.objects.exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("screen", "shown"), [(Terminal(), True), (io.StringIO(), False)])
def test_shows_its_progress_only_on_a_terminal(
    alice: User, monkeypatch: pytest.MonkeyPatch, screen: io.StringIO, shown: bool
) -> None:
    monkeypatch.setattr(limits, "PEOPLE_PER_CHUNK", 2)
    for number in range(4):
        make_person(f"person {number}")
    monkeypatch.setattr("sys.stderr", screen)

    run("set_daily_limits")

    assert ("100%" in screen.getvalue() and "5/5" in screen.getvalue()) is shown
    assert shown or screen.getvalue() == ""


# --- check_limits -----------------------------------------------------------------------------------------------


def test_finds_days_that_have_drifted_and_exits_1(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task], capsys: pytest.CaptureFixture[str]
) -> None:
    for person in (alice, stranger):
        for task in tasks[:2]:
            assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=date(2026, 3, 2))
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=date(2026, 3, 3), maximum=1)
    assert run("check_limits") == "No day has drifted.\n"

    # Cause drift, which no service does: take a slot without an assignment, and delete an assignment but not its slot.
    DailyLimit.objects.filter(user=alice, date=date(2026, 3, 3)).update(taken=1)
    Assignment.objects.filter(daily_limit__user=stranger, task=tasks[0]).delete()

    with pytest.raises(SystemExit) as left:
        call_command("check_limits")

    assert left.value.code == 1
    assert capsys.readouterr() == (
        f"person {alice.pk}, 2026-03-03: taken 1, efforts 0, maximum 1\n"
        f"person {stranger.pk}, 2026-03-02: taken 2, efforts 1, maximum 5\n",
        "2 days have drifted.\n",
    )


# --- seed_demo --------------------------------------------------------------------------------------------------


def test_the_demonstration_is_loaded_once(settings: Any) -> None:
    settings.TOGO_EMBEDDED = True

    run("seed_demo")
    people = list(User.objects.order_by("pk").values("username", "is_taskmaster", "is_admin", "is_active"))
    assert people == [
        {"username": "a", "is_taskmaster": True, "is_admin": True, "is_active": True},
        {"username": "b", "is_taskmaster": False, "is_admin": False, "is_active": True},
    ]
    assert list(Task.objects.order_by("pk").values_list("name", flat=True)) == DEMO_TASKS
    assert all(person.check_password("1") for person in User.objects.all())

    before = list(User.objects.order_by("pk").values()), list(Task.objects.order_by("pk").values())
    run("seed_demo")
    assert (list(User.objects.order_by("pk").values()), list(Task.objects.order_by("pk").values())) == before


def test_the_demonstration_leaves_existing_rows_as_they_are(settings: Any) -> None:
    settings.TOGO_EMBEDDED = True
    run("seed_demo")
    User.objects.filter(username="a").update(password="!", is_active=False)
    Task.objects.filter(name="cooking").update(is_active=False)
    Task.objects.filter(name="moving").delete()

    run("seed_demo")

    assert User.objects.values_list("password", "is_active").get(username="a") == ("!", False)
    assert Task.objects.get(name="cooking").is_active is False
    assert Task.objects.filter(name="moving").count() == 1


def test_the_demonstration_is_refused_outside_the_embedded_way(settings: Any) -> None:
    settings.TOGO_EMBEDDED = False

    with pytest.raises(CommandError, match="for the embedded way only"):
        run("seed_demo")

    assert not User.objects.exists()
    assert not Task.objects.exists()


# --- ensure_admin -----------------------------------------------------------------------------------------------


@pytest.fixture
def set_first_admin(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_variables(username: str, password: str) -> None:
        monkeypatch.setenv("TOGO_ADMIN_USERNAME", username)
        monkeypatch.setenv("TOGO_ADMIN_PASSWORD", password)

    set_variables("", "")
    return set_variables


def test_the_first_admin_is_made_from_the_environment_and_stays(set_first_admin: Any) -> None:
    set_first_admin("boss", "of my own choice")
    assert run("ensure_admin") == "The admin boss is made.\n"

    set_first_admin("boss", "of another choice")
    assert run("ensure_admin") == "There is an admin already.\n"

    boss = User.objects.get()
    assert (boss.username, boss.is_admin, boss.check_password("of my own choice")) == ("boss", True, True)


def test_ensure_admin_promotes_nobody(set_first_admin: Any, alice: User) -> None:
    set_first_admin("alice", "of my own choice")

    with pytest.raises(CommandError, match="There is a person alice who is not an active admin"):
        run("ensure_admin")

    alice.refresh_from_db()
    assert (alice.is_admin, alice.password) == (False, "!")


def test_says_how_to_make_an_admin_while_there_is_none(set_first_admin: Any) -> None:
    assert run("ensure_admin").startswith("There is no admin yet: set TOGO_ADMIN_USERNAME")

    make_person("boss", is_admin=True)
    assert run("ensure_admin") == ""


@pytest.mark.parametrize(
    ("username", "password", "name"),
    [
        ("boss", "", "TOGO_ADMIN_USERNAME and TOGO_ADMIN_PASSWORD must be set together"),
        ("", "of my own choice", "TOGO_ADMIN_USERNAME and TOGO_ADMIN_PASSWORD must be set together"),
        ("a", "of my own choice", "TOGO_ADMIN_USERNAME can't be a"),
        ("no blanks", "of my own choice", "TOGO_ADMIN_USERNAME: "),
        ("x" * 151, "of my own choice", "TOGO_ADMIN_USERNAME: "),
        ("boss", "2 brief", "TOGO_ADMIN_PASSWORD: "),
        ("boss", "12345678901", "TOGO_ADMIN_PASSWORD: "),
        ("bosswithaname", "bosswithaname1", "TOGO_ADMIN_PASSWORD: "),
    ],
)
def test_refuses_an_invalid_first_admin(set_first_admin: Any, username: str, password: str, name: str) -> None:
    set_first_admin(username, password)

    with pytest.raises(CommandError, match=f"^{name}") as refused:
        run("ensure_admin")

    assert password == "" or password not in str(refused.value)
    assert not User.objects.exists()
