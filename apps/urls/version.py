"""Route of the version, below `/api/`."""

from django.urls import path

from apps.views.version import VersionView

urlpatterns = [path("version/", VersionView.as_view())]
