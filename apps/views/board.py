"""The board: a week of people's days, and everything that is done on it.

Every address answers with a whole page, so that all works without scripts; a script of the page gets the part of it
that changes. What may be done is decided by the services.
"""

import datetime
from collections.abc import Iterable
from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.assignments import DailyLimitReached
from apps.exceptions.base import InvalidRequest, ToGoError
from apps.forms.board import AssignForm, BoardForm, CellsForm, ChangeForm, DayForm, DaysOffForm
from apps.models import Task, User
from apps.services import assignments, board, bulk, limit_rules, limits, permissions, tasks
from apps.services.board import Cell
from apps.services.permissions import person
from apps.views.pages import back, is_fragment, page, refuse, valid
