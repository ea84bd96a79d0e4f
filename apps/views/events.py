"""The history: what happened, when, and by whom."""

from rest_framework.request import Request

from apps.models import Event
from apps.serializers.events import EventPageSerializer, EventQuerySerializer
from apps.services.shared.permissions import person
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.pagination import paginate
from apps.views.http.schema import documented

# The query's names for what is filtered by, as the model has them.
_FILTERS = {"task": "task", "kind": "kind", "date_from": "date__gte", "date_to": "date__lte"}


class EventsView(ApiView):
    """`/api/users/event/`"""

    @documented(
        "History",
        "Read the history",
        parameters=[EventQuerySerializer],
        responses={200: EventPageSerializer},
    )
    def get(self, request: Request) -> JsonResponse:
        """The last first, a page at a time: all of it for a taskmaster, what is about their own days for anyone
        else. It is written with what it tells and never changed."""
        query = EventQuerySerializer.read(request)
        events = Event.objects.visible_to(person(request.user))
        if "user" in query:
            events = events.of(query["user"])
        events = events.filter(**{_FILTERS[name]: value for name, value in query.items() if name in _FILTERS})
        page = paginate(request, events, query, by=["id"], descending=True)
        return JsonResponse(EventPageSerializer(page).data)
