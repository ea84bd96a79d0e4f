"""The history: what happened, when, and by whom."""

from rest_framework.request import Request

from apps.models import Event
from apps.serializers.events import EventPageSerializer, EventQuerySerializer
from apps.services.shared import replica
from apps.services.shared.permissions import require_person
from apps.views.http.archive import with_archive
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.pagination import paginate
from apps.views.http.schema import documented

# The model's column for each filter of the query.
_FILTERS = {"task": "task", "kind": "kind", "date_from": "date__gte", "date_to": "date__lte"}


class EventsView(ApiView):
    """`/api/users/event/`"""

    @documented(
        "History",
        "Read the history",
        parameters=[EventQuerySerializer],
        responses={200: EventPageSerializer},
    )
    @replica.may_answer
    def get(self, request: Request) -> JsonResponse:
        """A page of the history, newest first. Admins see everything, taskmasters everything but how others sign in,
        other people what is about them. An event is written in the transaction of the change, and never changes. If the
        installation archives old days (`TOGO_KEEP_DAYS`), the header `ToGo-Archived-Before` names the date before which
        events are missing here."""
        query = EventQuerySerializer.read(request)
        caller = require_person(request.user)
        events = Event.objects.visible_to(caller)
        if "user" in query:
            events = events.of(query["user"])
        # A filter by another person or by a date must not tell where an assignment went.
        if {"date_from", "date_to"} & set(query) or query.get("user", caller.pk) != caller.pk:
            events = events.on_days_of(caller)
        events = events.filter(**{_FILTERS[name]: value for name, value in query.items() if name in _FILTERS})
        page = paginate(request, events, query, by=["id"], descending=True)
        page["results"] = [event.as_seen_by(caller) for event in page["results"]]
        return with_archive(JsonResponse(EventPageSerializer(page).data), query.get("date_from"))
