"""Who gets which message, when, and what it says. The mail server is Django's, which keeps mails in memory."""

import datetime
from email.message import Message as Mail
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from apps.exceptions.base import InvalidRequest, NotFound, TooManyRequests
from apps.exceptions.notifications import AddressNotConfirmed, MessagesOff
from apps.models import Assignment, Import, Message, Notification, Task, User
from apps.models.imports import ImportStatus
from apps.models.notifications import MessageKind
from apps.services import assignments, bulk, limit_rules, limits, notifications
from apps.services.bulk import Item
from apps.services.notifications import links, sending
from apps.services.notifications.writing import plain
from apps.services.shared import repicking
from tests.clock import freeze_time
from tests.conftest import TODAY, make_person
from tests.unit_test.meanwhile import meanwhile

TOMORROW = TODAY + datetime.timedelta(days=1)
WEEK = [0, 1, 2, 3, 4]


@pytest.fixture(autouse=True)
def _sends_messages(db: None, settings: Any) -> None:
    """ToGo sends messages, and reads the history from here on."""
    settings.TOGO_EMAIL_SERVER = {"host": "mail.example.org"}
    settings.TOGO_ORIGIN = "https://togo.example.org"
    settings.DEFAULT_FROM_EMAIL = "ToGo <togo@example.org>"
    sending.send_what_is_due()


@pytest.fixture
def told(alice: User) -> User:
    """Alice, who is told at once, at a confirmed address."""
    return confirmed(alice)


def confirmed(person: User, **fields: Any) -> User:
    Notification.objects.create(
        user=person, email=f"{person.username}@example.org", confirmed_at="2026-03-01T00:00:00Z", **fields
    )
    return person


def with_digest(person: User, at: str = "07:00", weekdays: str = "01234", **fields: Any) -> User:
    fields = {"assigned": "off", "unassigned": "off", **fields}
    return confirmed(person, digest_at=at, digest_weekdays=weekdays, digest_from="2026-03-01", **fields)


def give(actor: User, person: User, task: Task, date: datetime.date = TODAY) -> Assignment:
    return assignments.assign(actor=actor, task_id=task.pk, user_id=person.pk, date=date)


def send_at(moment: str) -> list[Any]:
    """What is sent at this moment."""
    mail.outbox.clear()
    with freeze_time(moment):
        sending.send_what_is_due()
    return mail.outbox


def soon() -> list[Any]:
    """What is sent within two minutes."""
    sending.send_what_is_due()
    return send_at("2026-03-02T12:02:00Z")


# --- changes ----------------------------------------------------------------------------------------------------------


def test_a_new_task_is_told_two_minutes_later(taskmaster: User, told: User, cooking: Task) -> None:
    give(taskmaster, told, cooking, TOMORROW)

    sending.send_what_is_due()
    assert send_at("2026-03-02T12:01:59Z") == []
    [sent] = send_at("2026-03-02T12:02:00Z")

    assert sent.to == ["alice@example.org"]
    assert sent.subject == "New task on Tuesday 3 March: cooking"
    assert "New: cooking, on Tuesday 3 March" in sent.body
    assert "https://togo.example.org/today/" in sent.body
    assert send_at("2026-03-02T12:10:00Z") == []


def test_a_message_is_in_the_language_of_who_gets_it(taskmaster: User, told: User, cooking: Task) -> None:
    User.objects.filter(pk=told.pk).update(language="de")
    give(taskmaster, told, cooking, TOMORROW)

    [sent] = soon()

    assert "Dienstag, 3. März" in sent.subject
    [(page, _)] = sent.alternatives
    assert '<html lang="de">' in page


def test_what_happens_within_two_minutes_is_one_message(taskmaster: User, told: User, tasks: list[Task]) -> None:
    with freeze_time("2026-03-02T12:00:00Z") as clock:
        for task in tasks[:4]:
            give(taskmaster, told, task)
            sending.send_what_is_due()
            clock.shift(30)

    [sent] = send_at("2026-03-02T12:02:00Z")

    assert sent.subject == "4 changes of your tasks"
    assert sent.body.count("New: task") == 4


