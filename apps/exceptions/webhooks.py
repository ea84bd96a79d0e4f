"""Errors about webhooks."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class WebhookUrlRefused(ToGoError):
    """The URL leads to an `address` that ToGo doesn't call unless the `setting` names its network."""

    code, status, title = "webhook_url_refused", 400, _("ToGo doesn't call this address")


class WebhookDisabled(ToGoError):
    """The webhook is disabled, so nothing is sent to it."""

    code, status, title = "webhook_disabled", 409, _("The webhook is disabled")


class TooManyWebhooks(ToGoError):
    """There are as many webhooks (`maximum`) as there may be."""

    code, status, title = "too_many_webhooks", 409, _("There are too many webhooks")
