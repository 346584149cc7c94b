"""Whether this process can serve: asked by the proxy and by the container engine, at `/health/`.

`python -m config.health` asks the web server on this machine, as a container's health check.
"""

import os
import sys
import urllib.request

import redis
from django.core.cache import cache
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 when database and Redis answer; 503 with the name of the one that does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return HttpResponse("database", status=503, content_type="text/plain")
    try:
        cache.get("health")
    except redis.RedisError:
        return HttpResponse("redis", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


def main() -> int:
    """Ask the web server on this machine; the exit code is 0 when it can serve. It raises what went wrong otherwise."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    port = os.environ.get("PORT", "8000")
    question = urllib.request.Request(f"http://127.0.0.1:{port}/health/", headers={"Host": host})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(question) as response:
        return 0 if response.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
