"""Routes of signing in with OpenID Connect."""

from django.urls import path

from apps.views import oidc

urlpatterns = [
    path("sign-in/oidc/", oidc.sign_in, name="oidc"),
    path("sign-in/oidc/callback/", oidc.callback, name="oidc-callback"),
    path("account/sign-ins/", oidc.link, name="link-sign-in"),
    path("account/sign-ins/<id:id>/unlink/", oidc.unlink, name="unlink-sign-in"),
]
