"""`python -m benchmarks.peer FILE FILE`: create from the first file, update all from the second, print the seconds."""

import json
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

ADDRESS = conninfo_to_dict(os.environ["PEER_DATABASE_URL"])

settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": ADDRESS["host"],
            "USER": ADDRESS["user"],
            "NAME": ADDRESS["dbname"],
        }
    },
    INSTALLED_APPS=["import_export"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()

from benchmarks.peer.imports import Creating, Updating, seconds_of_import  # noqa: E402  # models need the settings
from benchmarks.peer.models import Account, Group, Recipient  # noqa: E402


def main() -> None:
    """Make the tables, import both files, say how long it took."""
    first, second = (Path(name) for name in sys.argv[1:])
    with connection.schema_editor() as editor:
        for model in (Account, Group, Recipient):
            editor.create_model(model)
    group = Group.objects.create(account=Account.objects.create())
    creating = seconds_of_import(Creating(group), first)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    updating = seconds_of_import(Updating(group), second)
    json.dump({"creating": creating, "updating": updating}, sys.stdout)


if __name__ == "__main__":
    main()
