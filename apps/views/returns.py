"""Tasks that people hand back, and placing them again."""

from rest_framework.request import Request

from apps.exceptions.assignments import AlreadyAssigned, AssignmentNotFound, DailyLimitReached, DateOutOfRange
from apps.exceptions.base import InvalidRequest, NotAllowed
from apps.exceptions.returns import AlreadyDone, ReturnNotFound
from apps.exceptions.tasks import TaskInactive
from apps.exceptions.users import UserInactive, UserNotFound
from apps.serializers.assignments import AssignmentSerializer
from apps.serializers.returns import (
    ReturnCreateSerializer,
    ReturnedTaskPageSerializer,
    ReturnedTaskQuerySerializer,
    ReturnedTaskSerializer,
    ReturnPlaceSerializer,
)
from apps.services import returns
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse, location
from apps.views.http.idempotency import idempotent
from apps.views.http.pagination import paginate
from apps.views.http.schema import ID, documented

TAG = "Handing back"


class HandBackView(ApiView):
    """`/api/users/assignment/{id}/return/`"""

    @documented(
        TAG,
        "Hand an assignment back",
        parameters=[ID],
        request=ReturnCreateSerializer,
        responses={201: ReturnedTaskSerializer},
        errors=[AssignmentNotFound, NotAllowed, AlreadyDone],
    )
    @idempotent
    def post(self, request: Request, id: int) -> JsonResponse:
        """Hands back your own open assignment of today or later, with a reason. Its room is free, for tasks that wait
        first, and the person who gave it is told. Taskmasters find it below `/api/users/returned/` and place it
        again."""
        reason = ReturnCreateSerializer.read(request)["reason"]
        returned = returns.hand_back(actor=require_person(request.user), assignment_id=id, reason=reason)
        where = location(request, "returned", returned.pk)
        return JsonResponse(ReturnedTaskSerializer.show(returned), status=201, headers=where)


class ReturnedTasksView(ApiView):
    """`/api/users/returned/`"""

    @documented(
        TAG,
        "List returned tasks",
        parameters=[ReturnedTaskQuerySerializer],
        responses={200: ReturnedTaskPageSerializer},
        errors=[InvalidRequest],
    )
    def get(self, request: Request) -> JsonResponse:
        """A page of the tasks that were handed back and that nobody has placed again, the oldest first. Taskmasters see
        all of them, other people their own."""
        query = ReturnedTaskQuerySerializer.read(request)
        found = returns.visible_to(require_person(request.user))
        found = found.filter(**{name: query[name] for name in ("user", "task", "taskmaster") if name in query})
        page = paginate(request, found, query, by=["created_at"])
        return JsonResponse(ReturnedTaskPageSerializer(page).data)


class ReturnedTaskView(ApiView):
    """`/api/users/returned/{id}/`"""

    @documented(
        TAG,
        "Read a returned task",
        parameters=[ID],
        responses={200: ReturnedTaskSerializer},
        errors=[ReturnNotFound],
    )
    def get(self, request: Request, id: int) -> JsonResponse:
        """One of them. Once it was placed again or closed, this is 404; the history tells which."""
        returned = returns.get(actor=require_person(request.user), returned_id=id)
        return JsonResponse(ReturnedTaskSerializer.show(returned))

    @documented(
        TAG,
        "Close a returned task",
        parameters=[ID],
        responses={204: None},
        errors=[ReturnNotFound, NotAllowed],
    )
    def delete(self, request: Request, id: int) -> JsonResponse:
        """Takes it off the list, because nobody needs to do it. For taskmasters."""
        returns.close(actor=require_person(request.user), returned_id=id)
        return JsonResponse(status=204)


class PlaceView(ApiView):
    """`/api/users/returned/{id}/place/`"""

    @documented(
        TAG,
        "Place a returned task again",
        parameters=[ID],
        request=ReturnPlaceSerializer,
        responses={201: AssignmentSerializer},
        errors=[
            ReturnNotFound,
            NotAllowed,
            DateOutOfRange,
            UserNotFound,
            UserInactive,
            TaskInactive,
            AlreadyAssigned,
            DailyLimitReached,
        ],
    )
    @idempotent
    def post(self, request: Request, id: int) -> JsonResponse:
        """Assigns it, within the limit of that day, and takes it off the list. Taskmasters place it anywhere; the
        person who handed it back may take it back, for its own date, with an empty body."""
        data = ReturnPlaceSerializer.read(request)
        assignment = returns.place(
            actor=require_person(request.user), returned_id=id, user_id=data.get("user"), date=data.get("date")
        )
        where = location(request, "assignment", assignment.pk)
        return JsonResponse(AssignmentSerializer.show(assignment), status=201, headers=where)
