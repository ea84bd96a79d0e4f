"""Forms of the page of plans."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.forms.base import DayInput
from apps.services.distributions import pile
from apps.services.distributions.pile import PileRow
from apps.services.planner.problem import EARLIEST, EVEN

# More rows than this are shown as text.
ROWS_SHOWN = 40
_BLANK_ROWS = 3


class PlanForm(forms.Form):
    """Whom and when, and what counts. The rows of the pile have fields of the same names: `rows` reads them."""

    paste = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        label=_("Paste from a spreadsheet"),
        help_text=_("A task on each line: task, count, effort, who, from, to. All but the task may be empty."),
    )
    who = forms.CharField(
        required=False,
        max_length=20_000,
        label=_("People"),
        help_text=_("Usernames with blanks between them. Empty means everybody."),
    )
    date_from = forms.DateField(label=_("From"), widget=DayInput())
    date_to = forms.DateField(label=_("To"), widget=DayInput())
    objective = forms.ChoiceField(
        label=_("What counts"),
        widget=forms.RadioSelect,
        choices=[(EVEN, _("Share it evenly")), (EARLIEST, _("As early as possible"))],
        initial=EVEN,
    )


class ApplyForm(forms.Form):
    """How a plan is accepted."""

    mode = forms.ChoiceField(choices=[("all", "all"), ("each", "each")])


class ProposalForm(forms.Form):
    """Which page of a proposal is shown."""

    page = forms.IntegerField(required=False, min_value=1, max_value=10**6)


def rows_in(data: QueryDict) -> list[PileRow]:
    """The rows of the pile that a form sends, with those of the pasted text; without empty ones."""
    columns = [data.getlist(f"row_{name}") for name in pile.COLUMNS]
    # Browsers send all columns; of a form that somebody wrote by hand, only complete rows count.
    typed = [PileRow(*(cell.strip() for cell in cells)) for cells in zip(*columns, strict=False)]
    return [row for row in typed if any(row)] + pile.pasted(data.get("paste", ""))


def shown(rows: list[PileRow]) -> dict[str, Any]:
    """The pile as a form shows it: its rows and some blank ones, or as a text if there are many."""
    if len(rows) > ROWS_SHOWN:
        return {"rows": _BLANK_ROWS * [PileRow("")], "paste": pile.written(rows)}
    return {"rows": rows + _BLANK_ROWS * [PileRow("")], "paste": ""}
