"""Routes of the page of plans."""

from django.urls import path

from apps.views import planning

urlpatterns = [
    path("plan/", planning.pile),
    path("plan/<id:id>/", planning.proposal, name="plan"),
    path("plan/<id:id>/apply/", planning.apply),
]
