"""People."""

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.serializers.users import MeSerializer
from apps.services import limits
from apps.services.permissions import person
from apps.views.schema import documented


class MeView(APIView):
    """`/api/users/me/`"""

    @documented("People", "Read oneself", responses={200: MeSerializer})
    def get(self, request: Request) -> Response:
        """Who is signed in, and how much of their day is taken."""
        me = person(request.user)
        return Response(MeSerializer(me, context={"limit": limits.today_of(me)}).data)