def test_bulk_gives_one_message_for_each_person(
    taskmaster: User, told: User, stranger: User, tasks: list[Task]
) -> None:
    confirmed(stranger)
    asked = [Item(task.pk, person.pk, TODAY) for person in (told, stranger) for task in tasks[:5]]
    bulk.assign_all(actor=taskmaster, asked=asked)

    sent = soon()

    assert sorted(one.to[0] for one in sent) == ["alice@example.org", "stranger@example.org"]
    assert {one.subject for one in sent} == {"5 changes of your tasks"}


def test_nobody_is_told_what_they_did_themselves(told: User, cooking: Task) -> None:
    one = give(told, told, cooking)
    assignments.change(actor=told, assignment_id=one.pk, date=TOMORROW)
    assignments.unassign(actor=told, assignment_id=one.pk)

    assert soon() == []
    assert not Message.objects.exists()


def fill_and_queue(tasks: list[Task], person: User, *, by: User) -> Assignment:
    """Give the first task to a person with room for one, and queue the second."""
    given = give(person, person, tasks[0])
    assignments.assign_or_wait(actor=by, task_id=tasks[1].pk, user_id=person.pk, date=TODAY, effort=None)
    assert soon() == []
    return given


@pytest.mark.parametrize("freed_by", ["hand", "rule"])
@pytest.mark.parametrize("queued_by", ["taskmaster", "alice"])
def test_a_task_that_waited_is_new_for_its_person_whoever_queued_it(
    taskmaster: User, told: User, tasks: list[Task], queued_by: str, freed_by: str
) -> None:
    rule = limit_rules.create_rule(actor=taskmaster, user_id=told.pk, maximum=1)
    fill_and_queue(tasks, told, by=told if queued_by == "alice" else taskmaster)

    if freed_by == "hand":
        limits.set_by_hand(actor=taskmaster, user_id=told.pk, date=TODAY, maximum=2)
    else:
        limit_rules.update_rule(actor=taskmaster, rule_id=rule.pk, maximum=2)
        repicking.apply_rules()

    [sent] = soon()
    assert sent.subject == "New task on Monday 2 March: task 2"


def test_who_queued_a_task_and_frees_its_room_is_told_nothing(taskmaster: User, told: User, tasks: list[Task]) -> None:
    limit_rules.create_rule(actor=taskmaster, user_id=told.pk, maximum=1)
    given = fill_and_queue(tasks, told, by=told)

    assignments.unassign(actor=told, assignment_id=given.pk)

    assert soon() == []
    assert Assignment.objects.get().task == tasks[1]


def test_what_is_undone_within_two_minutes_is_not_told(taskmaster: User, told: User, cooking: Task) -> None:
    one = give(taskmaster, told, cooking)
    assignments.unassign(actor=taskmaster, assignment_id=one.pk)

    assert soon() == []
    assert Message.objects.get().status == "dropped"


def test_a_moved_task_is_told_with_both_dates(taskmaster: User, told: User, cooking: Task) -> None:
    one = give(taskmaster, told, cooking)
    soon()
    assignments.change(actor=taskmaster, assignment_id=one.pk, date=TOMORROW)

    [sent] = soon()

    assert sent.subject == "Moved task on Tuesday 3 March: cooking"
    assert "Moved: cooking, from Monday 2 March to Tuesday 3 March" in sent.body


def test_a_task_that_is_handed_on_is_new_for_one_person_and_gone_for_the_other(
    taskmaster: User, told: User, stranger: User, cooking: Task
) -> None:
    one = give(taskmaster, told, cooking)
    confirmed(stranger)
    soon()
    assignments.change(actor=taskmaster, assignment_id=one.pk, user_id=stranger.pk)

    sent = {one.to[0]: one for one in soon()}

    assert sent["alice@example.org"].subject == "Task taken away on Monday 2 March: cooking"
    assert "stranger" not in sent["alice@example.org"].body
    assert sent["stranger@example.org"].subject == "New task on Monday 2 March: cooking"


