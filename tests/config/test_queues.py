"""Who takes what: work that beat sends must not stand behind jobs, and every queue has processes that take from it.

Which queue a job waits in is a matter of its row: tests/recipients/test_nudge.py.
"""

import re

import pytest
from django.conf import settings

from config.celery import app
from recipients.jobs import SMALL, job_kinds
from tests import environment

QUEUES_OF_JOBS = {kind.queue + size for kind in job_kinds() for size in ("", SMALL)}


def queue_of(task: str) -> str:
    return str(app.amqp.router.route({}, task)["queue"].name)


def processes_in(path: str) -> dict[str, int]:
    """How many processes take from each queue, by the commands in a file."""
    commands = re.findall(r"worker -Q (\S+) .*--concurrency (\d+)", (environment.ROOT / path).read_text())
    return {queue: int(processes) for queues, processes in commands for queue in queues.split(",")}


def test_what_beat_sends_waits_in_maintenance() -> None:
    tasks = {str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {task: queue_of(task) for task in tasks} == dict.fromkeys(tasks, "maintenance")


def test_every_task_that_beat_sends_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} - set(app.tasks) == set()


def test_every_kind_of_job_has_a_task() -> None:
    app.loader.import_default_modules()
    assert {kind.task for kind in job_kinds()} - set(app.tasks) == set()


@pytest.mark.parametrize("path", ["Procfile", "docker-compose.yml"])
def test_every_queue_is_taken_from(path: str) -> None:
    assert set(processes_in(path)) == {*QUEUES_OF_JOBS, "maintenance"}


@pytest.mark.parametrize("path", ["Procfile", "docker-compose.yml"])
def test_one_account_leaves_a_process_of_each_queue_to_others(path: str) -> None:
    processes = processes_in(path)
    assert {queue for queue in QUEUES_OF_JOBS if processes[queue] <= settings.JOBS_PER_ACCOUNT} == set()


@pytest.mark.parametrize("path", ["Procfile", "docker-compose.yml"])
def test_who_takes_small_jobs_takes_no_others(path: str) -> None:
    of_workers = re.findall(r"worker -Q (\S+)", (environment.ROOT / path).read_text())
    assert [{queue.endswith(SMALL) for queue in queues.split(",")} for queues in of_workers] == [
        {False},
        {False},
        {False},
        {True},
        {False},
    ]


def test_one_account_leaves_a_process_for_small_jobs_to_others_whatever_it_does() -> None:
    kinds_of_queue = len({kind.queue for kind in job_kinds()})
    assert processes_in("Procfile")["imports-small"] > kinds_of_queue * settings.JOBS_PER_ACCOUNT
