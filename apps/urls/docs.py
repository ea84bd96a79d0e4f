"""Routes of the pages for readers."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

from apps.views import docs

urlpatterns = [
    path("errors/", docs.errors),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema")),
    path("api/redocs/", SpectacularRedocView.as_view(url_name="schema")),
]