@pytest.mark.parametrize(("assigned", "unassigned", "told"), [("off", "now", 1), ("now", "off", 1), ("off", "off", 0)])
def test_only_what_a_person_wants_is_told(
    taskmaster: User, alice: User, tasks: list[Task], assigned: str, unassigned: str, told: int
) -> None:
    old = give(taskmaster, alice, tasks[0])
    confirmed(alice, assigned=assigned, unassigned=unassigned)
    sending.send_what_is_due()
    give(taskmaster, alice, tasks[1])
    assignments.unassign(actor=taskmaster, assignment_id=old.pk)

    assert len(soon()) == told


def test_changes_by_a_running_import_wait_for_its_end(taskmaster: User, told: User, tasks: list[Task]) -> None:
    running = Import.objects.create(uploader=taskmaster, dry_run=False, status=ImportStatus.RUNNING)
    give(taskmaster, told, tasks[0])
    assert soon() == []
    Import.objects.filter(pk=running.pk).update(status=ImportStatus.DONE)

    [sent] = send_at("2026-03-02T12:03:00Z")

    assert sent.subject == "New task on Monday 2 March: task 1"


def test_a_distribution_that_runs_long_as_a_job_gives_one_message(
    taskmaster: User, told: User, tasks: list[Task]
) -> None:
    """Also what it assigns in the moment in which its message is looked at again, and just before its end."""
    running = Import.objects.create(uploader=taskmaster, dry_run=False, status=ImportStatus.RUNNING)
    give(taskmaster, told, tasks[0])
    assert soon() == []

    def end() -> None:
        give(taskmaster, told, tasks[2])
        Import.objects.filter(pk=running.pk).update(status=ImportStatus.DONE)

    with freeze_time("2026-03-02T12:02:30Z"):
        give(taskmaster, told, tasks[1])
        sending.send_what_is_due()
    with meanwhile("SELECT", end, table="togo_import"):
        sent = [*send_at("2026-03-02T12:03:00Z")]
    sent += send_at("2026-03-02T12:30:00Z")

    assert [one.subject for one in sent] == ["3 changes of your tasks"]


def test_changes_by_an_import_that_does_not_end_are_told_after_an_hour(
    taskmaster: User, told: User, cooking: Task
) -> None:
    Import.objects.create(uploader=taskmaster, dry_run=False, status=ImportStatus.RUNNING)
    give(taskmaster, told, cooking)

    assert soon() == []
    assert send_at("2026-03-02T12:59:30Z") == []
    assert len(send_at("2026-03-02T13:00:01Z")) == 1


def test_nothing_is_sent_to_a_deactivated_person(taskmaster: User, told: User, cooking: Task) -> None:
    give(taskmaster, told, cooking)
    sending.send_what_is_due()
    User.objects.filter(pk=told.pk).update(is_active=False)

    assert soon() == []


def test_changes_that_are_older_than_a_day_are_not_told(taskmaster: User, told: User, cooking: Task) -> None:
    with freeze_time("2026-03-01T11:59:00Z"):
        give(taskmaster, told, cooking)

    assert soon() == []


# --- your day ---------------------------------------------------------------------------------------------------------


