"""The rows that an import leaves out: a first look for the pages, and all of them as a file."""

import logging
import uuid
from typing import Final

from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from imports.models import Import
from imports.rejected import RejectedRow, first_rejected, rejected_csv
from recipients.storage import FAILURES

logger = logging.getLogger(__name__)

REJECTED_SHOWN: Final = 50


def rejected_rows(run: Import) -> list[RejectedRow] | None:
    """The first rejected rows; None when their file cannot be had, which must not hide the figures."""
    if not run.report.get("rejected") or not run.rejected_key or run.is_running:
        return []
    try:
        return first_rejected(run, REJECTED_SHOWN)
    except FAILURES:
        logger.exception("the rejected rows of import %s cannot be read", run.pk)
        return None


@require_GET
@account_view(Role.READER)
def rejected(request: AccountRequest, import_id: uuid.UUID) -> HttpResponseBase:
    """The rejected rows as a CSV file."""
    found = get_object_or_404(Import, account=request.account, pk=import_id)
    if not found.rejected_key:
        raise Http404
    try:
        content = rejected_csv(found)
    except FileNotFoundError as error:
        raise Http404 from error
    name = _("rejected rows of %(file)s.csv") % {"file": found.file_name.rpartition(".")[0] or found.file_name}
    return StreamingHttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment"},
    )
