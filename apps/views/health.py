"""Health checks for operators and their tools."""

import threading
import time

from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from apps.serializers.health import LivenessSerializer, ReadinessSerializer
from apps.services import health
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.schema import documented


class _Remembered:
    """Remembers the readiness for a second: anyone may call, and each look takes 8 ms."""

    SECONDS = 1.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0
        self._readiness: health.Readiness | None = None

    def readiness(self) -> health.Readiness:
        """The readiness of at most a second ago."""
        with self._lock:
            now = time.monotonic()
            if self._readiness is None or now >= self._until:
                self._readiness = health.readiness()
                self._until = time.monotonic() + self.SECONDS
            return self._readiness

    def forget(self) -> None:
        """Look it up again at the next call."""
        self._readiness = None


_remembered = _Remembered()


class LivenessView(ApiView):
    """`/health/live/`"""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    @documented("Health", "Is the process alive?", responses={200: LivenessSerializer}, token=False)
    def get(self, request: Request) -> JsonResponse:
        """Checks nothing but the process: restart it when this doesn't answer."""
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
        """503 only if the database or its migrations are missing. Without a broker or a worker ToGo is `degraded`, and
        answers every call. With a full disk it is `degraded`, and can only read."""
        readiness = _remembered.readiness()
        return JsonResponse(
            ReadinessSerializer(readiness).data, status=503 if readiness.status == "unavailable" else 200
        )