def test_the_digest_shows_the_day_its_limit_and_one_link(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    with_digest(alice)
    give(taskmaster, alice, tasks[0])
    done = give(taskmaster, alice, tasks[1])
    assignments.change(actor=alice, assignment_id=done.pk, status="done")
    give(taskmaster, alice, tasks[2], TOMORROW)

    [sent] = send_at("2026-03-02T12:00:00Z")

    assert sent.subject == "Your day, Monday 2 March: 2 tasks"
    assert sent.body == (
        "Your day, Monday 2 March 2026\n\n"
        "  task 1\n"
        "  task 2 - done\n\n"
        "2 of 5 tasks today.\n\n"
        "https://togo.example.org/today/\n\n"
        "--\n"
        "You asked ToGo for messages like this. Choose what you are told at Messages in your account.\n"
    )
    html, kind = sent.alternatives[0]
    assert kind == "text/html"
    assert "prefers-color-scheme: dark" in html
    assert "<bdi>task 1</bdi>" in html
    assert html.count("href=") == 1


def test_a_digest_is_sent_once_on_a_date_however_often_it_is_due(taskmaster: User, alice: User, cooking: Task) -> None:
    with_digest(alice)
    give(taskmaster, alice, cooking)

    sent = [len(send_at(f"2026-03-02T{hour}:00:00Z")) for hour in ("06", "07", "08", "23")]

    assert sent == [0, 1, 0, 0]
    assert [(one.date, one.status) for one in Message.objects.filter(kind="digest")] == [(TODAY, "sent")]


def test_a_digest_that_another_process_adds_at_the_same_moment_is_there_once(alice: User) -> None:
    with_digest(alice)

    def add_it_too() -> None:
        now = timezone.now()
        Message.objects.create(user=alice, kind=MessageKind.DIGEST, date=TODAY, due_at=now, give_up_at=now)

    with freeze_time("2026-03-02T08:00:00Z"), meanwhile("INSERT", add_it_too, table="togo_message"):
        sending.collecting.plan_digests()

    assert Message.objects.count() == 1


def test_a_digest_is_late_after_downtime_but_never_a_day_late(taskmaster: User, alice: User, cooking: Task) -> None:
    with_digest(alice)
    give(taskmaster, alice, cooking)
    give(taskmaster, alice, cooking, TODAY + datetime.timedelta(days=2))

    assert len(send_at("2026-03-02T21:30:00Z")) == 1
    # Nothing ran on Tuesday.
    [sent] = send_at("2026-03-04T21:30:00Z")

    assert sent.subject.startswith("Your day, Wednesday 4 March")


def test_a_digest_that_could_not_be_sent_on_its_date_is_given_up(taskmaster: User, alice: User, cooking: Task) -> None:
    with_digest(alice)
    give(taskmaster, alice, cooking)
    with freeze_time("2026-03-02T23:59:00Z"):
        sending.collecting.plan_digests()

    assert send_at("2026-03-03T00:00:00Z") == []
    assert Message.objects.get(date=TODAY).status == "failed"


@pytest.mark.parametrize(
    ("date", "before", "due"),
    [
        # The clock goes from 2:00 to 3:00 in the spring, and from 3:00 to 2:00 in the autumn.
        ("2026-03-29", "2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z"),
        ("2026-10-25", "2026-10-25T00:29:00Z", "2026-10-25T00:30:00Z"),
    ],
)
def test_a_change_of_daylight_saving_neither_drops_nor_doubles_a_digest(
    taskmaster: User, alice: User, cooking: Task, settings: Any, date: str, before: str, due: str
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    with_digest(alice, at="02:30", weekdays="6")
    give(taskmaster, alice, cooking, datetime.date.fromisoformat(date))

    assert send_at(before) == []
    assert len(send_at(due)) == 1
    # An hour later it is 2:30 once more in the autumn.
    assert send_at(f"{date}T01:30:00Z") == []


def test_there_is_no_digest_on_other_weekdays_nor_on_a_day_with_nothing_to_tell(
    taskmaster: User, alice: User, stranger: User, cooking: Task
) -> None:
    with_digest(alice, weekdays="12")
    with_digest(stranger)
    give(taskmaster, alice, cooking)

    assert send_at("2026-03-02T12:00:00Z") == []
    assert Message.objects.get().status == "dropped"


def test_the_digest_tells_changes_since_the_last_one(taskmaster: User, alice: User, tasks: list[Task]) -> None:
    with_digest(alice, assigned="digest")
    give(taskmaster, alice, tasks[0])
    assert "New: task 1, on Monday 2 March" in send_at("2026-03-02T12:00:00Z")[0].body
    give(taskmaster, alice, tasks[1], TODAY + datetime.timedelta(days=9))

    [sent] = send_at("2026-03-03T07:00:00Z")

    assert "Nothing to do today." in sent.body
    assert "New: task 2, on Wednesday 11 March" in sent.body
    assert "task 1" not in sent.body


def test_a_digest_that_is_set_after_its_time_begins_on_the_next_date(
    taskmaster: User, told: User, cooking: Task
) -> None:
    give(taskmaster, told, cooking)
    give(taskmaster, told, cooking, TOMORROW)
    notifications.change(actor=told, digest={"at": datetime.time(7), "weekdays": WEEK}, events={"assigned": "off"})

    assert send_at("2026-03-02T12:30:00Z") == []
    assert len(send_at("2026-03-03T07:00:00Z")) == 1


def test_a_day_off_is_told_in_place_of_its_limit(taskmaster: User, alice: User, cooking: Task) -> None:
    with_digest(alice, assigned="digest")
    give(taskmaster, alice, cooking, TOMORROW)
    limit_rules.create_rule(actor=taskmaster, maximum=0, date_from=TODAY, date_to=TODAY, reason="Holiday")

    [sent] = send_at("2026-03-02T12:00:00Z")

    assert "You are off today." in sent.body
    assert "of 0 tasks" not in sent.body


# --- hostile names ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("cook\r\nBcc: everyone@example.org", "cook Bcc: everyone@example.org"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("שלום", "\u2068שלום\u2069"),
        ("tidy\u202egnp.exe", "tidy gnp.exe"),
        ("x" * 255, "x" * 79 + "…"),
    ],
)
def test_a_hostile_name_stays_in_its_place(
    taskmaster: User, told: User, cooking: Task, name: str, written: str
) -> None:
    Task.objects.filter(pk=cooking.pk).update(name=name)
    give(taskmaster, told, cooking)

    [sent] = soon()
    parsed: Mail = sent.message()

    assert plain(name) == written
    assert sent.subject == f"New task on Monday 2 March: {written}"
    assert parsed["Bcc"] is None
    assert parsed["To"] == "alice@example.org"
    assert "\n" not in str(parsed["Subject"]).replace("\n ", "")
    assert "<img" not in sent.alternatives[0][0]


