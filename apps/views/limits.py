"""Daily limits: how much people can take."""

import datetime

from rest_framework.request import Request

from apps.exceptions.assignments import DateOutOfRange
from apps.exceptions.base import NotAllowed
from apps.exceptions.limits import LimitBelowTaken
from apps.exceptions.users import UserNotFound
from apps.serializers.limits import (
    DailyLimitListSerializer,
    DailyLimitQuerySerializer,
    DailyLimitSerializer,
    DailyLimitSetSerializer,
)
from apps.services import limits
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.schema import DATE, USER, documented


class DailyLimitsView(ApiView):
    """`/api/users/limit/`"""

    @documented(
        "Limits",
        "Read daily limits",
        parameters=[DailyLimitQuerySerializer],
        responses={200: DailyLimitListSerializer},
        errors=[DateOutOfRange, UserNotFound],
    )
    def get(self, request: Request) -> JsonResponse:
        """A row for every person and day, of at most 92 days. A day that isn't set yet is shown as it would be set now.

        Taskmasters read everyone's, anyone else their own. Without `user` it is one's own, without dates today's.
        """
        query = DailyLimitQuerySerializer.read(request)
        days = limits.read_range(
            actor=require_person(request.user),
            user_ids=query.get("user"),
            first=query.get("date_from"),
            last=query.get("date_to"),
        )
        return JsonResponse(DailyLimitListSerializer({"results": days}).data)


class DailyLimitView(ApiView):
    """`/api/users/limit/{user}/{date}/`"""

    @documented(
        "Limits",
        "Set a daily limit by hand",
        parameters=[USER, DATE],
        request=DailyLimitSetSerializer,
        responses={200: DailyLimitSerializer},
        errors=[DateOutOfRange, NotAllowed, UserNotFound, LimitBelowTaken],
    )
    def put(self, request: Request, user: int, date: datetime.date) -> JsonResponse:
        """For taskmasters. This limit holds, whatever the rules say, until it is given back to the rules."""
        data = DailyLimitSetSerializer.read(request)
        day = limits.set_by_hand(actor=require_person(request.user), user_id=user, date=date, **data)
        return JsonResponse(DailyLimitSerializer(day).data)

    @documented(
        "Limits",
        "Give a daily limit back to the rules",
        parameters=[USER, DATE],
        responses={200: DailyLimitSerializer},
        errors=[NotAllowed, UserNotFound],
    )
    def delete(self, request: Request, user: int, date: datetime.date) -> JsonResponse:
        """For taskmasters. Answers with the limit that the rules pick. A day that isn't set by hand stays as it is."""
        day = limits.give_back(actor=require_person(request.user), user_id=user, date=date)
        return JsonResponse(DailyLimitSerializer(day).data)
