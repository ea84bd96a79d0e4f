"""Sentences that jobs store in English, and that pages put into the reader's language: see `retelling.py`.

Without Django, because the program for channels starts without it.
"""


def gettext_noop(text: str) -> str:
    """Mark a text for the catalogues, by the name that their collector looks for."""
    return text


NO_ANSWER = gettext_noop("There was no complete answer within %(seconds)s seconds.")
NO_ADDRESS = gettext_noop("The host has no address: %(why)s.")
NO_HTTP = gettext_noop("The answer is not HTTP: %(why)s.")
NO_CONNECTION = gettext_noop("There is no connection: %(why)s.")
NO_TLS = gettext_noop("There is no TLS connection: %(why)s.")
BAD_CERTIFICATE = gettext_noop("The certificate isn't valid: %(why)s.")
CLOSED = gettext_noop("The connection was closed before the answer.")
ANSWERED = gettext_noop("The receiver answered %(status)s.")
NO_EVENT = gettext_noop("Its event is no longer in the history.")
URL_LEADS_TO = gettext_noop(
    "The URL leads to %(address)s, which is not a public address. %(setting)s can allow its network."
)
CHANNEL_LEADS_TO = gettext_noop(
    "It leads to %(address)s, which is not a public address. %(setting)s can allow its network."
)
NOT_TAKEN = gettext_noop("The service didn't take the message.")
NO_CHANNEL = gettext_noop("ToGo doesn't send to such a channel any more.")
CANT_SEND = gettext_noop("The message can't be sent: %(why)s.")
NO_TASKMASTER = gettext_noop("%(person)s is no taskmaster any more, or is deactivated.")
IN_THE_LOG = gettext_noop("Something went wrong here; the operator finds it in the log.")

# Reasons within such sentences.
NOT_YET_VALID = gettext_noop("it isn't valid yet")
EXPIRED = gettext_noop("it has expired")
SIGNED_BY_ITSELF = gettext_noop("it is signed by itself")
UNKNOWN_AUTHORITY = gettext_noop("this machine doesn't trust the authority that signed it")
OTHER_HOST = gettext_noop("it is for another host than %(host)s")
INVALID_NAME = gettext_noop("its name is not valid")
# Those of the operating system that are seen most.
_OF_THE_SYSTEM = (
    gettext_noop("Connection refused"),
    gettext_noop("Connection reset by peer"),
    gettext_noop("Connection timed out"),
    gettext_noop("Network is unreachable"),
    gettext_noop("No route to host"),
    gettext_noop("Name or service not known"),
    gettext_noop("No address associated with hostname"),
    gettext_noop("Temporary failure in name resolution"),
)

SENTENCES = (
    *(NO_ANSWER, NO_ADDRESS, NO_HTTP, NO_CONNECTION, NO_TLS, BAD_CERTIFICATE, CLOSED, ANSWERED, NO_EVENT),
    *(URL_LEADS_TO, CHANNEL_LEADS_TO, NOT_TAKEN, NO_CHANNEL, CANT_SEND, NO_TASKMASTER, IN_THE_LOG),
    *(NOT_YET_VALID, EXPIRED, SIGNED_BY_ITSELF, UNKNOWN_AUTHORITY, OTHER_HOST, INVALID_NAME, *_OF_THE_SYSTEM),
)
