"""Django settings. Everything that differs between installations comes from `env.SETTINGS`."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from smartserver import __version__
from smartserver.environment import Environment
from smartserver.languages import folders

env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.path("SMARTSERVER_DATA_DIR", base=BASE_DIR)
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

VERSION = __version__
TESTING = "test" in sys.argv[1:2]
OPEN = env.flag("SMARTSERVER_OPEN")
DEBUG = env.flag("DJANGO_DEBUG")
HTTPS = env.flag("SMARTSERVER_HTTPS")


def _secret_key() -> str:
    """The configured key, else one made once and kept readable for its owner only."""
    if configured := env.text("DJANGO_SECRET_KEY"):
        return configured
    path = DATA_DIR / "secret_key"
    if not path.exists():
        # Complete before it has its name: another process that starts now never reads half a key.
        draft = DATA_DIR / f"secret_key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "daphne",
    "servestatic.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "smartserver.apps.SmartServerConfig",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "smartserver.accounts.apps.AccountsConfig",
    "smartserver.retention.apps.RetentionConfig",
    "stations.apps.StationsConfig",
    "devices.apps.DevicesConfig",
    "bridge.cms.apps.CmsConfig",
    "bridge.client.apps.ClientConfig",
    "bridge.emulator.apps.EmulatorConfig",
    "smartserver.webhooks.apps.WebhooksConfig",
    "smartserver.overview.apps.OverviewConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "smartserver.api.paths.EncodedPaths",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "smartserver.urls"
ASGI_APPLICATION = "smartserver.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database() -> dict[str, Any]:
    if env.text("DATABASE_URL"):
        return env.database("DATABASE_URL") | {"CONN_HEALTH_CHECKS": True}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "smartserver.sqlite3",
        "OPTIONS": {
            # IMMEDIATE: a transaction that will write takes the lock at its start, so that it
            # waits instead of failing half-way. FULL: a commit has reached the disk (contract 1).
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY;"
                # A thread moves the log into the database (core/checkpoints.py). A commit that finds it 32 MB
                # long moves the rest, and the log begins anew.
                "PRAGMA wal_autocheckpoint=8000;"
            ),
        },
        # A file, because the tests that start a server reach it from several threads.
        "TEST": {"NAME": DATA_DIR / "test.sqlite3"},
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CHANNEL_LAYERS: dict[str, Any] = {
    "default": (
        # Publish/subscribe: what a process misses it notices by the numbers and reads again
        # from the database, so nothing has to wait in Redis.
        {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "smartserver.core.credentials.MachineKeyHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

LOCALE_DIR = BASE_DIR / "locale"
LOCALE_PATHS = [LOCALE_DIR]
LANGUAGES = folders.languages(LOCALE_DIR)
LANGUAGE_CODE = folders.ENGLISH
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = HTTPS
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS: list[Any] = [BASE_DIR / "static"]
# The chart library comes from npm and is optional: without it the tables still work.
if (_uplot := BASE_DIR / "node_modules" / "uplot" / "dist").is_dir():
    STATICFILES_DIRS.append(("vendor/uplot", _uplot))
# Files are served where they lie: no collectstatic before the first start.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG
SERVESTATIC_ALLOW_ALL_ORIGINS = False
SERVESTATIC_MIMETYPES = {".webmanifest": "application/manifest+json"}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS

CACHES: dict[str, Any] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "smartserver"}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

API_RATE = env.text("API_RATE")
API_COMMAND_RATE = env.text("API_COMMAND_RATE")
API_MAX_WAIT = env.number("API_MAX_WAIT")
API_MAX_WAITERS = env.whole("API_MAX_WAITERS")
API_MAX_BODY = env.whole("API_MAX_BODY")
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "smartserver.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["smartserver.api.permissions.HasRole"],
    "DEFAULT_THROTTLE_CLASSES": ["smartserver.api.throttles.Throttle"],
    "DEFAULT_PARSER_CLASSES": ["smartserver.api.content.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["smartserver.api.content.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "smartserver.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": 0,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "SMART-Server",
    "VERSION": VERSION,
    "DESCRIPTION": "Charge points and solar devices: what they report, and what can be asked of them.",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_SUFFIX": "",
    "ENUM_NAME_OVERRIDES": {
        "Role": "smartserver.accounts.roles.CHOICES",
        "StationState": "stations.models.State",
        "Registration": "stations.models.Registration",
        "Direction": "stations.models.Message.Direction",
        "CommandState": "stations.models.Command.State",
        "IdTokenStatus": "stations.models.IdToken.Status",
        "IdTokenStatusSet": "stations.api.tokens.SETTABLE",
        "ReservationState": "stations.models.Reservation.State",
        "ProfileSource": "stations.models.ChargingProfile.Source",
        "BatterySwapState": "stations.models.BatterySwap.State",
        "BatteryWay": "stations.models.SwappedBattery.Way",
        "DERControlState": "stations.models.DERControl.State",
        "JobKind": "stations.models.FileJob.Kind",
        "JobState": "stations.models.FileJob.State",
        "LogType": "stations.api.files.LOG_TYPES",
        "CertificateState": "stations.models.Certificate.State",
        "CertificateUse": "stations.api.certificates.INSTALLABLES",
        "SigningRequestState": "stations.models.SigningRequest.State",
        "DeliveryState": "smartserver.webhooks.models.Delivery.State",
        "EventKind": "smartserver.api.webhooks.KINDS",
        "ListMode": "stations.api.local_lists.MODES",
        "RateUnit": "stations.api.profiles.UNITS",
        "DeviceState": "devices.models.DeviceState",
        "StationOrder": "stations.api.equipment.ORDERS",
        "DeviceOrder": "devices.api.ORDERS",
    },
    "PATH_CONVERTER_OVERRIDES": {
        "identity": {"type": "string", "minLength": 1, "maxLength": 255},
        "key": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    },
    "PREPROCESSING_HOOKS": ["smartserver.api.schema.one_path_each"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "smartserver.api.schema.document_problems",
        "smartserver.api.schema.close_requests",
    ],
}

OCPP_DEFAULT_VERSION = env.text("OCPP_DEFAULT_VERSION")
OCPP_PATHS = env.items("OCPP_PATHS")
OCPP_HEARTBEAT_INTERVAL = env.whole("OCPP_HEARTBEAT_INTERVAL")
OCPP_CALL_TIMEOUT = env.number("OCPP_CALL_TIMEOUT")
COMMAND_LIFETIME = env.whole("COMMAND_LIFETIME")
OCPP_ACCEPT_UNKNOWN_TOKENS = env.flag("OCPP_ACCEPT_UNKNOWN_TOKENS") if env.text("OCPP_ACCEPT_UNKNOWN_TOKENS") else OPEN
OCPP_REMOTE_START_TOKEN = env.text("OCPP_REMOTE_START_TOKEN")
GHOST_AFTER = env.whole("GHOST_AFTER")
DATA_TRANSFER_HANDLERS = env.items("DATA_TRANSFER_HANDLERS")
STATION_TIME_ZONE = env.text("STATION_TIME_ZONE")
VAT_NUMBER_CHECK = env.text("VAT_NUMBER_CHECK")
MAX_FRAME_BYTES = env.whole("MAX_FRAME_BYTES")
STALE_AFTER = env.whole("STALE_AFTER")
PUBLIC_URL = env.text("PUBLIC_URL").rstrip("/")
SERVED_AT = "http://127.0.0.1:8000"  # `manage.py serve` puts its own address here
SERVED_HOST = ""  # and here what it listens on; empty: nobody knows
DEMO = env.flag("SMARTSERVER_DEMO") if env.text("SMARTSERVER_DEMO") else None
FILES_DIR = env.path("FILES_DIR", base=BASE_DIR) if env.text("FILES_DIR") else DATA_DIR / "files"
if TESTING:  # files that no row names are removed, and a test's database names none
    FILES_DIR /= "of-tests"
FIRMWARE_MAX_BYTES = env.whole("FIRMWARE_MAX_BYTES")
UPLOAD_MAX_BYTES = env.whole("UPLOAD_MAX_BYTES")
TRANSFER_SECONDS = env.number("TRANSFER_SECONDS")
TRANSFER_IDLE_SECONDS = env.number("TRANSFER_IDLE_SECONDS")
MAX_TRANSFERS = env.whole("MAX_TRANSFERS")
FILE_ADDRESS_LIFETIME = env.whole("FILE_ADDRESS_LIFETIME")
FILE_JOB_TIMEOUT = env.whole("FILE_JOB_TIMEOUT")
CERTIFICATE_APPROVAL = env.text("CERTIFICATE_APPROVAL")
CERTIFICATE_DAYS = env.whole("CERTIFICATE_DAYS")
CERTIFICATE_RENEW_DAYS = env.whole("CERTIFICATE_RENEW_DAYS")
CA_DIR = DATA_DIR / ("authority-of-tests" if TESTING else "authority")
CA_CERTIFICATE_FILE = env.path("CA_CERTIFICATE_FILE", base=BASE_DIR) if env.text("CA_CERTIFICATE_FILE") else None
CA_KEY_FILE = env.path("CA_KEY_FILE", base=BASE_DIR) if env.text("CA_KEY_FILE") else None
V2G_DIR = DATA_DIR / ("v2g-of-tests" if TESTING else "v2g")
V2G_CERTIFICATE_FILE = env.path("V2G_CERTIFICATE_FILE", base=BASE_DIR) if env.text("V2G_CERTIFICATE_FILE") else None
V2G_KEY_FILE = env.path("V2G_KEY_FILE", base=BASE_DIR) if env.text("V2G_KEY_FILE") else None
V2G_TRUST_FILE = env.path("V2G_TRUST_FILE", base=BASE_DIR) if env.text("V2G_TRUST_FILE") else None
CONTRACT_PROVIDER = env.text("CONTRACT_PROVIDER")
CONTRACT_PROVIDER_TIMEOUT = env.number("CONTRACT_PROVIDER_TIMEOUT")
OCSP_HOSTS = env.items("OCSP_HOSTS")
OCSP_TIMEOUT = env.number("OCSP_TIMEOUT")
NOC_COMMAND_TIMEOUT = env.whole("NOC_COMMAND_TIMEOUT")
NOC_MAX_BODY = env.whole("NOC_MAX_BODY")
WRITER_MAX_UNITS = env.whole("WRITER_MAX_UNITS")
WRITER_QUEUE = env.whole("WRITER_QUEUE")
BROWSER_OUTBOX = env.whole("BROWSER_OUTBOX")
WEBHOOK_ALLOW_PRIVATE = env.flag("WEBHOOK_ALLOW_PRIVATE") if env.text("WEBHOOK_ALLOW_PRIVATE") else OPEN
WEBHOOK_KEEP_DAYS = env.whole("WEBHOOK_KEEP_DAYS")
MESSAGE_KEEP_DAYS = env.whole("MESSAGE_KEEP_DAYS")
METER_VALUE_KEEP_DAYS = env.whole("METER_VALUE_KEEP_DAYS")
METER_HOUR_KEEP_DAYS = env.whole("METER_HOUR_KEEP_DAYS")
DEVICE_SAMPLE_KEEP_DAYS = env.whole("DEVICE_SAMPLE_KEEP_DAYS")
DEVICE_HOUR_KEEP_DAYS = env.whole("DEVICE_HOUR_KEEP_DAYS")
COMMAND_KEEP_DAYS = env.whole("COMMAND_KEEP_DAYS")
ALERT_KEEP_DAYS = env.whole("ALERT_KEEP_DAYS")
HARDWARE_EVENT_KEEP_DAYS = env.whole("HARDWARE_EVENT_KEEP_DAYS")
SECURITY_EVENT_KEEP_DAYS = env.whole("SECURITY_EVENT_KEEP_DAYS")
DER_KEEP_DAYS = env.whole("DER_KEEP_DAYS")
TRANSACTION_EVENT_KEEP_DAYS = env.whole("TRANSACTION_EVENT_KEEP_DAYS")
MONITORING_EVENT_KEEP_DAYS = env.whole("MONITORING_EVENT_KEEP_DAYS")
STREAM_VALUE_KEEP_DAYS = env.whole("STREAM_VALUE_KEEP_DAYS")
REPORT_KEEP_DAYS = env.whole("REPORT_KEEP_DAYS")
AUDIT_KEEP_DAYS = env.whole("AUDIT_KEEP_DAYS")
FILE_KEEP_DAYS = env.whole("FILE_KEEP_DAYS")
# In seconds; None: the server has no interval of its own.
HEARTBEAT_CHECK = env.whole("HEARTBEAT_INT_MS") / 1000.0 if env.text("HEARTBEAT_INT_MS") not in ("", "0") else None
DEVICE_ENROLMENT_KEY = env.text("DEVICE_ENROLMENT_KEY")
METRICS_TOKEN = env.text("METRICS_TOKEN")
SUPERUSER_NAME = env.text("DJANGO_SUPERUSER_USERNAME")
SUPERUSER_PASSWORD = env.text("DJANGO_SUPERUSER_PASSWORD")

LOG_FORMAT = env.text("SMARTSERVER_LOG_FORMAT")
LOG_LEVEL = env.text("SMARTSERVER_LOG_LEVEL")
LOG_PAYLOAD = env.flag("LOG_PAYLOAD")
LOG_LIFECYCLE = env.flag("LOG_LIFECYCLE")
FRAME_LOG_FILE = env.path("FRAME_LOG_FILE", base=BASE_DIR) if env.text("FRAME_LOG_FILE") else None
FRAME_LOG_BYTES = env.whole("FRAME_LOG_BYTES")
FRAME_LOG_FILES = env.whole("FRAME_LOG_FILES")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "console": {"format": "%(asctime)s %(levelname)-7s %(name)s %(message)s"},
        "json": {"()": "smartserver.core.logs.JsonFormatter"},
    },
    "filters": {"without_refusals": {"()": "smartserver.core.logs.WithoutRefusals"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # A line for every socket would drown the others at 10,000 stations.
    "loggers": {
        "uvicorn.error": {"level": "WARNING", "filters": ["without_refusals"]},
        "uvicorn.access": {"level": "WARNING"},
        # At DEBUG they would write whole handshakes and frames, with the passwords in them.
        "websockets": {"level": "INFO"},
        # Switched by settings of their own, not by the level.
        "smartserver.frames": {"level": "INFO"},
        "smartserver.lifecycle": {"level": "INFO"},
    },
}

TEST_RUNNER = "tests.runner.Runner"
