"""Who is free on a day, and when a person is free."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.request import Request

from apps.exceptions.users import UserNotFound
from apps.models.effort import DEFAULT_EFFORT
from apps.serializers.availability import (
    AvailabilityQuerySerializer,
    DateAvailabilitySerializer,
    PersonAvailabilitySerializer,
)
from apps.services import availability
from apps.services.availability import Edge
from apps.services.shared import replica
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.pagination import link, read_cursor, read_id, read_text, size_of
from apps.views.http.schema import documented


class AvailabilityView(ApiView):
    """`/api/users/availability/`"""

    @documented(
        "Availability",
        "Find room",
        parameters=[AvailabilityQuerySerializer],
        responses={
            200: PolymorphicProxySerializer(
                component_name="Availability",
                serializers=[DateAvailabilitySerializer, PersonAvailabilitySerializer],
                resource_type_field_name=None,
            )
        },
        errors=[UserNotFound],
    )
    @replica.may_answer
    def get(self, request: Request) -> JsonResponse:
        """With `date`: a page of people with room on that date. Otherwise: the days on which a person has room.

        A day is free if the caller could assign a task of that `effort` to it; so no day is free that is further ahead
        than can be planned. Taskmasters may ask about everyone, other people about themselves.
        """
        query = AvailabilityQuerySerializer.read(request)
        return JsonResponse(_of_a_date(request, query) if "date" in query else _of_a_person(request, query))


def _of_a_person(request: Request, query: dict[str, Any]) -> Any:
    room = availability.room_of(
        actor=require_person(request.user),
        user_id=query.get("user"),
        first=query.get("date_from"),
        days=query.get("days", availability.NEAR_DAYS),
        effort=query.get("effort", DEFAULT_EFFORT),
    )
    return PersonAvailabilitySerializer.show(room)


def _of_a_date(request: Request, query: dict[str, Any]) -> Any:
    backwards, edge = read_cursor(query, _read_key)
    page = availability.room_on(
        actor=require_person(request.user),
        date=query["date"],
        size=size_of(query),
        edge=Edge(*edge) if edge else None,
        backwards=backwards,
        effort=query.get("effort", DEFAULT_EFFORT),
    )
    return DateAvailabilitySerializer.show(
        {
            "results": page.days,
            "ordered_by": page.ordered_by,
            "next": link(request, page.following) if page.following else None,
            "previous": link(request, page.preceding, backwards=True) if page.preceding else None,
        }
    )


def _read_key(value: Any) -> str | int:
    """The first part of a cursor: a username in the order by name, else the room that is left."""
    return read_text(value) if isinstance(value, str) else read_id(value)
