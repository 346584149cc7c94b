"""Which queue each task waits in: work that beat sends must not stand behind long imports."""

from django.conf import settings

from config.celery import app


def queue_of(task: str) -> str:
    return str(app.amqp.router.route({}, task)["queue"].name)


def test_what_beat_sends_waits_in_maintenance() -> None:
    tasks = {str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {task: queue_of(task) for task in tasks} == dict.fromkeys(tasks, "maintenance")


def test_jobs_wait_in_the_queue_of_their_kind() -> None:
    app.loader.import_default_modules()
    jobs = {name: queue_of(name) for name in app.tasks if ".advance_" in name or name == "backups.take_backup"}
    assert jobs == {
        "imports.advance_import": "imports",
        "recipients.advance_deletion": "imports",
        "backups.take_backup": "backups",
    }


def test_every_task_that_beat_sends_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} - set(app.tasks) == set()
