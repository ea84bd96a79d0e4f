"""Health, metrics, documentation, and addresses that don't exist."""

from tests.access.rows import ANY, each
from tests.access.table.values import NOTHING

OPEN = [
    each("GET", "/health/live/", "200"),
    each("GET", "/health/ready/", "200"),
    each("GET", "/metrics", NOTHING, case="if `TOGO_METRICS_TOKEN` isn't set"),
    each("GET", "/api/version/", "200"),
    each("GET", "/api/schema/", "200"),
    each("GET", "/api/docs/", "200"),
    each("GET", "/api/redocs/", "200"),
    each("GET", "/api/redocs/redoc.js", "200"),
    each("GET", "/errors/", "200"),
    each("GET", "/styleguide/", "404"),
    each("GET", "/.well-known/security.txt", "404"),
    each(ANY, "/api/", NOTHING),
    each(ANY, "/api/{rest}", NOTHING, case="any other path"),
]
