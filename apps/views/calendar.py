"""Calendar feeds, and the links to them."""

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.exceptions.api_keys import KeyNotAllowed
from apps.exceptions.base import NotFound, PayloadTooLarge, UnsupportedMediaType
from apps.serializers.base import StrictSerializer
from apps.serializers.calendar import CalendarLinkSerializer
from apps.services import calendar
from apps.services.shared import links
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.conditional import conditional
from apps.views.http.renderers import CalendarRenderer, FileView
from apps.views.http.schema import TOKEN, documented

TAG = "Calendar"


class CalendarTokenView(ApiView):
    """`/api/users/calendar/token/`"""

    @documented(TAG, "Read the link to one's calendar", responses={200: CalendarLinkSerializer}, errors=[KeyNotAllowed])
    def get(self, request: Request) -> JsonResponse:
        """Your link, to give to a calendar program. API keys can't read it: it would outlive them."""
        return _link(request, calendar.token_of(actor=require_person(request.user)))

    @documented(
        TAG,
        "Renew the link to one's calendar",
        request=None,
        responses={200: CalendarLinkSerializer},
        errors=[PayloadTooLarge, UnsupportedMediaType],
    )
    def post(self, request: Request) -> JsonResponse:
        """Makes a new link; the old one stops working at once. The call needs no body."""
        StrictSerializer.read(request)
        return _link(request, calendar.renew(actor=require_person(request.user)))


class CalendarView(FileView):
    """`/api/users/calendar/{token}.ics`"""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    renderer_classes = [CalendarRenderer]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """Answer with a calendar, whatever `Accept` says: calendar programs send all kinds of headers."""
        return super().perform_content_negotiation(request, force=True)

    @documented(
        TAG,
        "Read a calendar",
        ignores_query=True,
        parameters=[
            TOKEN,
            OpenApiParameter(
                "If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of the last answer."
            ),
        ],
        responses={
            (200, "text/calendar"): OpenApiResponse(OpenApiTypes.STR, "All-day events, as RFC 5545 has them."),
            304: OpenApiResponse(
                None, "It is as the `ETag` in `If-None-Match`, or the time in `If-Modified-Since`, says."
            ),
        },
        errors=[NotFound],
        token=False,
    )
    def get(self, request: Request, token: str) -> HttpResponse:
        """A person's assignments from 31 days ago on, each as an all-day event. The link is the secret: the call needs
        no sign-in."""
        feed = calendar.feed(token=token)
        return conditional(
            request,
            feed.body,
            content_type="text/calendar; charset=utf-8",
            cache_control="private, no-cache",
            last_modified=feed.last_modified,
        )


def _link(request: Request, token: str) -> JsonResponse:
    url = links.absolute(request, reverse("calendar", args=[token]))
    return JsonResponse(CalendarLinkSerializer({"url": url}).data)
