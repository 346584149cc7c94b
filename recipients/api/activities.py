"""Activities: what recipients did, added in bulk by the program that sends mail, and read."""

from typing import Annotated

from django.http import Http404
from ninja import Router
from pydantic import Field as Member

from accounts.api.cursors import cursor_of, number_of
from accounts.api.gate import ApiRequest
from accounts.api.schemas import USUAL_PAGE, Cursor, Given, GivenMoment, Limit, Moment, Text, Told
from recipients.api.found import group_or_404
from recipients.api.people import RefusedTold
from recipients.given_rows import MOST_ROWS
from recipients.models import Activity, Recipient
from recipients.services.activities import MOST_SUBJECT_LENGTH, GivenActivity, add_activities

router = Router(tags=["Activities"])


class NewActivity(Given):
    """Something that a recipient did. `subject`: the mailing's subject or the link."""

    email: Annotated[Text, Member(max_length=1_000)]
    kind: Activity.Kind
    at: GivenMoment
    subject: Annotated[Text, Member(max_length=MOST_SUBJECT_LENGTH)] = ""


class GivenActivities(Given):
    """Activities of recipients of one list. The same again is kept again: send an Idempotency-Key."""

    activities: Annotated[list[NewActivity], Member(min_length=1, max_length=MOST_ROWS)]


class AddedTold(Told):
    """`added + missing + refused` are all that were given. `missing`: the address is not in the list."""

    added: int
    missing: int
    refused: list[RefusedTold]


class ActivityTold(Told):
    """Something that a recipient did."""

    kind: str
    at: Moment
    subject: str


class ActivitiesTold(Told):
    """A page of activities, those that were added last first."""

    items: list[ActivityTold]
    next_cursor: str | None


@router.post("/groups/{int:group_id}/activities", response=AddedTold)
def report_activities(request: ApiRequest, group_id: int, body: GivenActivities) -> AddedTold:
    """Keep what recipients of a list did, up to 5,000 at a call."""
    given = [GivenActivity(one.email, one.kind, one.at, one.subject) for one in body.activities]
    done = add_activities(group=group_or_404(request, group_id), activities=given)
    return AddedTold(
        added=done.added, missing=done.missing, refused=[RefusedTold.from_orm(one) for one in done.refused]
    )


@router.get("/groups/{int:group_id}/recipients/{int:recipient_id}/activities", response=ActivitiesTold)
def list_activities(
    request: ApiRequest, group_id: int, recipient_id: int, cursor: Cursor | None = None, limit: Limit = USUAL_PAGE
) -> ActivitiesTold:
    """What a recipient did, those that were added last first."""
    group = group_or_404(request, group_id)
    if not Recipient.objects.of(account_id=group.account_id, group_id=group.pk).filter(id=recipient_id).exists():
        raise Http404
    activities = Activity.objects.filter(account_id=group.account_id, recipient_id=recipient_id)
    before = number_of(cursor)
    if before:
        activities = activities.filter(id__lt=before)
    found = list(activities.order_by("-id")[: limit + 1])
    return ActivitiesTold(
        items=[ActivityTold.from_orm(one) for one in found[:limit]],
        next_cursor=cursor_of(str(found[limit - 1].id)) if len(found) > limit else None,
    )
