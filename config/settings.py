"""Every setting of Listkeep, read from the environment.

With nothing set, Listkeep runs on the embedded services of `config.embedded` under `var/`, in debug mode.
`.env.example` names each variable; `docs/operations.md` says how to set them in production.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.embedded import addresses
from config.environment import env_bool, env_list, env_number, env_secret, env_url
from config.logs import logging_settings
from config.safety import refuse_unsafe
from config.storage_url import storage_from_url

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("LISTKEEP_VAR", BASE_DIR / "var"))


# --- safety -----------------------------------------------------------------------------------------------------

DEBUG = env_bool("LISTKEEP_DEBUG", default=True)
SECRET_KEY = env_secret("SECRET_KEY")
if DEBUG and not SECRET_KEY:
    SECRET_KEY = "development-only-not-a-secret-" + "x" * 40
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", [])
if not DEBUG:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
# Proxies of our own before the web process: each adds to X-Forwarded-For from whom it got the request.
TRUSTED_PROXIES = env_number("LISTKEEP_PROXIES", 0, least=0, most=10)
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- parts ------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "backups",
    "imports",
    "recipients",
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django.contrib.admin.apps.SimpleAdminConfig",  # config.admin_site says what stands on the site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_htmx",
    "heroicons",
    "csp",
]

MIDDLEWARE = [
    "config.request_log.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.language.UserLanguageMiddleware",
    "accounts.origin.OriginMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "recipients.deleted_lists.DeletedListMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.navigation",
                "backups.context.closing",
            ],
        },
    },
]

# --- database: `default` is the role that row-level security binds, `owner` the one that migrates -----------------


def database(url: str) -> dict[str, Any]:
    """Django's settings for one database URL, with server-side binding and UTC."""
    found: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    found.setdefault("OPTIONS", {})
    return found


DATABASES = {
    "default": database(env_url("DATABASE_URL") or addresses.database_url(VAR_DIR, role="app")),
    "owner": database(env_url("DATABASE_OWNER_URL") or addresses.database_url(VAR_DIR, role="owner")),
}


def let_database_end(name: str, what: str, seconds: int) -> None:
    """Have PostgreSQL itself end what takes longer, on each connection of that name."""
    options = DATABASES[name]["OPTIONS"]
    options["options"] = f"{options.get('options', '')} -c {what}={seconds}s".strip()


# A migration that waits for a lock makes everybody wait who comes after it: it gives up instead and is run again.
MIGRATION_LOCK_SECONDS = env_number("LISTKEEP_MIGRATION_LOCK_SECONDS", 5, least=1, most=3600)
let_database_end("owner", "lock_timeout", MIGRATION_LOCK_SECONDS)
# A process that stands still in the middle of a transaction (a machine that was paused) keeps what it has locked from
# everybody: its transaction is rolled back instead. No step of a job rests that long between two statements.
IDLE_TRANSACTION_SECONDS = env_number("LISTKEEP_IDLE_TRANSACTION_SECONDS", 120, least=1, most=86_400)
let_database_end("default", "idle_in_transaction_session_timeout", IDLE_TRANSACTION_SECONDS)
DATABASE_ROUTERS: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: broker and cache ------------------------------------------------------------------------------------

REDIS_URL = env_url("REDIS_URL") or addresses.redis_url(VAR_DIR)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- storage: one place for uploads and the files read from them, one for backups ---------------------------------

