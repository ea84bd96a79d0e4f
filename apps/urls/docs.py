"""Routes of the pages for readers."""

from csp.decorators import csp_update
from django.urls import path
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from apps.views import docs

# These two programs write inline styles; no other page may.
styled = csp_update({"style-src": ["'unsafe-inline'"]})

urlpatterns = [
    path("errors/", docs.errors),
    path("styleguide/", docs.styleguide),
    path(".well-known/security.txt", docs.security_txt),
    path("api/schema/", docs.SchemaView.as_view(), name="schema"),
    path("api/docs/", styled(SpectacularSwaggerSplitView.as_view(url_name="schema"))),
    path("api/redocs/redoc.js", docs.redoc_script, name="redoc-script"),
    path("api/redocs/", styled(SpectacularRedocView.as_view(url_name="schema"))),
]