# --- addresses --------------------------------------------------------------------------------------------------------


def link_in(sent: Any) -> str:
    [link] = [line for line in sent.body.splitlines() if "/messages/confirm/" in line]
    return link.rstrip("/").rpartition("/")[2]


def test_an_address_counts_once_its_link_was_followed(taskmaster: User, alice: User, cooking: Task) -> None:
    notifications.change(actor=alice, email="alice@example.org")
    give(taskmaster, alice, cooking)
    [asked] = send_at("2026-03-02T12:00:00Z")
    assert asked.subject == "Confirm your address"

    notifications.confirm(token=link_in(asked))
    give(taskmaster, alice, Task.objects.create(name="booking"))

    assert [one.subject for one in soon()] == ["New task on Monday 2 March: booking"]
    with pytest.raises(NotFound):
        notifications.confirm(token=link_in(asked))


def test_a_link_is_replaced_by_a_new_one_and_expires_after_three_days(alice: User) -> None:
    notifications.change(actor=alice, email="old@example.org")
    [old] = send_at("2026-03-02T12:00:00Z")
    old_link = link_in(old)
    notifications.change(actor=alice, email="new@example.org")
    [new] = send_at("2026-03-02T12:00:00Z")

    with pytest.raises(NotFound):
        notifications.confirm(token=old_link)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(NotFound):
        notifications.confirm(token=link_in(new))
    User.objects.filter(pk=alice.pk).update(is_active=True)
    with freeze_time("2026-03-05T12:00:01Z"), pytest.raises(NotFound):
        notifications.confirm(token=link_in(new))
    with pytest.raises(NotFound):
        notifications.confirm(token=link_in(new)[:-1] + "~")
    assert notifications.of(actor=alice).confirmed_at is None


def test_a_new_address_must_be_confirmed_again(told: User) -> None:
    notifications.change(actor=told, email="other@example.org")

    assert notifications.state_of(notifications.of(actor=told)) == "unconfirmed"
    with pytest.raises(AddressNotConfirmed):
        notifications.send_test(actor=told)


def test_a_test_message_is_sent_at_once(told: User) -> None:
    notifications.send_test(actor=told)

    [sent] = send_at("2026-03-02T12:00:00Z")

    assert (sent.subject, sent.to) == ("A test message", ["alice@example.org"])


def test_nobody_floods_a_mailbox_with_links(alice: User) -> None:
    for _ in range(10):
        notifications.change(actor=alice, email="victim@example.org")

    with pytest.raises(TooManyRequests):
        notifications.change(actor=alice, email="victim@example.org")
    with freeze_time("2026-03-03T12:00:01Z"):
        notifications.change(actor=alice, email="victim@example.org")
    assert Message.objects.count() == 11


