"""Messages to people and webhooks to programs, and their pages."""

from typing import Any

from tests.access.rows import NONE, Row, api, each, page
from tests.access.table.values import DONE, FORBIDDEN, NOTHING

_NOTIFICATION = "/api/users/me/notification/"

MESSAGES = [
    api("GET", _NOTIFICATION, "200", NONE, "200", "200", own=True),
    api(
        "PATCH",
        _NOTIFICATION,
        *("200", NONE, "200", "200"),
        own=True,
        sends={"events": {"assigned": "off"}},
        no_key=True,
    ),
]

_WEBHOOK = "/api/webhook/{id}/"

_DELIVERY = f"{_WEBHOOK}delivery/{{delivery}}/"

_NEW_WEBHOOK = {"url": "https://93.184.215.14/", "events": ["*"]}


def _only_admins(method: str, path: str, answer: str, **more: Any) -> Row:
    return api(method, path, NONE, FORBIDDEN, FORBIDDEN, answer, **more)


WEBHOOKS = [
    _only_admins("GET", "/api/webhook/", "200"),
    _only_admins("POST", "/api/webhook/", "201", sends=_NEW_WEBHOOK),
    _only_admins("GET", _WEBHOOK, "200", thing="webhook"),
    _only_admins("GET", _WEBHOOK, NOTHING, case="doesn't exist", thing="missing"),
    _only_admins("PATCH", _WEBHOOK, "200", thing="webhook", sends={"enabled": False}),
    _only_admins("PATCH", _WEBHOOK, NOTHING, case="doesn't exist", thing="missing", sends={"enabled": False}),
    _only_admins("DELETE", _WEBHOOK, "204", thing="webhook"),
    _only_admins("POST", f"{_WEBHOOK}rotate/", "200", thing="webhook"),
    _only_admins("POST", f"{_WEBHOOK}test/", "202", thing="webhook"),
    _only_admins("GET", f"{_WEBHOOK}delivery/", "200", thing="webhook"),
    _only_admins("GET", _DELIVERY, "200", thing="webhook"),
    _only_admins("GET", _DELIVERY, NOTHING, case="another webhook's", thing="missing"),
    _only_admins("POST", f"{_DELIVERY}retry/", "202", thing="webhook"),
]

MESSAGE_PAGES = [
    page("GET", "/account/messages/", "200", NONE, "200", "200", own=True),
    page(
        "POST",
        "/account/messages/",
        *("302 /", NONE, "302 /", "302 /"),
        own=True,
        sends={"assigned": "off", "moved": "now", "unassigned": "now", "returned": "now"},
    ),
    page("POST", "/account/messages/test/", "409", NONE, "409", "409", own=True, case="while messages are off"),
    page("POST", "/account/messages/confirm/", "302 /", NONE, "302 /", "302 /", own=True, case="without an address"),
    *(
        each(method, f"/messages/{what}/{{token}}/", "404", case="a forged link; a right one needs no sign-in")
        for what in ("confirm", "stop")
        for method in ("GET", "POST")
    ),
]

_HOOK = "/webhooks/{id}/"

_HOOK_DELIVERY = f"{_HOOK}delivery/{{delivery}}/"


def _only_admins_page(method: str, path: str, answer: str, **more: Any) -> Row:
    return page(method, path, NONE, "403", "403", answer, **more)


WEBHOOK_PAGES = [
    _only_admins_page("GET", "/webhooks/", "200"),
    _only_admins_page("POST", "/webhooks/", "200", sends=_NEW_WEBHOOK),
    _only_admins_page("GET", _HOOK, "200", thing="webhook"),
    _only_admins_page("GET", _HOOK, "404", case="doesn't exist", thing="missing"),
    _only_admins_page("POST", _HOOK, DONE, thing="webhook", sends=_NEW_WEBHOOK),
    _only_admins_page("POST", f"{_HOOK}rotate/", "200", thing="webhook"),
    _only_admins_page("POST", f"{_HOOK}test/", "302 /webhooks/{id}/delivery/{id}/", thing="webhook"),
    _only_admins_page("POST", f"{_HOOK}remove/", "302 /webhooks/", thing="webhook"),
    _only_admins_page("GET", _HOOK_DELIVERY, "200", thing="webhook"),
    _only_admins_page("GET", _HOOK_DELIVERY, "404", case="another webhook's", thing="missing"),
    _only_admins_page("POST", f"{_HOOK_DELIVERY}retry/", "302 /webhooks/{id}/delivery/{id}/", thing="webhook"),
]
