"""What the imports' pages list."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.db.models import BooleanField, Case, Exists, F, Func, JSONField, OuterRef, Q, QuerySet, When
from django.db.models.functions import Lower

from imports.models import Import
from imports.readers import ColumnMapping
from recipients.masterdata.file import FieldType
from recipients.masterdata.labels import folded
from recipients.models import Field

IMPORTS_A_PAGE = 50
LARGE_COLUMNS = ("sniffed", "source", "mapping", "new_fields", "entered", "preview")  # a history shows none of them


@dataclass(frozen=True)
class Place:
    """A place in the history: just beside the import with these two."""

    created_at: datetime
    id: uuid.UUID

    @classmethod
    def of(cls, run: Import) -> Self:
        """Where an import stands."""
        return cls(created_at=run.created_at, id=run.pk)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Back from `str`. Raises ValueError for anything else."""
        moment, _, key = text.partition("_")
        created_at = datetime.fromisoformat(moment)
        if created_at.tzinfo is None:
            raise ValueError(f"{moment!r} has no time zone.")
        return cls(created_at=created_at, id=uuid.UUID(key))

    def __str__(self) -> str:
        return f"{self.created_at.isoformat()}_{self.id}"


@dataclass(frozen=True)
class HistoryPage:
    """Imports, newest first; `newer` and `older` are the places to read on from, None where nothing follows."""

    rows: list[Import]
    newer: Place | None
    older: Place | None


def history_page(
    *, account_id: int, group_id: int | None = None, before: Place | None = None, after: Place | None = None
) -> HistoryPage:
    """The imports of an account, or of one group, from the newest on; those just before or just after a place."""
    found: QuerySet[Import] = (
        Import.objects.filter(account_id=account_id)
        .select_related("group", "requested_by", "undoes")
        .defer(*LARGE_COLUMNS, *(f"undoes__{name}" for name in (*LARGE_COLUMNS, "report", "restore")))
    )
    if group_id is not None:
        found = found.filter(group_id=group_id)
    if after is not None:
        rows = list(_later(found, after).order_by("created_at", "id")[: IMPORTS_A_PAGE + 1])
        more = len(rows) > IMPORTS_A_PAGE
        rows = rows[:IMPORTS_A_PAGE][::-1]
        return HistoryPage(
            rows=rows, newer=Place.of(rows[0]) if rows and more else None, older=Place.of(rows[-1]) if rows else None
        )
    if before is not None:
        found = _earlier(found, before)
    rows = list(found.order_by("-created_at", "-id")[: IMPORTS_A_PAGE + 1])
    more = len(rows) > IMPORTS_A_PAGE
    rows = rows[:IMPORTS_A_PAGE]
    return HistoryPage(
        rows=rows,
        newer=Place.of(rows[0]) if rows and before is not None else None,
        older=Place.of(rows[-1]) if rows and more else None,
    )


def _earlier(found: QuerySet[Import], place: Place) -> QuerySet[Import]:
    """Those before a place; the first condition alone lets the index begin at it."""
    return found.filter(
        Q(created_at__lt=place.created_at) | Q(created_at=place.created_at, id__lt=place.id),
        created_at__lte=place.created_at,
    )


def _later(found: QuerySet[Import], place: Place) -> QuerySet[Import]:
    return found.filter(
        Q(created_at__gt=place.created_at) | Q(created_at=place.created_at, id__gt=place.id),
        created_at__gte=place.created_at,
    )


@dataclass(frozen=True)
class EarlierImport:
    """An import of a file with the same header, as a person mapped it.

    `names` are its columns in their order, `labels` the names of the fields of its own list, by their keys: empty when
    that is the very list in question.
    """

    in_same_list: bool
    confirmed_at: datetime
    names: Sequence[str]
    mapping: Sequence[ColumnMapping]
    labels: Mapping[str, str]


def earlier_mapping(*, account_id: int, group_id: int, mark: str) -> EarlierImport | None:
    """How a file with this `header_mark` was mapped last: in this list, else in another one of the account.

    Only imports that a person confirmed, that came to their end and that nobody has undone: who cancelled one, or took
    it back, may have mapped it wrongly.
    """
    if not mark:
        return None
    undone = Import.objects.filter(account_id=account_id, undoes=OuterRef("pk"), status=Import.Status.DONE)
    found = (
        Import.objects.filter(account_id=account_id, header_mark=mark, status=Import.Status.DONE, interface="browser")
        .exclude(Exists(undone))
        .annotate(
            is_here=Case(When(group_id=group_id, then=True), default=False, output_field=BooleanField()),
            names=Func(
                "sniffed",
                template="jsonb_path_query_array(%(expressions)s, '$.columns[*].name')",
                output_field=JSONField(),
            ),
        )
        .order_by("-is_here", "-confirmed_at")
        .values("is_here", "confirmed_at", "names", "mapping", "group_id")
        .first()
    )
    if found is None:
        return None
    own = Field.objects.filter(account_id=account_id, group_id=found["group_id"])
    return EarlierImport(
        in_same_list=found["is_here"],
        confirmed_at=found["confirmed_at"],
        names=found["names"],
        mapping=[ColumnMapping.from_json(one) for one in found["mapping"]],
        labels={} if found["is_here"] else dict(own.values_list("key", "label")),
    )


def known_types(*, account_id: int, labels: Collection[str]) -> dict[str, FieldType]:
    """The type that fields with these labels have in the account's lists: folded label → type, the newest field's.

    A list that is imported again gets the types that it had, or that its likes have.
    """
    if not labels:
        return {}
    found = (
        Field.objects.annotate(folded_label=Lower("label"))
        .filter(account_id=account_id, folded_label__in={label.lower() for label in labels})
        .order_by(F("created_at").asc(), "id")
    )
    return {folded(field.label): FieldType(field.type) for field in found}
