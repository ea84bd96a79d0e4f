"""Admin pages, for admins. No rules here: every change goes through the services."""

from django.contrib import admin
from django.contrib.auth.models import Group
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from apps.admin import limit_rules, limits, tasks, users
from apps.admin.names import name_all

__all__ = ["limit_rules", "limits", "tasks", "users"]

admin.site.site_header = admin.site.site_title = "ToGo"
# Four tables need no list of them beside each.
admin.site.enable_nav_sidebar = False
name_all()
# Roles are two ticks on a person, and tokens are nobody's to look at.
for model in (Group, BlacklistedToken, OutstandingToken):
    admin.site.unregister(model)
