"""The program that speaks to channels: it answers each line of JSON that it reads with another one.

The first line is a `Setup`, and its answer says that Apprise is loaded. Each further one is a request, and its answer
has its number, what `Speaker` found, and the address that was `refused`, if one was.

Apprise has some two hundred services; loading them takes half a second and 50 MB. So this process lives as long as
there is something to send, and no other one loads them.
"""

import json
import logging
import mimetypes
import os
import resource
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from typing import Any, TextIO, TypedDict

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat, NotifyType, OverflowMode

from apps.services.channels import guard
from apps.services.shared import stored
from apps.services.shared.networks import Network

# How many messages are sent at the same time.
AT_ONCE = 5
# The most memory of this process, in bytes: an answer without end must not take the machine's.
_MEMORY = 512 * 1024 * 1024
_LONGEST_ERROR = 255


class Setup(TypedDict):
    """The services that may be used, the networks that may be called beside public ones, and ToGo's own address."""

    schemas: list[str]
    allowed: list[str]
    link: str


class Speaker:
    """Checks the URLs of channels, and sends to them."""

    def __init__(self, setup: Setup) -> None:
        self._schemas = set(setup["schemas"])
        self._allowed: list[Network] = [ip_network(network) for network in setup["allowed"]]
        self._asset = AppriseAsset(
            app_id="ToGo",
            app_desc="ToGo",
            app_url=setup["link"],
            image_url_mask="",
            image_url_logo="",
            async_mode=False,
            http_redirects=False,
            pgp_autogen=False,
            storage_mode="memory",
        )

    def stand_guard(self) -> None:
        """Load all services, and then guard this process."""
        Apprise.instantiate("json://localhost")
        mimetypes.init()
        guard.stand_guard(self._allowed)

    def check(self, url: str) -> dict[str, Any]:
        """`shown`, the URL without its secrets; or an `error`, a part of a sentence about the URL."""
        service = self._service(url)
        if service is None:
            return {"error": "is not an address that Apprise understands"}
        host = getattr(service, "host", None) if "host" in service.template_tokens else None
        try:
            for address in _resolve(host) if host else []:
                guard.require_allowed(address, self._allowed)
        except guard.Refused as refusal:
            return {"error": str(refusal)}
        except (OSError, UnicodeError):
            # The first message tells; some services know another host than this one.
            pass
        # Apprise has no type hints for this method.
        shown = str(service.url(privacy=True))  # type: ignore[no-untyped-call]
        return {"shown": shown.partition("?")[0][:_LONGEST_ERROR]}

    def send(self, url: str, title: str, body: str) -> dict[str, Any]:
        """Whether the message was `sent`, and the `error` if not."""
        service = self._service(url)
        if service is None:
            return {"sent": False, "error": stored.NO_CHANNEL}
        service.overflow_mode = OverflowMode.SPLIT
        sender = Apprise(asset=self._asset)
        sender.add(service)
        result = sender.notify(
            body=body,
            title=title,
            notify_type=NotifyType.INFO,
            body_format=NotifyFormat.TEXT,
            log_level=logging.WARNING,
        )
        logged = " ".join(" ".join(entry.message.split()) for entry in result.logs())
        return {"sent": bool(result), "error": logged[:_LONGEST_ERROR]}

    def _service(self, url: str) -> NotifyBase | None:
        """What Apprise makes of the URL, if its service may be used."""
        if url.partition("://")[0].lower() not in self._schemas:
            return None
        return Apprise.instantiate(url, asset=self._asset)


def _resolve(host: str) -> set[str]:
    return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}


def serve(lines: TextIO, answers: TextIO) -> None:
    """Answer the requests, some at the same time."""
    speaker = Speaker(json.loads(next(lines)))
    speaker.stand_guard()
    turn = threading.Lock()

    def answer(request: dict[str, Any]) -> None:
        work = speaker.check if request["do"] == "check" else speaker.send
        refused: list[str] = []
        guard.refused.set(refused)
        try:
            found = work(**request["with"])
        except Exception as error:
            # A service of Apprise has failed in a way of its own; the next message isn't concerned.
            found = {"sent": False, "error": stored.CANT_SEND % {"why": type(error).__name__}}
        with turn:
            _write(answers, {"number": request["number"], "refused": refused[-1:], **found})

    _write(answers, {"ready": True})
    pool = ThreadPoolExecutor(AT_ONCE)
    for line in lines:
        pool.submit(answer, json.loads(line))


def _write(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    # What a service prints is no answer.
    own = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(sys.stdin, own)
    # Threads may still wait for a receiver; nobody waits for them.
    os._exit(0)