def test_one_click_stops_all_messages_to_an_address(taskmaster: User, alice: User, cooking: Task) -> None:
    with_digest(alice)
    token = links.to_stop(notifications.of(actor=alice)).rstrip("/").rpartition("/")[2]
    give(taskmaster, alice, cooking)

    notifications.stop(token=token)
    give(taskmaster, alice, cooking, TOMORROW)

    assert [one.subject for one in soon()] == []
    # Somebody else's number in the token, and the token of a former address.
    with pytest.raises(NotFound):
        notifications.stop(token=token.replace(str(alice.pk), "7" + str(alice.pk), 1))
    notifications.change(actor=alice, email="new@example.org")
    with pytest.raises(NotFound):
        notifications.stop(token=token)


def test_the_links_of_two_people_with_one_address_differ(alice: User, stranger: User) -> None:
    confirmed(alice)
    confirmed(stranger)
    Notification.objects.update(email="both@example.org")
    token = links.to_stop(notifications.of(actor=alice)).rstrip("/").rpartition("/")[2]

    with pytest.raises(NotFound):
        notifications.stop(token=token.replace(str(alice.pk), str(stranger.pk), 1))


def test_something_can_be_told_in_a_digest_only_if_there_is_one(alice: User) -> None:
    with pytest.raises(InvalidRequest) as refused:
        notifications.change(actor=alice, events={"moved": "digest"})

    assert [error["field"] for error in refused.value.data["errors"]] == ["events.moved"]
    assert not Notification.objects.exists()


def test_no_address_is_taken_while_messages_are_off(alice: User, settings: Any) -> None:
    settings.TOGO_EMAIL_SERVER = {}

    with pytest.raises(MessagesOff):
        notifications.change(actor=alice, email="alice@example.org")
    with pytest.raises(MessagesOff):
        notifications.send_test(actor=alice)
    assert notifications.state_of(notifications.of(actor=alice)) == "off"


# --- headers and old messages -----------------------------------------------------------------------------------------


def test_programs_see_that_no_person_wrote_it_and_how_to_stop_it(taskmaster: User, told: User, cooking: Task) -> None:
    give(taskmaster, told, cooking)

    [sent] = soon()
    headers = sent.message()

    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["List-Unsubscribe"].startswith("<https://togo.example.org/messages/stop/")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["From"] == "ToGo <togo@example.org>"
    assert headers["Message-ID"].endswith("@example.org>")


def test_old_messages_are_deleted(alice: User) -> None:
    confirmed(alice)
    notifications.send_test(actor=alice)
    notifications.remove_old()
    assert Message.objects.count() == 1

    with freeze_time("2026-04-02T12:00:00Z"):
        notifications.remove_old()

    assert not Message.objects.exists()


def test_a_message_that_can_not_be_written_holds_up_no_other(
    taskmaster: User, told: User, stranger: User, cooking: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed(stranger)
    give(taskmaster, told, cooking)
    give(taskmaster, stranger, cooking)
    write = sending.writing.letter
    monkeypatch.setattr(
        sending.writing,
        "letter",
        lambda message, to, address: 1 / 0 if to.pk == told.pk else write(message, to, address),
    )

    assert [one.to for one in soon()] == [["stranger@example.org"]]
    monkeypatch.undo()
    assert [one.to for one in send_at("2026-03-02T12:03:00Z")] == [["alice@example.org"]]


def test_many_changes_are_counted(taskmaster: User, told: User) -> None:
    taker = make_person("taker")
    confirmed(taker)
    tasks = [Task.objects.create(name=f"task {number:02}") for number in range(25)]
    limit_rules.create_rule(actor=taskmaster, maximum=30)
    bulk.assign_all(actor=taskmaster, asked=[Item(task.pk, taker.pk, TODAY) for task in tasks])

    [sent] = soon()

    assert "New: task 19" in sent.body
    assert "New: task 20" not in sent.body
    assert "… and 5 more" in sent.body
