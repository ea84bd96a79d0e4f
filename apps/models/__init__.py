"""Tables, their constraints and indexes, and how they are read."""

from apps.models.api_keys import ApiKey
from apps.models.archive import Archive, ArchivedDay, ArchivedWork, ArchiveFile
from apps.models.assignments import Assignment
from apps.models.attempts import PasswordTries
from apps.models.board import FavouriteTask, SavedView
from apps.models.calendar import CalendarLink
from apps.models.distributions import Distribution
from apps.models.events import Event
from apps.models.health import JobRun
from apps.models.idempotency import IdempotencyKey
from apps.models.imports import Import, ImportBlock, ImportClaim
from apps.models.limit_rules import LimitRule, RulesVersion
from apps.models.limits import DailyLimit, LimitDay
from apps.models.notifications import Channel, Message, Notification
from apps.models.oidc import Identity
from apps.models.reading import Lease, ReadingPosition
from apps.models.returns import ReturnedTask
from apps.models.second_factors import RecoveryCode, SecondFactor
from apps.models.series import Occurrence, Series, SeriesTurn
from apps.models.sessions import BrowserSession
from apps.models.tasks import Task
from apps.models.users import User
from apps.models.waiting import WaitingEntry
from apps.models.webhooks import Delivery, Webhook, WebhookSecret

__all__ = [
    "ApiKey",
    "Archive",
    "ArchiveFile",
    "ArchivedDay",
    "ArchivedWork",
    "Assignment",
    "BrowserSession",
    "CalendarLink",
    "Channel",
    "DailyLimit",
    "Delivery",
    "Distribution",
    "Event",
    "FavouriteTask",
    "IdempotencyKey",
    "Identity",
    "Import",
    "ImportBlock",
    "ImportClaim",
    "JobRun",
    "Lease",
    "LimitDay",
    "LimitRule",
    "Message",
    "Notification",
    "Occurrence",
    "PasswordTries",
    "ReadingPosition",
    "RecoveryCode",
    "ReturnedTask",
    "RulesVersion",
    "SavedView",
    "SecondFactor",
    "Series",
    "SeriesTurn",
    "Task",
    "User",
    "WaitingEntry",
    "Webhook",
    "WebhookSecret",
]
