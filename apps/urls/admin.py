"""Routes of the admin pages."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from apps.views.sessions import PasswordView

urlpatterns = [
    # The admin pages use the same sign-in page, and so the same protection.
    path("admin/login/", RedirectView.as_view(pattern_name="sign-in", query_string=True)),
    path("admin/password_change/", admin.site.admin_view(PasswordView.as_view(), cacheable=True)),
    path("admin/", admin.site.urls),
]
