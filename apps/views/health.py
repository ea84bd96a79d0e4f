"""What operators ask."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from apps.serializers.health import LivenessSerializer, ReadinessSerializer
from apps.services import health
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.schema import documented


class LivenessView(ApiView):
    """`/health/live/`"""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    @documented("Health", "Is the process alive?", responses={200: LivenessSerializer}, token=False)
    def get(self, request: Request) -> JsonResponse:
        """Looks at nothing but itself: restart the process when this doesn't answer."""
        return JsonResponse({"status": "ok"})


class ReadinessView(ApiView):
    """`/health/ready/`"""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    @documented(
        "Health",
        "Can it do its work?",
        responses={200: ReadinessSerializer, 503: ReadinessSerializer},
        token=False,
    )
    def get(self, request: Request) -> JsonResponse:
        """503 only where the database or its migrations are missing. Without a broker or a worker ToGo still answers
        every call and is `degraded`."""
        readiness = health.readiness()
        return JsonResponse(
            ReadinessSerializer(readiness).data, status=503 if readiness.status == "unavailable" else 200
        )
