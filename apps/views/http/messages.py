"""Keeps the messages for the next page where only ToGo's pages get them."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpResponseBase


class _CookieBelowRoot(CookieStorage):
    def _store(self, messages: list[Any], response: HttpResponseBase, *args: Any, **kwargs: Any) -> list[Any]:
        """Django's own cookie is for all paths of the host."""
        left_out: list[Any] = super()._store(messages, response, *args, **kwargs)  # type: ignore[misc]  # the type hints leave it out
        if self.cookie_name in response.cookies:
            response.cookies[self.cookie_name]["path"] = settings.SESSION_COOKIE_PATH
        return left_out


class MessagesBelowRoot(FallbackStorage):
    """A cookie for the path below which ToGo is served; the session for messages that are too long for it."""

    storage_classes = (_CookieBelowRoot, SessionStorage)
