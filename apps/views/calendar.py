"""Everyone's calendar feed, and the link to it."""

import hashlib

from django.http import HttpResponseBase
from django.http.response import HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.exceptions.base import NotFound
from apps.serializers.calendar import CalendarLinkSerializer
from apps.services import calendar
from apps.services.permissions import person
from apps.views.renderers import CalendarRenderer, FileView
from apps.views.schema import TOKEN, documented

TAG = "Calendar"


class CalendarTokenView(APIView):
    """`/api/users/calendar/token/`"""

    @documented(TAG, "Read the link to one's calendar", responses={200: CalendarLinkSerializer})
    def get(self, request: Request) -> Response:
        """The link that works now, to be given to a program that shows calendars."""
        return _link(request, calendar.token_of(actor=person(request.user)))

    @documented(TAG, "Renew the link to one's calendar", request=None, responses={200: CalendarLinkSerializer})
    def post(self, request: Request) -> Response:
        """A new link; the old one is useless at once."""
        return _link(request, calendar.renew(actor=person(request.user)))


class CalendarView(FileView):
    """`/api/users/calendar/{token}.ics`"""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = [CalendarRenderer]

    @documented(
        TAG,
        "Read a calendar",
        parameters=[
            TOKEN,
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` one has."),
        ],
        responses={
            (200, "text/calendar"): OpenApiResponse(OpenApiTypes.STR, "All-day events, as RFC 5545 has them."),
            304: OpenApiResponse(None, "It is as the `ETag` in `If-None-Match` says."),
        },
        errors=[NotFound],
        token=False,
    )
    def get(self, request: Request, token: str) -> HttpResponseBase:
        """A person's assignments from 31 days ago on, an all-day event each. The link itself is the secret: no other
        sign-in is needed."""
        feed = calendar.feed(token=token)
        response = HttpResponse(feed, content_type="text/calendar; charset=utf-8")
        response["ETag"] = etag = f'"{hashlib.sha256(feed).hexdigest()[:32]}"'
        response["Cache-Control"] = "private, no-cache"
        # A request of Django REST framework has all that Django's own has.
        return get_conditional_response(request, etag, None, response) or response


def _link(request: Request, token: str) -> Response:
    url = request.build_absolute_uri(reverse("calendar", args=[token]))
    return Response(CalendarLinkSerializer({"url": url}).data)
