"""Writes as the versions before efforts and before the person of an assignment do: they know no column for them, and
count assignments."""

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.models import Assignment, DailyLimit
from apps.services import unit_of_work
from apps.services.unit_of_work import LostRace

_INSERT = """
INSERT INTO togo_assignment (daily_limit_id, task_id, taskmaster_id, status, created_at)
VALUES (%s, %s, %s, 'open', %s) RETURNING id
"""


def assign(*, day_id: int, task_id: int, taskmaster_id: int) -> int | None:
    """Assign a task, and return the assignment's id; None, and nothing is written, if the day is full."""

    def work() -> int | None:
        if not DailyLimit.objects.filter(pk=day_id, taken__lt=F("maximum")).update(taken=F("taken") + 1):
            return None
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [day_id, task_id, taskmaster_id, timezone.now()])
            pk: int = cursor.fetchone()[0]
        return pk

    return unit_of_work.run(work)


def unassign(pk: int) -> bool:
    """Delete an assignment; returns False, and changes nothing, if there is none."""

    def work() -> bool:
        day_id = Assignment.objects.filter(pk=pk).values_list("daily_limit", flat=True).first()
        if day_id is None:
            return False
        lowered = {"maximum": Greatest("wanted", F("taken") - 1), "taken": F("taken") - 1}
        freed = DailyLimit.objects.filter(pk=day_id, taken__gt=0).update(**lowered)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM togo_assignment WHERE id = %s AND daily_limit_id = %s", [pk, day_id])
            if not (freed and cursor.rowcount):
                raise LostRace
        return True

    return unit_of_work.run(work)


def move(pk: int, *, day_id: int) -> None:
    """Move an assignment of 1 to a day that has room."""

    def work() -> None:
        old = Assignment.objects.values_list("daily_limit", flat=True).get(pk=pk)
        DailyLimit.objects.filter(pk=old).update(taken=F("taken") - 1)
        DailyLimit.objects.filter(pk=day_id).update(taken=F("taken") + 1)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE togo_assignment SET daily_limit_id = %s WHERE id = %s", [day_id, pk])

    unit_of_work.run(work)
