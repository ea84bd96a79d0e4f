"""Errors about webhooks."""

from apps.exceptions.base import ToGoError


class WebhookUrlRefused(ToGoError):
    """The URL leads to an `address` that ToGo doesn't call unless the `setting` names its network."""

    code, status, title = "webhook_url_refused", 400, "ToGo doesn't call this address"


class WebhookDisabled(ToGoError):
    """The webhook is disabled, so nothing is sent to it."""

    code, status, title = "webhook_disabled", 409, "The webhook is disabled"


class TooManyWebhooks(ToGoError):
    """There are as many webhooks (`maximum`) as there may be."""

    code, status, title = "too_many_webhooks", 409, "There are too many webhooks"
