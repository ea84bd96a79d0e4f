"""What the last plan of somebody could not place, for the tray beside the board."""

from collections import Counter
from typing import NamedTuple

from django.db.models import Count

from apps.models import Assignment, Distribution, Task, User


class Left(NamedTuple):
    """The tasks that are still left of a plan, each with how often. `plan_id` is None if there is no such plan."""

    plan_id: int | None
    tasks: list[tuple[Task, int]]


def of_last_plan(actor: User) -> Left:
    """What is left of the newest plan that `actor` carried out and that hasn't expired. What `actor` has given since
    then is no longer left; retired tasks are left out."""
    mine = Distribution.objects.usable_by(actor).filter(taskmaster=actor, applied_at__isnull=False)
    plan = mine.select_related("job").order_by("-applied_at", "-pk").first()
    since = plan and (plan.job.finished_at if plan.job else plan.applied_at)
    if not plan or not since:
        return Left(None, [])
    left: Counter[int] = Counter()
    for one in plan.plan["left"]:
        left[one["task"]] += one["count"]
    given = Assignment.objects.filter(taskmaster=actor, task__in=list(left), created_at__gt=since)
    for task_id, number in given.values_list("task").annotate(number=Count("pk")).order_by():
        left[task_id] -= number
    tasks = Task.objects.filter(pk__in=[task for task, number in left.items() if number > 0], is_active=True)
    return Left(plan.pk, [(task, left[task.pk]) for task in tasks.order_by("name", "pk")])
