"""Routes of the admin pages."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from apps.views.sessions import PasswordView

urlpatterns = [
    # One way to sign in, with one protection.
    path("admin/login/", RedirectView.as_view(pattern_name="sign-in", query_string=True)),
    path("admin/password_change/", admin.site.admin_view(PasswordView.as_view(), cacheable=True)),
    path("admin/", admin.site.urls),
]
