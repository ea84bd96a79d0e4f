"""Every setting, read once from the environment. docs/settings.md lists them in a table.

If nothing is set, ToGo runs *embedded*: with SQLite and a secret key of its own in TOGO_HOME, for its own machine.
If `DATABASE_URL` is set, it is an installation that others reach, and needs a secret key and its host names.
"""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from togo import env, openapi, private
from togo.browsers import CONTENT_SECURITY_POLICY  # noqa: F401  (a setting)
from togo.celery.schedule import BEAT_SCHEDULE
from togo.databases import as_replica, with_connection_settings
from togo.env.sign_ins import require_whole_provider
from togo.logs import log_settings
from togo.pages import LANGUAGES, TEMPLATES  # noqa: F401  (settings)
from togo.version import API_VERSION, VERSION

# Lets Django's generic classes be written with their parameters, for the type checker.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
TOGO_HOME = env.folder("TOGO_HOME", BASE_DIR / "var")
TOGO_LOG_DIR = env.folder("TOGO_LOG_DIR", BASE_DIR / "logging")
TOGO_EMBEDDED = not env.is_set("DATABASE_URL")
if TOGO_EMBEDDED:
    private.hide_from_others(TOGO_HOME, TOGO_LOG_DIR)
# Granian and other servers read these two themselves.
env.no_path("SCRIPT_NAME")
env.no_path("GRANIAN_URL_PATH_PREFIX")
# Where people and programs reach ToGo, with a slash at its end; empty if only the host of each request tells.
TOGO_PUBLIC_URL = env.public_url("TOGO_PUBLIC_URL")
_public = urlsplit(TOGO_PUBLIC_URL)
TOGO_HTTPS = env.boolean("TOGO_HTTPS", default=_public.scheme == "https")
if TOGO_HTTPS and _public.scheme == "http":
    raise ImproperlyConfigured("TOGO_PUBLIC_URL must begin with https:// if TOGO_HTTPS is on.")
# The path below which all routes are, such as /togo; empty if ToGo has the host for itself.
TOGO_ROOT = _public.path.rstrip("/")
TOGO_ORIGIN = TOGO_PUBLIC_URL.removesuffix(_public.path)
DEBUG = env.boolean("TOGO_DEBUG", default=False)
if DEBUG and not TOGO_EMBEDDED:
    raise ImproperlyConfigured("TOGO_DEBUG must be off with DATABASE_URL: error pages would show code and settings.")

# --- tasks and limits -------------------------------------------------------------------------------------------

TIME_ZONE = env.time_zone("TOGO_TIME_ZONE", "UTC")
TOGO_DEFAULT_DAILY_LIMIT = env.integer("TOGO_DEFAULT_DAILY_LIMIT", 5, low=0, high=10_000)
# The unit of efforts, a name only: empty for tasks, or such as "h" or "points".
TOGO_EFFORT_UNIT = env.unit("TOGO_EFFORT_UNIT")
TOGO_LIMIT_PICKER = env.limit_picker("TOGO_LIMIT_PICKER")
TOGO_ASSIGN_DAYS_AHEAD = env.integer("TOGO_ASSIGN_DAYS_AHEAD", 366, low=0, high=3660)
# For how many days the past is kept in the database; None for ever.
TOGO_KEEP_DAYS = env.keep_days("TOGO_KEEP_DAYS")
TOGO_SERIES_DAYS = env.integer("TOGO_SERIES_DAYS", 60, low=1, high=366)
TOGO_RATE_LIMIT = env.rate("TOGO_RATE_LIMIT", "200/s")
TOGO_IMPORT_MAX_BYTES = env.integer("TOGO_IMPORT_MAX_BYTES", 20_000_000, low=1000, high=1_000_000_000)
TOGO_IMPORT_MAX_ROWS = env.integer("TOGO_IMPORT_MAX_ROWS", 200_000, low=1, high=10_000_000)
# The networks beside public addresses that webhooks and channels may call.
TOGO_WEBHOOK_ALLOW = env.networks("TOGO_WEBHOOK_ALLOW")

# The mail server, as arguments of Django's SMTP backend, and Apprise's services for channels; empty if there are none.
TOGO_EMAIL_SERVER = env.email_server("TOGO_EMAIL_URL", links_to=TOGO_PUBLIC_URL)
TOGO_APPRISE_SCHEMAS = env.schemas("TOGO_APPRISE_SCHEMAS", links_to=TOGO_PUBLIC_URL)
DEFAULT_FROM_EMAIL = env.email_sender("TOGO_EMAIL_FROM", f"ToGo <togo@{_public.hostname or 'localhost'}>")

