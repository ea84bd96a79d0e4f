"""What the caller wants to be told."""

from rest_framework.request import Request

from apps.exceptions.base import TooManyRequests
from apps.exceptions.notifications import ChannelRefused, MessagesOff
from apps.serializers.notifications import NotificationChangeSerializer, NotificationSerializer
from apps.services import notifications
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse
from apps.views.http.schema import documented

TAG = "Messages"


class NotificationView(ApiView):
    """`/api/users/me/notification/`"""

    @documented(TAG, "Read what you are told", responses={200: NotificationSerializer})
    def get(self, request: Request) -> JsonResponse:
        """Your address and your channel, your daily message, and when you are told of changes of your tasks."""
        return JsonResponse(NotificationSerializer(notifications.of(actor=require_person(request.user))).data)

    @documented(
        TAG,
        "Change what you are told",
        request=NotificationChangeSerializer,
        responses={200: NotificationSerializer},
        errors=[MessagesOff, ChannelRefused, TooManyRequests],
    )
    def patch(self, request: Request) -> JsonResponse:
        """A new address or channel counts once the link that is sent to it was followed; naming it again sends another
        link. No API key may change this: messages would go on after its deletion."""
        data = NotificationChangeSerializer.read(request)
        changed = notifications.change(actor=require_person(request.user), **data)
        return JsonResponse(NotificationSerializer(changed).data)
