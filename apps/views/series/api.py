"""Tasks that come again: `/api/users/series/`."""

from typing import Any

from rest_framework.request import Request

from apps.exceptions.assignments import DateOutOfRange
from apps.exceptions.base import NotAllowed
from apps.exceptions.series import SeriesNotFound
from apps.exceptions.tasks import TaskInactive, TaskNotFound
from apps.exceptions.users import UserInactive, UserNotFound
from apps.models.series import OnFull
from apps.serializers.series import (
    OccurrencePageSerializer,
    OccurrenceQuerySerializer,
    OccurrenceSerializer,
    SeriesChangeSerializer,
    SeriesCreateSerializer,
    SeriesEndSerializer,
    SeriesPageSerializer,
    SeriesQuerySerializer,
    SeriesSerializer,
)
from apps.services import series
from apps.services.series.occurrences import states_of
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse, location
from apps.views.http.idempotency import idempotent
from apps.views.http.pagination import paginate
from apps.views.http.schema import ID, documented

TAG = "Series"
_REFUSALS = [NotAllowed, DateOutOfRange, TaskNotFound, UserNotFound, TaskInactive, UserInactive]


class SeriesListView(ApiView):
    """`/api/users/series/`"""

    @documented(
        TAG,
        "List series",
        parameters=[SeriesQuerySerializer],
        responses={200: SeriesPageSerializer},
    )
    def get(self, request: Request) -> JsonResponse:
        """A page of the series, oldest first. Taskmasters see all, other people those in which they have turns."""
        query = SeriesQuerySerializer.read(request)
        found = series.visible_to(require_person(request.user))
        if "user" in query:
            found = found.with_turns_of(query["user"])
        if "task" in query:
            found = found.filter(task=query["task"])
        page = paginate(request, found, query, by=["id"])
        return JsonResponse({**page, "results": [SeriesSerializer.show(one) for one in page["results"]]})

    @documented(
        TAG,
        "Make a series",
        request=SeriesCreateSerializer,
        responses={201: SeriesSerializer},
        errors=_REFUSALS,
    )
    @idempotent
    def post(self, request: Request) -> JsonResponse:
        """Lets a task come again, for one person or for several in turns. For taskmasters; anyone may repeat tasks for
        themselves, from today on.

        The dates from today on are assigned at once, as far ahead as `TOGO_SERIES_DAYS` says (60), and a job goes on
        from day to day. A date that is refused doesn't stop the series: `…/occurrence/` tells the reason.
        """
        data = SeriesCreateSerializer.read(request)
        made = series.create_series(
            actor=require_person(request.user),
            date_from=data["date_from"],
            **{"on_full": OnFull.SKIP, **_fields(data)},
        )
        return JsonResponse(SeriesSerializer.show(made), status=201, headers=location(request, "series-api", made.pk))


class SeriesView(ApiView):
    """`/api/users/series/{id}/`"""

    @documented(
        TAG,
        "Read a series",
        parameters=[ID],
        responses={200: SeriesSerializer},
        errors=[SeriesNotFound],
    )
    def get(self, request: Request, id: int) -> JsonResponse:
        """For taskmasters, and for the people who have turns."""
        return JsonResponse(SeriesSerializer.show(series.get(actor=require_person(request.user), series_id=id)))

    @documented(
        TAG,
        "Change a series",
        parameters=[ID],
        request=SeriesChangeSerializer,
        responses={200: SeriesSerializer},
        errors=[SeriesNotFound, *_REFUSALS],
    )
    def patch(self, request: Request, id: int) -> JsonResponse:
        """Changes what comes from `from` on; the dates before stay as they are. For taskmasters; other people change
        what they repeat for themselves.

        What is done, and what somebody moved or took away, stays as it is. Other dates are decided again, so an empty
        body tries again what was skipped. Another `rrule` counts from `from`; other `users` begin with the first one.
        """
        data = SeriesChangeSerializer.read(request)
        changed = series.update_series(
            actor=require_person(request.user), series_id=id, first=data.get("from"), **_fields(data)
        )
        return JsonResponse(SeriesSerializer.show(changed))

    @documented(
        TAG,
        "End a series",
        parameters=[ID, SeriesEndSerializer],
        responses={204: None},
        errors=[SeriesNotFound, NotAllowed],
    )
    def delete(self, request: Request, id: int) -> JsonResponse:
        """Ends the series and takes away its open tasks from the date `from` on. What is done or past stays. For
        taskmasters; other people end what they repeat for themselves. With a later `from` the series goes on until the
        day before."""
        query = SeriesEndSerializer.read(request)
        series.end_series(actor=require_person(request.user), series_id=id, first=query.get("from"))
        return JsonResponse(status=204)


class OccurrencesView(ApiView):
    """`/api/users/series/{id}/occurrence/`"""

    @documented(
        TAG,
        "List the dates of a series",
        parameters=[ID, OccurrenceQuerySerializer],
        responses={200: OccurrencePageSerializer},
        errors=[SeriesNotFound],
    )
    def get(self, request: Request, id: int) -> JsonResponse:
        """A page of the dates that were decided, and what became of each. Taskmasters see all dates, other people their
        own. Dates are kept for 366 days."""
        query = OccurrenceQuerySerializer.read(request)
        actor = require_person(request.user)
        rows = series.occurrences_of(actor=actor, series_id=id)
        bounds = {"date__gte": query.get("date_from"), "date__lte": query.get("date_to")}
        rows = rows.filter(**{name: date for name, date in bounds.items() if date})
        page = paginate(request, rows, query, by=["date"])
        states = states_of(page["results"], seen_by=actor)
        return JsonResponse({**page, "results": [OccurrenceSerializer.show(one) for one in states]})


def _fields(data: dict[str, Any]) -> Any:
    """The fields of a body, as the service names them."""
    fields: dict[str, Any] = {name: data[name] for name in ("rrule", "date_to", "effort", "on_full") if name in data}
    if "task" in data:
        fields["task_id"] = data["task"]
    if "user" in data or "users" in data:
        fields["user_ids"] = data.get("users") or [data["user"]]
    return fields
