"""ToGo's only Django app, whose label `togo` begins the tables' names, and its version of Django's admin."""

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext


class ToGoConfig(AppConfig):
    """Connects the parts that Django doesn't find by itself: jobs, database sessions and system checks."""

    name = "apps"
    label = "togo"
    verbose_name = "ToGo"

    def ready(self) -> None:
        """Connect the jobs to the services' signals, prepare each new database session, and register the checks."""
        from django.db.backends.signals import connection_created

        from apps import checks, tasks  # noqa: F401
        from apps.models.database_sessions import prepare_session

        connection_created.connect(prepare_session)


class AdminSite(admin.AdminSite):
    """The admin pages."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person is an admin.

        Raises `PermissionDenied` for a signed-in person who is no admin, so that Django doesn't ask them to sign in.
        """
        if super().has_permission(request):
            return True
        if request.user.is_authenticated:
            raise PermissionDenied(gettext("The admin pages are for admins."))
        return False


class ToGoAdminConfig(AdminConfig):
    """Makes `admin.site` ToGo's admin site."""

    default_site = "apps.apps.AdminSite"
