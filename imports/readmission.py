"""Readmission: how somebody lets erased people in again by an import, counted and knowingly.

Without it an import leaves them out as `erased`. Who stood on a block list when they were erased stays out in any case.
"""

from datetime import datetime

from django.db import transaction

from imports.confirming import start_preview
from imports.models import Import
from recipients.erased import erased_of, readmit
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.options import Mode


@transaction.atomic
def preview_readmitting(*, run: Import, wanted: bool) -> None:
    """Make the preview anew with the erased people of the file, or without them. Confirmed imports go on."""
    current = Import.objects.select_for_update().get(account_id=run.account_id, pk=run.pk)
    if current.status in (Import.Status.PREVIEWING, Import.Status.PREVIEWED):
        current.readmit_erased = wanted
        current.save(update_fields=["readmit_erased"])
        start_preview(run=current, reactivate=current.reactivate)


def let_in_again(*, run: Import, file: MasterDataFile, now: datetime) -> int:
    """Those whom the import has just added although they were erased count as erased no more; gives how many.

    In the transaction that applies the rows, with the list locked.
    """
    if not run.readmit_erased or not Mode(run.mode).adds:
        return 0
    erased = erased_of(run.account_id)
    digests = [erased.digest_of(email) for batch in file.batches(["email"]) for email in batch.column(0).to_pylist()]
    return readmit(
        account_id=run.account_id,
        digests=erased.digests.intersection(digests),
        actor_id=run.requested_by_id,
        subject=run.group.name,
        now=now,
    )
