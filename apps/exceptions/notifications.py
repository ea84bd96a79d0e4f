"""Errors about messages to people."""

from django.utils.translation import gettext_lazy as _

from apps.exceptions.base import ToGoError


class MessagesOff(ToGoError):
    """This ToGo sends no messages this way, because its operator has named no mail server, or no services for
    channels."""

    code, status, title = "messages_off", 409, _("Messages are off")


class ChannelRefused(ToGoError):
    """The channel leads to an `address` that ToGo doesn't call unless the `setting` names its network."""

    code, status, title = "channel_refused", 400, _("ToGo doesn't call this channel")


class AddressNotConfirmed(ToGoError):
    """The person has no address that takes messages: none at all, or none whose link was followed."""

    code, status, title = "address_not_confirmed", 409, _("The address isn't confirmed")
