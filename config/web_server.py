"""How gunicorn serves Listkeep in production: `gunicorn config.wsgi --config python:config.web_server`."""

import os
from typing import Any, Final

from django.conf import settings

from config.safety import refuse_unbound_role

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

bind: Final = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
worker_class: Final = "gthread"
workers: Final = int(os.environ.get("WEB_PROCESSES", "2"))
threads: Final = int(os.environ.get("WEB_THREADS", "8"))
worker_tmp_dir: Final = "/dev/shm"  # noqa: S108  # the heartbeats of its processes must not wait for a disk
control_socket_disable: Final = True
timeout: Final = 60  # seconds without a sign of life
graceful_timeout: Final = 30  # seconds that requests have to end when it is to stop
max_requests: Final = 5000  # then a process makes place for a new one, whatever it has piled up
max_requests_jitter: Final = 500
logconfig_dict: Final = settings.LOGGING | {
    "loggers": settings.LOGGING["loggers"] | {"gunicorn.error": {"propagate": True}, "gunicorn.access": {}}
}
accesslog: Final = None  # config.request_log says it, without query strings


def post_worker_init(worker: Any) -> None:
    """Refuse to serve as a role that sees every customer's rows; the server then ends."""
    refuse_unbound_role()
