"""Which versions of ToGo and of its API answer."""

from django.conf import settings
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from apps.serializers.version import VersionSerializer
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.schema import documented


class VersionView(ApiView):
    """`/api/version/`"""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @documented("Version", "Read the version", responses={200: VersionSerializer}, token=False)
    def get(self, request: Request) -> JsonResponse:
        """The versions of ToGo and of its API, for anyone."""
        return JsonResponse({"version": settings.TOGO_VERSION, "api": settings.TOGO_API_VERSION})
