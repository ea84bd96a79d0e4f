"""Old days go to the archive while callers open their tasks again, and the process that archives is killed."""

import datetime
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.utils import timezone
from django.utils.timezone import localdate

from apps.models import ArchivedDay, ArchivedWork, ArchiveFile, Assignment, DailyLimit, Event, Lease, Task
from apps.models.assignments import Status
from apps.models.events import Kind
from apps.models.limits import Source
from apps.services import archive
from lab.processes import Client, Server, process, wait_until
from tests import archives
from tests.background import Background
from tests.conftest import make_person, token_of
from tests.storm_test.history import assert_history_matches_rows

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]

PEOPLE, DAYS, CALLERS, KILLS = 40, 80, 4, 2
COMMAND = ("manage.py", "archive_old_days")
LONG_AGO = datetime.timedelta(days=800)


class Callers(Background):
    """Clients that open tasks again, and try to assign on the same dates, until the context ends."""

    def __init__(self, server: Server, token: str, assignments: list[Assignment], task: Task) -> None:
        self.opened: set[int] = set()
        self.assigned: set[int] = set()
        self.answers: set[tuple[str, int]] = set()
        self._task = task
        shares = [assignments[number::CALLERS] for number in range(CALLERS)]
        super().__init__(self._call, [(Client(server, token), share) for share in shares])

    def _call(self, client: Client, share: list[Assignment]) -> None:
        for one in share:
            if self.is_over.wait(0.01):
                return
            status, _ = client.call("PATCH", f"/api/users/assignment/{one.pk}/", {"status": "open"})
            self.answers.add(("open", status))
            if status == 200:
                self.opened.add(one.pk)
            body = {"task": self._task.pk, "user": one.user_id, "date": one.date.isoformat()}
            status, answer = client.call("POST", "/api/users/assignment/", body)
            self.answers.add(("assign", status))
            if status == 201:
                self.assigned.add(answer["id"])


def test_nothing_is_lost_or_doubled_when_the_archive_is_killed_again_and_again(
    server: Server, tmp_path: Path, settings: Any
) -> None:
    taskmaster, task = make_person("taskmaster", is_taskmaster=True), Task.objects.create(name="cooking")
    other = Task.objects.create(name="booking")
    written = write_done_days(taskmaster.pk, task)
    ids, events = {one.pk for one in written}, set(Event.objects.values_list("pk", flat=True))
    random.shuffle(written)
    folder = tmp_path / "archive"
    settings.TOGO_KEEP_DAYS, settings.TOGO_HOME = 366, tmp_path
    more = {"TOGO_KEEP_DAYS": "366", "TOGO_HOME": str(tmp_path)}

    with Callers(server, token_of(taskmaster), written, other) as callers:
        for _ in range(KILLS):
            before = ArchiveFile.objects.count()
            with process(sys.executable, *COMMAND, log=tmp_path / "log", **more) as archiving:
                wait_until(lambda before=before: ArchiveFile.objects.count() > before, what="a file of the archive")
                time.sleep(random.uniform(0, 0.1))
                os.kill(archiving.pid, signal.SIGKILL)
            # It ends by itself, but the test doesn't wait for that.
            Lease.objects.all().delete()
        assert ArchiveFile.objects.exists()
        assert Assignment.objects.filter(status=Status.DONE).exists(), "it was not killed in the middle"
        # This time to its end.
        call_command("archive_old_days", verbosity=0)

    live = set(Assignment.objects.values_list("pk", flat=True))
    archived = archives.assignments_in(folder)
    assert len(archived) == len(set(archived))
    assert live | set(archived) == ids | callers.assigned
    assert not live & set(archived)
    # What somebody opened again stays open, and what was assigned in time stays, too.
    assert callers.opened | callers.assigned == set(
        Assignment.objects.filter(status=Status.OPEN).values_list("pk", flat=True)
    )
    assert callers.answers >= {("open", 200), ("open", 404), ("assign", 400)}
    told = archives.events_in(folder)
    assert len(told) == len(set(told))
    left = set(Event.objects.values_list("pk", flat=True))
    assert not left & set(told)
    assert events <= left | set(told)
    assert ArchivedDay.objects.aggregate(taken=Sum("taken"))["taken"] == len(archived)
    assert ArchivedWork.objects.aggregate(number=Sum("number"), effort=Sum("effort")) == {
        "number": len(archived),
        "effort": len(archived),
    }
    days = {*DailyLimit.objects.values_list("user", "date")}
    assert days.isdisjoint(ArchivedDay.objects.values_list("user", "date"))
    assert_history_matches_rows()
    call_command("check_limits")
    # Files of killed runs may be left, if their days have changed since; all that counts is whole.
    assert [line for line in archive.damaged() if "interrupted run" not in line] == []


def write_done_days(taskmaster_id: int, task: Task) -> list[Assignment]:
    """A done task on each of many past days of many people, and what the history tells of them."""
    people = [make_person(f"person {number}") for number in range(PEOPLE)]
    first = localdate() - LONG_AGO
    default = {"wanted": 5, "maximum": 5, "source_kind": Source.DEFAULT, "rules_version": 0}
    DailyLimit.objects.bulk_create(
        DailyLimit(user=person, date=first + datetime.timedelta(days=offset), taken=1, **default)
        for person in people
        for offset in range(DAYS)
    )
    Assignment.objects.bulk_create(
        Assignment(daily_limit=day, user=day.user_id, task=task, taskmaster_id=taskmaster_id, status=Status.DONE)
        for day in DailyLimit.objects.all()
    )
    given = list(Assignment.objects.with_day())
    for kind, data in ((Kind.ASSIGNED, {"effort": 1}), (Kind.DONE, {})):
        Event.objects.bulk_create(
            Event(
                kind=kind,
                actor=taskmaster_id,
                user=one.user_id,
                task=task.pk,
                task_name=task.name,
                date=one.date,
                assignment=one.pk,
                data=data,
            )
            for one in given
        )
    Event.objects.update(at=timezone.now() - LONG_AGO)
    return given
