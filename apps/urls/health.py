"""Routes for operators."""

from django.urls import path

from apps.views.health import LivenessView, ReadinessView

urlpatterns = [
    path("health/live/", LivenessView.as_view()),
    path("health/ready/", ReadinessView.as_view()),
]
