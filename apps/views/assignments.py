"""Assignments: who is given what, and when."""

from typing import Any

from rest_framework.request import Request

from apps.exceptions import assignments as errors
from apps.exceptions.base import InvalidRequest, NotAllowed
from apps.exceptions.tasks import TaskInactive, TaskNotFound
from apps.exceptions.users import UserInactive, UserNotFound
from apps.exceptions.waiting import AlreadyWaiting, TooManyWaiting
from apps.models import Assignment, WaitingEntry
from apps.models.assignments import AssignmentQuerySet
from apps.models.limits import DAY_COLUMNS
from apps.serializers.assignments import (
    AssignmentChangeSerializer,
    AssignmentCreateSerializer,
    AssignmentPageSerializer,
    AssignmentQuerySerializer,
    AssignmentSerializer,
    EarliestSerializer,
)
from apps.serializers.waiting import WaitingSerializer
from apps.services import assignments
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse, confirms_caller, location
from apps.views.http.idempotency import idempotent
from apps.views.http.pagination import paginate, paginate_composed
from apps.views.http.schema import ID, documented

TAG = "Assignments"
# The model's column for each filter and ordering of the query.
_FILTERS = {
    "task": "task",
    "status": "status",
    "date": "daily_limit__date",
    "date_from": "daily_limit__date__gte",
    "date_to": "daily_limit__date__lte",
}
# Filters that don't change how a list is best read, whatever their values are.
_PLANNED_ONCE = {"user", "date", "confined_to"}
# The columns that an answer doesn't show: of an assignment, and of its day.
_NOT_SHOWN = ["user", "done_at"]
_DAY_SHOWN = [name for name in DAY_COLUMNS if name not in {"wanted", "rules_version", "waiting"}]
# The assignments of a date are ordered by person, because an index lists a date's days by person: so a page costs the
# same on a date with a million assignments.
_ORDERS = {"date": ["daily_limit__date", "daily_limit__user_id"], "created_at": ["created_at"]}


def matching(query: dict[str, Any], *, by_time: bool = False) -> AssignmentQuerySet:
    """The assignments that match the filters of a query; `by_time` if they are listed by that."""
    found = Assignment.objects.filter(**{_FILTERS[name]: value for name, value in query.items() if name in _FILTERS})
    return found.of(query.get("user"), by_time=by_time)


def _listed(by_time: bool, **values: Any) -> AssignmentQuerySet:
    """Those that match these filters and belong to the person to whom the caller is confined."""
    found = matching(values, by_time=by_time).of(values.get("confined_to"), by_time=by_time)
    return found.defer(*_NOT_SHOWN)


class AssignmentsView(ApiView):
    """`/api/users/assignment/`"""

    @documented(
        TAG,
        "List assignments",
        parameters=[AssignmentQuerySerializer],
        responses={200: AssignmentPageSerializer},
        errors=[InvalidRequest],
    )
    def get(self, request: Request) -> JsonResponse:
        """A page of assignments. Taskmasters see everyone's, other people only their own."""
        query = AssignmentQuerySerializer.read(request)
        ordering = query["ordering"]
        by_time = ordering.endswith("created_at")
        values = {name: value for name, value in query.items() if name == "user" or name in _FILTERS}
        if (confined_to := require_person(request.user).confined_to) is not None:
            values["confined_to"] = confined_to
        order: dict[str, Any] = {
            "by": _ORDERS[ordering.removeprefix("-")],
            "descending": ordering.startswith("-"),
        }
        if values.keys() <= _PLANNED_ONCE:
            page = paginate_composed(
                request,
                _listed,
                (by_time,),
                values,
                query,
                model=Assignment,
                related={"daily_limit": _DAY_SHOWN},
                **order,
            )
        else:
            page = paginate(request, _listed(by_time, **values).with_day(), query, **order)
        return JsonResponse(AssignmentPageSerializer.show(page))

    @documented(
        TAG,
        "Assign a task",
        request=AssignmentCreateSerializer,
        responses={201: AssignmentSerializer, 202: WaitingSerializer},
        errors=[
            errors.DateOutOfRange,
            NotAllowed,
            TaskNotFound,
            UserNotFound,
            errors.DailyLimitReached,
            AlreadyWaiting,
            TooManyWaiting,
            errors.AlreadyAssigned,
            TaskInactive,
            UserInactive,
        ],
    )
    @confirms_caller
    @idempotent
    def post(self, request: Request) -> JsonResponse:
        """Gives a person a task on a date, if the day has room for its effort. A full day is refused, with the next day
        that has room. With `if_full: "wait"` the task is queued for a full day of today or later instead, and the
        answer is 202: it is assigned as soon as the day has room for it.

        Taskmasters assign to everyone, other people to themselves, from today on.
        """
        data = AssignmentCreateSerializer.read(request)
        assign = assignments.assign_or_wait if data.get("if_full") == "wait" else assignments.assign
        made = assign(
            actor=require_person(request.user),
            task_id=data["task"],
            user_id=data["user"],
            date=data["date"],
            effort=data.get("effort"),
        )
        if isinstance(made, WaitingEntry):
            return JsonResponse(WaitingSerializer.show(made), status=202, headers=location(request, "waiting", made.pk))
        return _created(request, made)


