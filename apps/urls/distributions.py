"""Routes of distributions, below `/api/users/`."""

from django.urls import path

from apps.views.distributions import DistributionApplyView, DistributionsView

urlpatterns = [
    path("distribution/", DistributionsView.as_view()),
    path("distribution/<id:id>/apply/", DistributionApplyView.as_view()),
]
