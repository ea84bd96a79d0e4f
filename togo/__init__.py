"""The project: settings, routes, servers and the Celery app."""

from togo.celery import app

__all__ = ["app"]
