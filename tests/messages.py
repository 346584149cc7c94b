"""What waits in the broker: the messages that no worker has taken, for tests in which none runs."""

import base64
import json

from django.conf import settings
from redis import Redis

from tests.processes import QUEUES


def messages() -> dict[str, list[str]]:
    """The jobs that workers are sent to, by queue, in the order in which workers would take them; no empty queues."""
    with Redis.from_url(settings.REDIS_URL) as client:
        waiting = {queue: client.lrange(queue, 0, -1) for queues in QUEUES.values() for queue in queues}
    return {queue: [job_of(message) for message in reversed(found)] for queue, found in waiting.items() if found}


def job_of(message: bytes) -> str:
    """The id of the job that a message is about."""
    _args, told, _embedded = json.loads(base64.b64decode(json.loads(message)["body"]))
    return str(told["job_id"])
