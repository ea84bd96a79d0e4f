"""Route for Prometheus."""

from django.urls import path

from apps.views.metrics import show

urlpatterns = [path("metrics", show)]
