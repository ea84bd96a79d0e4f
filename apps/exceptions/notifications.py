"""Errors about messages to people."""

from apps.exceptions.base import ToGoError


class MessagesOff(ToGoError):
    """This ToGo sends no messages, because its operator has named no mail server."""

    code, status, title = "messages_off", 409, "Messages are off"


class AddressNotConfirmed(ToGoError):
    """The person has no address that takes messages: none at all, or none whose link was followed."""

    code, status, title = "address_not_confirmed", 409, "The address isn't confirmed"
