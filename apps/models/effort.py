"""Effort: how much of a day's limit a task takes."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

LOWEST_EFFORT, HIGHEST_EFFORT = 1, 1000
DEFAULT_EFFORT = 1


class EffortField(models.SmallIntegerField[int, int]):
    """How much of a day's limit something takes: a whole number from 1 to 1000, 1 by default.

    `TOGO_EFFORT_UNIT` names its unit. The database has the default too, for processes of older versions.
    """

    def __init__(self, **kwargs: Any) -> None:
        bounds = [MinValueValidator(LOWEST_EFFORT), MaxValueValidator(HIGHEST_EFFORT)]
        super().__init__(**{"default": DEFAULT_EFFORT, "db_default": DEFAULT_EFFORT, "validators": bounds, **kwargs})


def effort_within_bounds(name: str) -> models.CheckConstraint:
    """The constraint of this name by which the database keeps an effort within its bounds."""
    return models.CheckConstraint(condition=Q(effort__gte=LOWEST_EFFORT, effort__lte=HIGHEST_EFFORT), name=name)
