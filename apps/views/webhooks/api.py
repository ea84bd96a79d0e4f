"""Webhooks: the URLs that are told what happens, and what was sent to them."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, OpenApiWebhook, extend_schema
from rest_framework.request import Request

from apps.exceptions.base import NotAllowed, NotFound, PayloadTooLarge, UnsupportedMediaType
from apps.exceptions.webhooks import TooManyWebhooks, WebhookDisabled, WebhookUrlRefused
from apps.models import Delivery, Event
from apps.serializers.base import PageQuerySerializer, StrictSerializer
from apps.serializers.webhooks import (
    DeliveryDetailSerializer,
    DeliveryPageSerializer,
    DeliveryQuerySerializer,
    DeliverySerializer,
    MessageSerializer,
    NewWebhookSerializer,
    RotatedWebhookSerializer,
    WebhookChangeSerializer,
    WebhookCreateSerializer,
    WebhookPageSerializer,
    WebhookSerializer,
    message,
)
from apps.services import webhooks
from apps.services.shared import links
from apps.services.shared.permissions import require_person
from apps.views.http.base import ApiView, JsonResponse, location
from apps.views.http.idempotency import idempotent
from apps.views.http.pagination import paginate
from apps.views.http.schema import DELIVERY, ID, documented

TAG = "Webhooks"
# Errors of calls that need no body, and refuse a wrong one.
_NO_BODY = [PayloadTooLarge, UnsupportedMediaType]


# What ToGo sends, for the OpenAPI document.
event_message = OpenApiWebhook(
    name="event",
    decorator=extend_schema(
        tags=[TAG],
        summary="An event",
        description="ToGo sends this to the URL of each webhook that asks for the event's type, with the headers "
        "`webhook-id`, `webhook-timestamp` and `webhook-signature` of Standard Webhooks 1.0.",
        request=MessageSerializer,
        responses={"2XX": OpenApiResponse(description="The receiver has the message.")},
    ),
)


class WebhooksView(ApiView):
    """`/api/webhook/`"""

    @documented(
        TAG,
        "List webhooks",
        parameters=[PageQuerySerializer],
        responses={200: WebhookPageSerializer},
        errors=[NotAllowed],
    )
    def get(self, request: Request) -> JsonResponse:
        """A page of the webhooks, oldest first. For admins."""
        query = PageQuerySerializer.read(request)
        found = webhooks.all_webhooks(actor=require_person(request.user))
        return JsonResponse(WebhookPageSerializer(paginate(request, found, query, by=["id"])).data)

    @documented(
        TAG,
        "Make a webhook",
        request=WebhookCreateSerializer,
        responses={201: NewWebhookSerializer},
        errors=[NotAllowed, TooManyWebhooks, WebhookUrlRefused],
    )
    def post(self, request: Request) -> JsonResponse:
        """For admins. What happens from now on is sent to the URL, signed as Standard Webhooks 1.0 says. The answer
        shows the secret this once; the call takes no `Idempotency-Key`, because that would store the answer."""
        data = WebhookCreateSerializer.read(request)
        webhook, secret = webhooks.create(actor=require_person(request.user), **data)
        answer = {**WebhookSerializer(webhook).data, "secret": secret}
        return JsonResponse(answer, status=201, headers=location(request, "webhook", webhook.pk))


class WebhookView(ApiView):
    """`/api/webhook/{id}/`"""

    @documented(
        TAG, "Read a webhook", parameters=[ID], responses={200: WebhookSerializer}, errors=[NotAllowed, NotFound]
    )
    def get(self, request: Request, id: int) -> JsonResponse:
        """For admins."""
        webhook = webhooks.get(actor=require_person(request.user), webhook_id=id)
        return JsonResponse(WebhookSerializer(webhook).data)

    @documented(
        TAG,
        "Change a webhook",
        parameters=[ID],
        request=WebhookChangeSerializer,
        responses={200: WebhookSerializer},
        errors=[NotAllowed, NotFound, WebhookUrlRefused],
    )
    def patch(self, request: Request, id: int) -> JsonResponse:
        """For admins. Fields that are not sent stay as they are. While a webhook is disabled, its pending deliveries
        wait, and what happens is not stored for it."""
        data = WebhookChangeSerializer.read(request)
        webhook = webhooks.update(actor=require_person(request.user), webhook_id=id, **data)
        return JsonResponse(WebhookSerializer(webhook).data)

    @documented(TAG, "Delete a webhook", parameters=[ID], responses={204: None}, errors=[NotAllowed, NotFound])
    def delete(self, request: Request, id: int) -> JsonResponse:
        """For admins. Its deliveries are deleted, too."""
        webhooks.delete(actor=require_person(request.user), webhook_id=id)
        return JsonResponse(status=204)


class RotateView(ApiView):
    """`/api/webhook/{id}/rotate/`"""

    @documented(
        TAG,
        "Rotate the secret of a webhook",
        parameters=[ID],
        responses={200: RotatedWebhookSerializer},
        errors=[NotAllowed, NotFound, *_NO_BODY],
    )
    def post(self, request: Request, id: int) -> JsonResponse:
        """For admins. Makes a new secret, shown this once. For 24 hours the one before signs each message, too, so that
        the receiver can change over meanwhile. The call needs no body."""
        StrictSerializer.read(request)
        webhook, secret, until = webhooks.rotate(actor=require_person(request.user), webhook_id=id)
        shown = {**WebhookSerializer(webhook).data, "secret": secret}
        return JsonResponse({**shown, "old_secret_until": until})


class TestView(ApiView):
    """`/api/webhook/{id}/test/`"""

    @documented(
        TAG,
        "Test a webhook",
        parameters=[ID],
        responses={202: DeliverySerializer},
        errors=[NotAllowed, NotFound, WebhookDisabled, *_NO_BODY],
    )
    @idempotent
    def post(self, request: Request, id: int) -> JsonResponse:
        """For admins. Sends a message of the type `webhook.test`; the delivery tells the result. The call needs no
        body."""
        StrictSerializer.read(request)
        delivery = webhooks.test(actor=require_person(request.user), webhook_id=id)
        return _accepted(request, delivery)


class DeliveriesView(ApiView):
    """`/api/webhook/{id}/delivery/`"""

    @documented(
        TAG,
        "List the deliveries of a webhook",
        parameters=[ID, DeliveryQuerySerializer],
        responses={200: DeliveryPageSerializer},
        errors=[NotAllowed, NotFound],
    )
    def get(self, request: Request, id: int) -> JsonResponse:
        """A page of what was and will be sent, newest first, for 30 days. For admins."""
        query = DeliveryQuerySerializer.read(request)
        found = webhooks.deliveries_of(actor=require_person(request.user), webhook_id=id)
        if "status" in query:
            found = found.filter(status=query["status"])
        page = paginate(request, found, query, by=["id"], descending=True)
        return JsonResponse(DeliveryPageSerializer(page).data)


class DeliveryView(ApiView):
    """`/api/webhook/{id}/delivery/{delivery}/`"""

    @documented(
        TAG,
        "Read a delivery",
        parameters=[ID, DELIVERY],
        responses={200: DeliveryDetailSerializer},
        errors=[NotAllowed, NotFound],
    )
    def get(self, request: Request, id: int, delivery: int) -> JsonResponse:
        """For admins. With what was sent, and the beginning of the last answer."""
        actor = require_person(request.user)
        found, event = webhooks.get_delivery(actor=actor, webhook_id=id, delivery_id=delivery)
        return JsonResponse(_detail(found, event))


class RetryView(ApiView):
    """`/api/webhook/{id}/delivery/{delivery}/retry/`"""

    @documented(
        TAG,
        "Try a delivery again",
        parameters=[ID, DELIVERY],
        responses={202: DeliverySerializer},
        errors=[NotAllowed, NotFound, WebhookDisabled, *_NO_BODY],
    )
    def post(self, request: Request, id: int, delivery: int) -> JsonResponse:
        """For admins. Tries it now, also if it was delivered or given up, and then as often as a new one. The call
        needs no body."""
        StrictSerializer.read(request)
        actor = require_person(request.user)
        return _accepted(request, webhooks.retry(actor=actor, webhook_id=id, delivery_id=delivery))


def _accepted(request: Request, delivery: Delivery) -> JsonResponse:
    where = links.absolute(request, reverse("delivery", args=[delivery.webhook_id, delivery.pk]))
    return JsonResponse(DeliverySerializer(delivery).data, status=202, headers={"Location": where})


def _detail(delivery: Delivery, event: Event | None) -> dict[str, Any]:
    sent = message(delivery, event).decode()
    return {**DeliverySerializer(delivery).data, "sent": sent, "answer": delivery.answer}
