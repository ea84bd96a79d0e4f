"""Daily limits: how much people can take."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.exceptions.assignments import DateOutOfRange
from apps.exceptions.users import UserNotFound
from apps.serializers.limits import DailyLimitListSerializer, DailyLimitQuerySerializer
from apps.services import limits
from apps.services.permissions import person
from apps.views.schema import documented


class DailyLimitsView(APIView):
    """`/api/users/limit/`"""

    @documented(
        "Limits",
        "Read daily limits",
        parameters=[DailyLimitQuerySerializer],
        responses={200: DailyLimitListSerializer},
        errors=[DateOutOfRange, UserNotFound],
    )
    def get(self, request: Request) -> Response:
        """A row for every person and day, at most 92 days; a day that isn't set yet as it would be set now.

        Taskmasters read everyone's, anyone else their own. Without `user` it is one's own, without dates today's.
        """
        query = DailyLimitQuerySerializer.read(request)
        days = limits.read_range(
            actor=person(request.user),
            user_ids=query.get("user"),
            first=query.get("date_from"),
            last=query.get("date_to"),
        )
        return Response(DailyLimitListSerializer({"results": days}).data)
