"""The Celery application: workers and beat start with `celery -A config`.

What each task is about stands in every line that it logs. A worker that is to stop lets its jobs go on for a while
(JOB_STOP_AFTER); then its processes give them back, and so their messages, and other workers take them up at once.
"""

import logging
import logging.config
import os
import threading
import time
from typing import Any, Final

import psutil
from celery import Celery, Task
from celery.exceptions import Reject
from celery.signals import before_task_publish, setup_logging, worker_init, worker_shutting_down
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.logs import about, said
from config.safety import refuse_unbound_role
from recipients.stopping import StopAsked, stoppable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django's checks load every page and the interface, half of what a worker's start takes. `migrate` makes them before.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

logger = logging.getLogger("listkeep.tasks")

REQUEST: Final = "listkeep_request"  # in a message's headers: the id of the request that sent it


class LoggedTask(Task):  # type: ignore[type-arg]  # generic for type checkers alone
    """A task that says what its lines in the log are about; one that is at a job can be broken off."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        job, account = kwargs.get("job_id"), kwargs.get("account_id")
        with about(task=self.name, job=job, account=account, request=self.request.get(REQUEST)):
            return self.run(*args, **kwargs) if job is None else self._work(*args, **kwargs)

    def _work(self, *args: Any, **kwargs: Any) -> Any:
        """Work on a job. Raises Reject, which puts the message back, when the process is to stop meanwhile."""
        started = time.monotonic()
        ended = "failed"
        try:
            with stoppable():
                answer = self.run(*args, **kwargs)
            ended = "done"
        except StopAsked as asked:
            ended = "given back"
            raise Reject("its process is to stop", requeue=True) from asked
        finally:
            milliseconds = round((time.monotonic() - started) * 1000)
            extra = {"about": {"milliseconds": milliseconds, "ended": ended}}
            logger.info("%s: %s after %s ms", self.name, ended, milliseconds, extra=extra)
        return answer


app = Celery("listkeep", task_cls=LoggedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@before_task_publish.connect
def name_request(headers: dict[str, Any], **_signal: Any) -> None:
    """Send along which request a message comes from."""
    request = said("request")
    if request is not None:
        headers[REQUEST] = request


@setup_logging.connect
def log_as_settings_say(**_signal: Any) -> None:
    """Keep Celery from setting up logs of its own."""
    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def refuse_unsafe_worker(**_signal: Any) -> None:
    """Let no worker start as a role that sees every customer's rows."""
    if settings.DEBUG:
        return
    try:
        refuse_unbound_role()
    except ImproperlyConfigured as refused:
        raise SystemExit(str(refused)) from refused  # Celery logs other exceptions of receivers, and goes on


@worker_shutting_down.connect
def stop_in_time(**_signal: Any) -> None:
    """Have the jobs that go on for too long given back, once the worker was told to stop."""
    timer = threading.Timer(settings.JOB_STOP_AFTER.total_seconds(), _stop_processes)
    timer.daemon = True
    timer.start()


def _stop_processes() -> None:
    for process in psutil.Process().children():
        process.terminate()