STORAGE_URL = env_url("STORAGE_URL") or (VAR_DIR / "storage").as_uri()
STORAGES = {
    "default": storage_from_url(STORAGE_URL, folder="other"),
    "imports": storage_from_url(STORAGE_URL, folder="imports"),
    "backups": storage_from_url(STORAGE_URL, folder="backups"),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG  # found when they are asked for
# Seconds that a browser keeps a style or script whose name says nothing of its content: a page has thirty of them, and
# somebody who works on one sees the change soon enough.
WHITENOISE_MAX_AGE = 10 if DEBUG else 60
FILE_UPLOAD_HANDLERS = ["imports.uploads.UploadHandler"]
UPLOAD_MOST_BYTES = 1_000_000_000  # of one file of an import
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024  # bytes of pasted text; uploaded files stream to disk and do not count
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000  # the mapping page has some form fields per column of the file

# --- people -----------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
DEMO_PASSWORD = env_secret("LISTKEEP_DEMO_PASSWORD") or ("listkeep-demo" if DEBUG else "")  # manage.py prepare_demo
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = os.environ.get("LISTKEEP_EMAIL_VERIFICATION", "optional" if DEBUG else "mandatory")
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60  # seconds for which the password, entered once more, holds
MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# After the password a key that is only touched will do. Without one it must know its person, by a PIN, say: that is
# always asked for, and accounts.passkey_forms looks again.
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"
MFA_RATE_LIMITS = {"webauthn_login": "30/m/ip"}  # as with a password: people of one company share an address
MFA_FORMS = {
    "authenticate": "accounts.passkey_forms.CodeForm",
    "authenticate_webauthn": "accounts.passkey_forms.SecondFactorForm",
    "login_webauthn": "accounts.passkey_forms.LoginForm",
    "reauthenticate_webauthn": "accounts.passkey_forms.ReauthenticateForm",
    "add_webauthn": "accounts.passkey_forms.AddForm",
    "edit_webauthn": "accounts.passkey_forms.RenameForm",
    "deactivate_totp": "accounts.passkey_forms.SwitchAppOffForm",
}
MFA_TOTP_TOLERANCE = 1  # steps of half a minute by which a telephone's clock may be wrong
# Where nobody gets in with an address that is not confirmed, who has a second factor may still ask for another address.
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION == "mandatory"
ACCOUNT_FORMS = {"signup": "accounts.forms.SignupForm"}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_CHANGE_EMAIL = True  # one address a person; a new one replaces it once it is confirmed
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
EMAIL_BACKEND = os.environ.get(
    "EMAIL_BACKEND", f"django.core.mail.backends.{'console' if DEBUG else 'smtp'}.EmailBackend"
)
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env_secret("EMAIL_HOST_PASSWORD")
EMAIL_TIMEOUT = 10  # seconds: invitations wait for the mail server while the person does
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", default=False)
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Listkeep <listkeep@localhost>")

# --- language and time ------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = os.environ.get("TIME_ZONE", "Europe/Berlin")
USE_THOUSAND_SEPARATOR = True

# --- jobs -------------------------------------------------------------------------------------------------------
# A claim is renewed by a heartbeat while its process lives; hard time limit < visibility timeout, so that a message
# never comes back while its task still runs.

JOB_LEASE = timedelta(seconds=float(os.environ.get("LISTKEEP_LEASE_SECONDS", "60")))
JOB_HEARTBEAT = min(timedelta(seconds=0.5), JOB_LEASE / 6)
# How long a worker that is to stop lets its jobs go on before it gives them back. Whoever stops it waits longer.
JOB_STOP_AFTER = timedelta(seconds=float(os.environ.get("LISTKEEP_STOP_SECONDS", "60")))
JOB_SWEEP_EVERY = timedelta(seconds=float(os.environ.get("LISTKEEP_SWEEP_SECONDS", "15")))
# Jobs of one queue that are done for one account at a time: fewer than the queue has processes, so that another account
# finds one free.
JOBS_PER_ACCOUNT = int(os.environ.get("LISTKEEP_JOBS_PER_ACCOUNT", "1"))
if JOBS_PER_ACCOUNT < 1:
    raise ImproperlyConfigured("LISTKEEP_JOBS_PER_ACCOUNT is below 1; no job would ever be done.")
# The days that an account may have its backups kept for.
RETENTION_MIN_DAYS = env_number("LISTKEEP_RETENTION_MIN_DAYS", 7, least=1, most=3650)
RETENTION_MAX_DAYS = env_number("LISTKEEP_RETENTION_MAX_DAYS", 365, least=1, most=3650)
if RETENTION_MIN_DAYS > RETENTION_MAX_DAYS:
    raise ImproperlyConfigured("LISTKEEP_RETENTION_MIN_DAYS is above LISTKEEP_RETENTION_MAX_DAYS.")
# How long the audit log of an account is kept; its network addresses for 90 days (accounts.tidying).
AUDIT_LOG_DAYS = env_number("LISTKEEP_AUDIT_LOG_DAYS", 1096, least=90, most=3653)
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)  # the same socket in Celery's spelling
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 2 * 3600
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3 * 3600,
    # A broker that cannot be reached costs a person two tenths of a second; the sweep finds their job later.
    "max_retries": 2,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "maintenance"
