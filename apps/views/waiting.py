"""Who waits for a full day."""

from rest_framework.request import Request

from apps.exceptions.base import InvalidRequest, NotAllowed
from apps.exceptions.waiting import WaitingNotFound
from apps.serializers.waiting import WaitingPageSerializer, WaitingQuerySerializer, WaitingSerializer
from apps.services import waiting
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.pagination import paginate
from apps.views.http.schema import ID, documented

TAG = "Waiting"
# The model's column for each filter and ordering of the query.
_FILTERS = {
    "user": "daily_limit__user",
    "task": "task",
    "date": "daily_limit__date",
    "date_from": "daily_limit__date__gte",
    "date_to": "daily_limit__date__lte",
}
_ORDERS = {"date": ["daily_limit__date", "daily_limit__user_id"], "created_at": ["created_at"]}


class WaitingView(ApiView):
    """`/api/users/waiting/`"""

    @documented(
        TAG,
        "List waiting entries",
        parameters=[WaitingQuerySerializer],
        responses={200: WaitingPageSerializer},
        errors=[InvalidRequest],
    )
    def get(self, request: Request) -> JsonResponse:
        """A page of the tasks that wait for full days. Taskmasters see everyone's, other people only their own.

        `POST /api/users/assignment/` with `if_full: "wait"` queues a task. As soon as the day has room for it, it is
        assigned, in the order of arrival: an entry too large for the room doesn't hold up a smaller one behind it. An
        entry also ends when its date has passed, its task is retired or assigned otherwise, or its person is
        deactivated.
        """
        query = WaitingQuerySerializer.read(request)
        entries = waiting.visible_to(require_person(request.user))
        entries = entries.filter(**{_FILTERS[name]: value for name, value in query.items() if name in _FILTERS})
        ordering = query["ordering"]
        page = paginate(
            request,
            entries,
            query,
            by=_ORDERS[ordering.removeprefix("-")],
            descending=ordering.startswith("-"),
        )
        return JsonResponse(WaitingPageSerializer(page).data)


class WaitingEntryView(ApiView):
    """`/api/users/waiting/{id}/`"""

    @documented(
        TAG,
        "Read a waiting entry",
        parameters=[ID],
        responses={200: WaitingSerializer},
        errors=[WaitingNotFound],
    )
    def get(self, request: Request, id: int) -> JsonResponse:
        """One entry and its position. Once it was served or has ended, this is 404; the history tells which."""
        return JsonResponse(WaitingSerializer.show(waiting.get(actor=require_person(request.user), entry_id=id)))

    @documented(
        TAG,
        "Cancel a waiting entry",
        parameters=[ID],
        responses={204: None},
        errors=[WaitingNotFound, NotAllowed],
    )
    def delete(self, request: Request, id: int) -> JsonResponse:
        """Takes the entry out of the queue. Taskmasters cancel all entries, other people those that they queued
        themselves."""
        waiting.cancel(actor=require_person(request.user), entry_id=id)
        return JsonResponse(status=204)
