"""Routes of API keys, below `/api/users/`."""

from django.urls import path

from apps.views.api_keys import ApiKeysView, ApiKeyView

urlpatterns = [
    path("api-key/", ApiKeysView.as_view()),
    path("api-key/<id:id>/", ApiKeyView.as_view(), name="api-key"),
]
