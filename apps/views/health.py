"""What operators ask."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.serializers.health import LivenessSerializer, ReadinessSerializer
from apps.services import health
from apps.views.schema import documented


class LivenessView(APIView):
    """`/health/live/`"""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @documented("Health", "Is the process alive?", responses={200: LivenessSerializer}, token=False)
    def get(self, request: Request) -> Response:
        """Looks at nothing but itself: restart the process when this doesn't answer."""
        return Response({"status": "ok"})


class ReadinessView(APIView):
    """`/health/ready/`"""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @documented(
        "Health",
        "Can it do its work?",
        responses={200: ReadinessSerializer, 503: ReadinessSerializer},
        token=False,
    )
    def get(self, request: Request) -> Response:
        """503 only where the database or its migrations are missing. Without a broker or a worker ToGo still answers
        every call and is `degraded`."""
        readiness = health.readiness()
        return Response(ReadinessSerializer(readiness).data, status=503 if readiness.status == "unavailable" else 200)
