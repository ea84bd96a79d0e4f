"""Everyone's calendar feed, and the link to it."""

import hashlib

from django.http import HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.http import parse_etags
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from apps.exceptions.base import NotFound, PayloadTooLarge, UnsupportedMediaType
from apps.serializers.base import StrictSerializer
from apps.serializers.calendar import CalendarLinkSerializer
from apps.services import calendar
from apps.services.shared.permissions import person
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.renderers import CalendarRenderer, FileView
from apps.views.http.schema import TOKEN, documented

TAG = "Calendar"


class CalendarTokenView(ApiView):
    """`/api/users/calendar/token/`"""

    @documented(TAG, "Read the link to one's calendar", responses={200: CalendarLinkSerializer})
    def get(self, request: Request) -> JsonResponse:
        """The link that works now, to be given to a program that shows calendars."""
        return _link(request, calendar.token_of(actor=person(request.user)))

    @documented(
        TAG,
        "Renew the link to one's calendar",
        request=None,
        responses={200: CalendarLinkSerializer},
        errors=[PayloadTooLarge, UnsupportedMediaType],
    )
    def post(self, request: Request) -> JsonResponse:
        """A new link; the old one is useless at once. There is nothing to send."""
        StrictSerializer.read(request)
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
    def get(self, request: Request, token: str) -> HttpResponse:
        """A person's assignments from 31 days ago on, an all-day event each. The link itself is the secret: no other
        sign-in is needed."""
        feed = calendar.feed(token=token)
        etag = f'"{hashlib.sha256(feed).hexdigest()[:32]}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if _has(request, etag):
            return HttpResponseNotModified(headers=headers)
        return HttpResponse(feed, content_type="text/calendar; charset=utf-8", headers=headers)


def _has(request: Request, etag: str) -> bool:
    """Whether the caller has it already, by a weak comparison: RFC 9110, 13.1.2."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return known == ["*"] or etag in {one.removeprefix("W/") for one in known}


def _link(request: Request, token: str) -> JsonResponse:
    url = request.build_absolute_uri(reverse("calendar", args=[token]))
    return JsonResponse(CalendarLinkSerializer({"url": url}).data)
