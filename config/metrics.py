"""How Listkeep is, for Prometheus, at `/metrics`: only with the token of the operator, LISTKEEP_METRICS_TOKEN."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backups.figures import Figures, figures
from backups.models import RestoreDrill

PREFIX = "listkeep_"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures as text; 404 when no token is set, 401 without it."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        refused = HttpResponse("token missing", status=401, content_type="text/plain")
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(figures(now=timezone.now())))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Collector(Collector):
    """Hands the figures over under their names."""

    def __init__(self, found: Figures) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        found = self._found
        yield _by("backups", "Backups by status", "status", found.by_status)
        yield _by("backups_damaged", "Complete backups by what is wrong with their file", "damage", found.by_damage)
        yield _one("backups_failed_last_day", "Failed backups asked for in the last 24 hours", found.failed_last_day)
        yield _one("backups_overdue", "Backups that should have been purged 26 hours ago", found.overdue)
        yield _by("jobs_waiting", "Jobs that wait for a worker, by queue", "queue", found.jobs_waiting)
        yield _by("jobs_running", "Jobs that a worker is at, by queue", "queue", found.jobs_running)
        ages = {queue: int(age.total_seconds()) for queue, age in found.longest_waiting.items()}
        yield _by("job_longest_waiting_seconds", "Age of the oldest job that waits, by queue", "queue", ages)
        yield _one("jobs_interrupted", "Jobs under way that had to be taken up again", found.jobs_interrupted)
        yield _one("accounts_held", "Accounts on hold", found.accounts_held)
        about = "Accounts to be closed whose export could not be made"
        yield _one("account_closings_failed", about, found.closures_failed)
        about = "Accounts to be closed whose export or deletion should have been over a day ago"
        yield _one("account_closings_late", about, found.closures_late)
        if found.oldest_pending is not None:
            yield _age("backup_oldest_pending_seconds", "Age of the oldest pending backup", found.oldest_pending)
        if found.longest_unverified is not None:
            about = "Time since the file of some complete backup was last read"
            yield _age("backup_longest_unverified_seconds", about, found.longest_unverified)
        if found.last_drill is not None:
            age, result = found.last_drill
            yield _age("restore_drill_age_seconds", "Time since the last restore drill", age)
            results = {one: int(one == result) for one in RestoreDrill.Result.values}
            yield _by("restore_drill_last", "1 for the result of the last restore drill", "result", results)
        if found.storage_free is not None:
            yield _one("storage_free_bytes", "Room on the disk that holds the backups", found.storage_free)


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, about, value=value)


def _age(name: str, about: str, age: timedelta) -> Metric:
    return GaugeMetricFamily(PREFIX + name, about, value=age.total_seconds())


def _by(name: str, about: str, label: str, numbers: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, about, labels=[label])
    for value, number in sorted(numbers.items()):
        family.add_metric([value], number)
    return family
