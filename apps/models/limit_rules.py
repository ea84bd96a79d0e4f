"""The rules that daily limits are picked from."""

import datetime

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import F, Q
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.models.prepared_statements import as_date, rows

HIGHEST_MAXIMUM = 10_000
# Of a rule, and of a limit that was set by hand; in characters.
LONGEST_REASON = 255

# The columns that a picker needs.
_FIELDS = ["id", "user_id", "weekday", "date_from", "date_to", "maximum", "reason"]
_FOR_PERSON = f"""SELECT {", ".join(_FIELDS)} FROM togo_limitrule
    WHERE (user_id IS NULL OR user_id = %(user)s)
        AND (date_from IS NULL OR date_from <= %(last)s) AND (date_to IS NULL OR date_to >= %(first)s)"""  # noqa: S608


class Weekday(models.IntegerChoices):
    """Monday is 0, as in Python's `date.weekday()`."""

    MONDAY = 0, WEEKDAYS[0]
    TUESDAY = 1, WEEKDAYS[1]
    WEDNESDAY = 2, WEEKDAYS[2]
    THURSDAY = 3, WEEKDAYS[3]
    FRIDAY = 4, WEEKDAYS[4]
    SATURDAY = 5, WEEKDAYS[5]
    SUNDAY = 6, WEEKDAYS[6]


class LimitRuleQuerySet(models.QuerySet["LimitRule"]):
    """Reads of rules."""

    def for_person(self, user_id: int, first: datetime.date, last: datetime.date) -> "list[LimitRule]":
        """The rules for this person's days from `first` to `last`. Every refusal reads them."""
        found = rows(_FOR_PERSON, {"user": user_id, "first": first, "last": last})
        return [
            LimitRule.from_db(
                DEFAULT_DB_ALIAS, _FIELDS, [*whose, as_date(date_from), as_date(date_to), maximum, reason]
            )
            for *whose, date_from, date_to, maximum, reason in found
        ]

    def of_everyone(self, first: datetime.date, last: datetime.date) -> "LimitRuleQuerySet":
        """The rules for everyone on certain dates, if some of them are from `first` to `last`."""
        return self.filter(user__isnull=True, weekday__isnull=True, date_from__lte=last, date_to__gte=first)


class LimitRule(models.Model):
    """A maximum for one person or everyone, for one weekday or all, in a range of dates, since, until or for ever.

    It expresses a person's plain limit, a weekly pattern, a holiday (everyone, a range, 0) and a day off (one person,
    a range, 0). The most specific rule wins: person + range → everyone + range → person + weekday → everyone + weekday
    → person → everyone. A range has both dates.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="limit_rules",
        null=True,
        blank=True,
        help_text=_("Empty means everyone."),
    )
    weekday = models.PositiveSmallIntegerField(
        null=True, blank=True, choices=Weekday.choices, help_text=_("Empty means every day.")
    )
    date_from = models.DateField(null=True, blank=True, help_text=_("The first day. Empty means no beginning."))
    date_to = models.DateField(null=True, blank=True, help_text=_("The last day. Empty means no end."))
    maximum = models.PositiveSmallIntegerField(validators=[MaxValueValidator(HIGHEST_MAXIMUM)])
    reason = models.CharField(
        max_length=LONGEST_REASON, blank=True, help_text=_("Shown with every refusal because of this limit.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # The version of the rules that the last change of this rule made, and when all days from today on had been picked
    # with that version.
    version = models.BigIntegerField(editable=False)
    applied_at = models.DateTimeField(null=True, editable=False)

    objects = LimitRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__isnull=True) | Q(weekday__lte=6), name="togo_rule_weekday"),
            models.CheckConstraint(condition=Q(maximum__lte=HIGHEST_MAXIMUM), name="togo_rule_maximum"),
            models.CheckConstraint(
                condition=Q(date_from__isnull=True) | Q(date_to__isnull=True) | Q(date_from__lte=F("date_to")),
                name="togo_rule_dates_in_order",
            ),
        ]

    @property
    def names_days(self) -> bool:
        """Whether its reason is the name of its days, such as “Christmas Day”: it takes them off for everyone, or is
        for a single date."""
        is_for_dates = not self.user_id and self.weekday is None and self.date_from and self.date_to
        return bool(is_for_dates and self.reason and (not self.maximum or self.date_from == self.date_to))

    def __str__(self) -> str:
        text = gettext("%(maximum)d for %(who)s, %(when)s") % {
            "maximum": self.maximum,
            "who": self.user.username if self.user else gettext("everyone"),
            "when": self.get_weekday_display() if self.weekday is not None else gettext("every day"),
        }
        if self.date_from is None and self.date_to is None:
            return text
        dates = [date_format(date) if date else "…" for date in (self.date_from, self.date_to)]
        return f"{text} ({' – '.join(dict.fromkeys(dates))})"


class RulesVersion(models.Model):
    """One row that counts the changes of the rules. Each day keeps the version that its limit was picked with."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    version = models.BigIntegerField(default=1)
    # All days from today on have been picked with this version or a newer one.
    applied = models.BigIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="togo_rules_version_only_one")]

    def __str__(self) -> str:
        return str(self.version)