class EarliestView(ApiView):
    """`/api/users/assignment/earliest/`"""

    @documented(
        TAG,
        "Assign a task on the first free day",
        request=EarliestSerializer,
        responses={201: AssignmentSerializer},
        errors=[
            errors.DateOutOfRange,
            NotAllowed,
            TaskNotFound,
            UserNotFound,
            errors.NoFreeDay,
            TaskInactive,
            UserInactive,
        ],
    )
    @idempotent
    def post(self, request: Request) -> JsonResponse:
        """Gives a person a task on the first day from `from` on, within 366 days, that has room and doesn't have this
        task yet."""
        data = EarliestSerializer.read(request)
        assignment = assignments.assign_earliest(
            actor=require_person(request.user),
            task_id=data["task"],
            user_id=data["user"],
            first=data.get("from"),
            effort=data.get("effort"),
        )
        return _created(request, assignment)


class AssignmentView(ApiView):
    """`/api/users/assignment/{id}/`"""

    @documented(
        TAG,
        "Read an assignment",
        parameters=[ID],
        responses={200: AssignmentSerializer},
        errors=[errors.AssignmentNotFound],
    )
    def get(self, request: Request, id: int) -> JsonResponse:
        """One assignment, with the limit of its day."""
        assignment = assignments.get(actor=require_person(request.user), assignment_id=id)
        return JsonResponse(AssignmentSerializer.show(assignment))

    @documented(
        TAG,
        "Move an assignment, change its effort, or mark it",
        parameters=[ID],
        request=AssignmentChangeSerializer,
        responses={200: AssignmentSerializer},
        errors=[
            errors.DateOutOfRange,
            NotAllowed,
            errors.AssignmentNotFound,
            UserNotFound,
            errors.DailyLimitReached,
            errors.AlreadyAssigned,
            UserInactive,
        ],
    )
    def patch(self, request: Request, id: int) -> JsonResponse:
        """Moves an assignment to another person, another date or both, changes its effort, and marks it done or open,
        all in one step.

        It keeps its id, task and taskmaster. If the day has no room for its effort, the call is refused as when a task
        is assigned, and nothing changes. Everyone marks their own assignments. Taskmasters change all assignments,
        other people those that they gave themselves.
        """
        data = AssignmentChangeSerializer.read(request)
        assignment = assignments.change(
            actor=require_person(request.user),
            assignment_id=id,
            user_id=data.get("user"),
            date=data.get("date"),
            effort=data.get("effort"),
            status=data.get("status"),
        )
        return JsonResponse(AssignmentSerializer.show(assignment))

    @documented(
        TAG,
        "Take an assignment away",
        parameters=[ID],
        responses={204: None},
        errors=[errors.AssignmentNotFound, NotAllowed],
    )
    def delete(self, request: Request, id: int) -> JsonResponse:
        """Deletes the assignment for good, and the task can be assigned again. The room goes to the tasks that wait for
        the day; if none fits, it is free."""
        assignments.unassign(actor=require_person(request.user), assignment_id=id)
        return JsonResponse(status=204)


def _created(request: Request, assignment: Assignment) -> JsonResponse:
    where = location(request, "assignment", assignment.pk)
    return JsonResponse(AssignmentSerializer.show(assignment), status=201, headers=where)
