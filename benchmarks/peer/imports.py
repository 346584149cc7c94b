"""An import as django-import-export's documentation tells to make a large one fast ("Bulk imports", resource options).

- `use_bulk` with batches of 1,000: rows are written together and not one by one.
- `skip_diff`, `skip_html_diff`: no copy and no comparison of each row, no report of it as HTML. `skip_unchanged` needs
  the comparison, and every row of these files is new or changed: it stays off.
- creating: `force_init_instance`, so that nothing is looked up.
- updating: `CachedInstanceLoader`, which reads all rows at once in place of one query a row.
- `report_skipped` off, rows and instances not stored, one transaction around it all.
"""

import time
from collections.abc import Mapping
from pathlib import Path

import tablib
from django.db import models
from import_export.fields import Field
from import_export.instance_loaders import CachedInstanceLoader
from import_export.resources import ModelResource
from import_export.widgets import DateWidget, DecimalWidget

from benchmarks.peer.models import Group, Recipient

BATCH_ROWS = 1000


class Updating(ModelResource):  # type: ignore[misc]  # the package brings no types, and is not in this environment
    """The columns of the generated files, into one list."""

    email = Field("email", "E-Mail")
    first_name = Field("first_name", "Vorname")
    last_name = Field("last_name", "Nachname")
    city = Field("city", "Ort")
    street = Field("street", "Straße")
    born_on = Field("born_on", "Geburtstag", DateWidget("%Y-%m-%d"))
    turnover = Field("turnover", "Umsatz", DecimalWidget())
    number = Field("number", "Kundennummer")
    gender = Field("gender", "Anrede")
    remark = Field("remark", "Bemerkung")

    class Meta:
        model = Recipient
        fields = (
            "email", "first_name", "last_name", "city", "street", "born_on", "turnover", "number", "gender", "remark"
        )  # fmt: skip
        import_id_fields = ("email",)
        instance_loader_class = CachedInstanceLoader
        use_bulk = True
        batch_size = BATCH_ROWS
        skip_diff = True
        skip_html_diff = True
        report_skipped = False
        use_transactions = True

    def __init__(self, group: Group) -> None:
        super().__init__()
        self._group = group

    def init_instance(self, row: Mapping[str, str] | None = None) -> Recipient:
        """A new row of the list."""
        return Recipient(account=self._group.account, group=self._group)

    def get_queryset(self) -> models.QuerySet[Recipient]:
        """The rows of the list."""
        return Recipient.objects.filter(account=self._group.account, group=self._group)


class Creating(Updating):
    """The same into an empty list."""

    class Meta:
        force_init_instance = True


def seconds_of_import(resource: Updating, path: Path) -> float:
    """Seconds from opening the file until its rows are committed. Raises RuntimeError unless every row was written."""
    started = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as file:
        dataset = tablib.Dataset().load(file, format="csv", delimiter=";")
    result = resource.import_data(dataset, raise_errors=True)
    seconds = time.perf_counter() - started
    if result.totals["new" if isinstance(resource, Creating) else "update"] != len(dataset):
        raise RuntimeError(f"Not every row was written: {result.totals}")
    return seconds