# The bearer token that /metrics asks for. Without one, only an embedded ToGo shows them, and only to its own machine.
TOGO_METRICS_TOKEN = env.text("TOGO_METRICS_TOKEN")

# --- Django -----------------------------------------------------------------------------------------------------

SECRET_KEY = env.secret_key("TOGO_SECRET_KEY", made_in=TOGO_HOME if TOGO_EMBEDDED else None)
# Keys before this one: what they signed stays valid until they are taken away.
SECRET_KEY_FALLBACKS = env.former_keys("TOGO_SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env.hosts("TOGO_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"] if TOGO_EMBEDDED else [])
if TOGO_PUBLIC_URL:
    ALLOWED_HOSTS.append(_public.netloc.removesuffix(f":{_public.port}"))
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "TOGO_ALLOWED_HOSTS must name the hosts by which clients reach ToGo, such as togo.example.org; or set "
        "TOGO_PUBLIC_URL."
    )
if "*" in ALLOWED_HOSTS and not TOGO_EMBEDDED:
    raise ImproperlyConfigured(
        "TOGO_ALLOWED_HOSTS must name hosts, not *, with DATABASE_URL: else a caller decides where links lead."
    )

INSTALLED_APPS = [
    "apps.apps.ToGoAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    # Last, so that its admin pages can remove pages that the others register.
    "apps.apps.ToGoConfig",
]
MIDDLEWARE = [
    "togo.logs.RequestIdMiddleware",
    "apps.views.metrics.MetricsMiddleware",
    # Answers API calls; what follows it is for pages.
    "apps.views.http.calls.CallMiddleware",
    "apps.views.http.middleware.GZipForPages",
    "apps.views.http.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.views.http.middleware.LanguageForPages",
    "apps.views.http.middleware.SessionUseForPages",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "apps.views.http.middleware.PolicyForPages",
    "apps.views.http.middleware.TryAgainForPages",
    # Last, so that its answers get everything that the others add.
    "apps.views.http.rate_limits.PageRateLimitMiddleware",
]
ROOT_URLCONF = "togo.urls"
WSGI_APPLICATION = "togo.wsgi.application"
AUTH_USER_MODEL = "togo.User"
PASSWORD_HASHERS = ["apps.models.passwords.Argon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
USE_TZ = USE_I18N = True
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "togo.formats"
# An app's texts lose against those of the apps before it, such as "Save" of the admin pages; these win.
LOCALE_PATHS = [BASE_DIR / "apps" / "locale"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Django's `reverse` puts it before every path.
FORCE_SCRIPT_NAME = TOGO_ROOT or None
STATIC_URL = f"{TOGO_ROOT}/static/"
# Static files are served from where they are installed: nobody has to run collectstatic before a start.
WHITENOISE_USE_FINDERS = True
# The URL of a static file changes with its content, so browsers may keep the file for a year.
WHITENOISE_MAX_AGE = 31_536_000
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "apps.views.http.static.VersionedStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
# The longest body that a call may have, in bytes.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# The proxies in front of ToGo; ToGo believes them which address a request comes from.
TOGO_TRUSTED_PROXIES = env.networks("TOGO_TRUSTED_PROXIES")
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TOGO_HTTPS
_root = re.escape(f"{TOGO_ROOT}/".removeprefix("/"))
SECURE_REDIRECT_EXEMPT = [rf"^({_root})?health/", rf"^({_root})?metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TOGO_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if TOGO_HTTPS else 0
# Below a path, the host and its subdomains belong to others, too.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = TOGO_HTTPS and not TOGO_ROOT
# Where to report a weakness, for /.well-known/security.txt: a mailto: or https: address.
TOGO_SECURITY_CONTACT = env.contact("TOGO_SECURITY_CONTACT")
SECURE_REFERRER_POLICY = "same-origin"
# The proxy may hand on another host than the one in the browser's address.
CSRF_TRUSTED_ORIGINS = [TOGO_ORIGIN] if TOGO_ORIGIN else []
# No script can read the cookies. With HTTPS the prefix __Host- binds them to this host, and to HTTPS. It allows no
# path, so below a path __Secure- binds them to HTTPS, and the path keeps them from others on the host.
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{TOGO_ROOT}/"
_prefix = ("__Secure-" if TOGO_ROOT else "__Host-") if TOGO_HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_prefix}sessionid", f"{_prefix}csrftoken"
SESSION_ENGINE = "apps.models.sessions"
MESSAGE_STORAGE = "apps.views.http.messages.MessagesBelowRoot"
X_FRAME_OPTIONS = "DENY"
LOGIN_URL = "sign-in"
CSRF_FAILURE_VIEW = "apps.views.http.pages.stale"

# --- signing in -------------------------------------------------------------------------------------------------

# Who may use a password: everybody (`on`), only admins (`admins`), or nobody (`off`).
TOGO_PASSWORDS = env.choice("TOGO_PASSWORDS", "on", ["on", "admins", "off"])
TOGO_OIDC_ISSUER = env.issuer("TOGO_OIDC_ISSUER")
TOGO_OIDC_CLIENT_ID = env.text("TOGO_OIDC_CLIENT_ID")
TOGO_OIDC_CLIENT_SECRET = env.secret("TOGO_OIDC_CLIENT_SECRET")
TOGO_OIDC_SCOPES = env.scopes("TOGO_OIDC_SCOPES", "openid profile email")
TOGO_OIDC_GROUPS_CLAIM = env.text("TOGO_OIDC_GROUPS_CLAIM", "groups")
TOGO_OIDC_ADMIN_GROUPS = env.words("TOGO_OIDC_ADMIN_GROUPS")
TOGO_OIDC_TASKMASTER_GROUPS = env.words("TOGO_OIDC_TASKMASTER_GROUPS")
TOGO_OIDC_SIGNUP = env.boolean("TOGO_OIDC_SIGNUP", default=True)
TOGO_OIDC_NAME = env.text("TOGO_OIDC_NAME", "single sign-on")
require_whole_provider(globals())

# --- the database -----------------------------------------------------------------------------------------------

# `auto` or `off`; `?prepare_statements=` in DATABASE_URL takes precedence.
TOGO_PREPARE_STATEMENTS = env.choice("TOGO_PREPARE_STATEMENTS", "auto", ["auto", "off"])
# For how many seconds a request waits for one answer of the database.
TOGO_DATABASE_TIMEOUT = env.integer("TOGO_DATABASE_TIMEOUT", 15, low=1, high=3600)
DATABASES = {
    "default": with_connection_settings(
        env.database("DATABASE_URL", f"sqlite:///{TOGO_HOME / 'togo.sqlite3'}"),
        prepare_statements=TOGO_PREPARE_STATEMENTS,
        home=TOGO_HOME,
    )
}
# The server that follows it, and may answer reads.
if env.is_set("DATABASE_REPLICA_URL"):
    DATABASES["replica"] = as_replica(
        env.database("DATABASE_REPLICA_URL"),
        writer=DATABASES["default"],
        prepare_statements=TOGO_PREPARE_STATEMENTS,
        home=TOGO_HOME,
    )
    DATABASE_ROUTERS = ["apps.models.replica.Router"]
if DATABASES["default"]["ENGINE"].endswith("mysql"):
    # MariaDB has no indexes on expressions. The missing index only saves a sort; nothing depends on it.
    SILENCED_SYSTEM_CHECKS = ["models.W043"]

# --- the API ----------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.views.http.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.views.http.rate_limits.CallThrottle"] if TOGO_RATE_LIMIT else [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.views.http.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "apps.views.http.schema.ToGoSchema",
    "EXCEPTION_HANDLER": "apps.views.http.problems.answer_problem",
    "URL_FORMAT_OVERRIDE": None,
}
_servers = [{"url": TOGO_PUBLIC_URL.rstrip("/")}] if TOGO_PUBLIC_URL else []
SPECTACULAR_SETTINGS = {**openapi.SPECTACULAR_SETTINGS, "SERVERS": _servers}
TOGO_VERSION, TOGO_API_VERSION = VERSION, API_VERSION
# Services load these by name, because they may import neither the web's libraries nor Celery.
TOGO_TOKENS = "apps.views.http.jwt.JsonWebTokens"
TOGO_QUEUE_LENGTH = "apps.tasks.health.jobs_waiting"
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    # A token ends when its person's password changes.
    "CHECK_REVOKE_TOKEN": True,
    "AUTH_TOKEN_CLASSES": ["apps.views.http.jwt.SentAccessToken"],
}

# --- jobs -------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.broker("CELERY_BROKER_URL", "redis://localhost:6379/0")
# Celery prefers the environment's CELERY_BROKER_URL to the setting, and so wouldn't verify TLS as `env.broker` wants.
CELERY_BROKER_READ_URL = CELERY_BROKER_WRITE_URL = CELERY_BROKER_URL
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
CELERY_BEAT_SCHEDULE_FILENAME = str(TOGO_HOME / "celerybeat-schedule")
CELERY_TASK_IGNORE_RESULT = True
# The broker delivers a job again when its worker dies; that is safe, because every job is idempotent.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 1800
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_SEND_TASK_EVENTS = False

# --- logs -------------------------------------------------------------------------------------------------------

LOGGING = log_settings(TOGO_LOG_DIR, console_level=env.log_level("TOGO_LOG_LEVEL", "WARNING"))