# What beat sends goes to `maintenance`, the default queue: it must not wait behind long imports, nor pile up there. The
# queue of a job follows from its row (recipients.jobs), and its nudge names it.
CELERY_BEAT_SCHEDULE = {
    "sweep-imports": {"task": "imports.sweep_imports", "schedule": JOB_SWEEP_EVERY},
    "sweep-deletions": {"task": "recipients.sweep_deletions", "schedule": JOB_SWEEP_EVERY},
    "sweep-backups": {"task": "backups.sweep_backups", "schedule": JOB_SWEEP_EVERY},
    "sweep-erasures": {"task": "backups.sweep_erasures", "schedule": JOB_SWEEP_EVERY},
    "sweep-exports": {"task": "backups.sweep_exports", "schedule": JOB_SWEEP_EVERY},
    "sweep-closures": {"task": "backups.sweep_closures", "schedule": JOB_SWEEP_EVERY},
    "sweep-held-back": {"task": "recipients.sweep_held_back", "schedule": JOB_SWEEP_EVERY},
    "forget-answers": {"task": "accounts.forget_answers", "schedule": crontab(minute="57")},
    "purge-backups": {"task": "backups.purge_backups", "schedule": crontab(minute="17")},
    "take-daily-backups": {"task": "backups.take_daily_backups", "schedule": crontab(minute="7")},
    # A message that waited a minute is of no use any more: the next one is there.
    "verify-requested": {
        "task": "backups.verify_requested",
        "schedule": crontab(),
        "options": {"expires": 60},
    },
    "verify-sample": {"task": "backups.verify_sample", "schedule": crontab(hour="1", minute="7")},
    "rehearse-restore": {"task": "backups.rehearse_restore", "schedule": crontab(hour="2", minute="27")},
    "remove-expired-exports": {"task": "backups.remove_expired_exports", "schedule": crontab(minute="*/5")},
    # Each web process does the same for its own machine (config.wsgi): a worker elsewhere cannot.
    "tidy-kept-files": {"task": "backups.tidy_kept_files", "schedule": crontab(minute="*/5")},
    "tidy-accounts": {"task": "accounts.tidy_accounts", "schedule": crontab(hour="3", minute="47")},
    "tidy-imports": {"task": "imports.tidy_imports", "schedule": crontab(minute="*/5")},
    "remove-orphans-of-backups": {"task": "backups.remove_orphaned_files", "schedule": crontab(minute="37")},
    "remove-orphans-of-imports": {"task": "imports.remove_orphaned_files", "schedule": crontab(minute="47")},
}

# --- interface --------------------------------------------------------------------------------------------------

API_REQUESTS_PER_MINUTE = env_number("LISTKEEP_API_REQUESTS_PER_MINUTE", 600, least=1, most=1_000_000)  # of a token

# --- watching ---------------------------------------------------------------------------------------------------

METRICS_TOKEN = env_secret("LISTKEEP_METRICS_TOKEN")  # opens /metrics; without it there is no such page

LOG_FORMAT = os.environ.get("LOG_FORMAT", "plain" if DEBUG else "json")
LOGGING = logging_settings(log_format=LOG_FORMAT, level=os.environ.get("LOG_LEVEL", "INFO"))

# --- what production must not be started with ---------------------------------------------------------------------

if not DEBUG:
    refuse_unsafe(
        secret_key=SECRET_KEY,
        allowed_hosts=ALLOWED_HOSTS,
        trusted_origins=CSRF_TRUSTED_ORIGINS,
        missing=[name for name in ("DATABASE_URL", "REDIS_URL", "STORAGE_URL") if not env_url(name)],
        email_backend=EMAIL_BACKEND,
        demo_password=DEMO_PASSWORD,
        metrics_token=METRICS_TOKEN,
    )
