"""Routes of signing in, below `/api/users/`."""

from django.urls import path

from apps.views.tokens import TokenRefreshView, TokenRevokeView, TokenView

urlpatterns = [
    path("token/", TokenView.as_view()),
    path("token/refresh/", TokenRefreshView.as_view()),
    path("token/revoke/", TokenRevokeView.as_view()),
]
