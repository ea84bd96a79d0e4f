"""People, tasks and limits, read from ToGo's tables; assignments and events, with tables of their own."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models


class User(AbstractBaseUser):
    """A person."""

    username = models.CharField(max_length=150, unique=True)
    is_active = models.BooleanField(default=True)
    is_taskmaster = models.BooleanField(default=False)

    USERNAME_FIELD = "username"

    class Meta:
        managed = False
        db_table = "togo_user"


class Task(models.Model):
    """A task of the catalogue."""

    name = models.CharField(max_length=255)
    is_active = models.BooleanField(default=True)

    class Meta:
        managed = False
        db_table = "togo_task"


class DailyLimit(models.Model):
    """The most tasks that a person may be given on a date."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    date = models.DateField()
    maximum = models.PositiveSmallIntegerField()

    class Meta:
        managed = False
        db_table = "togo_dailylimit"


class Assignment(models.Model):
    """One task for one person on one date."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE)
    taskmaster = models.ForeignKey(User, on_delete=models.CASCADE, related_name="given")
    date = models.DateField()
    status = models.CharField(max_length=4, default="open")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "date", "task"], name="drf_peer_once")]


class Event(models.Model):
    """An entry of the history."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(User, on_delete=models.CASCADE)
    kind = models.CharField(max_length=16)
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE)
