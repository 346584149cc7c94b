"""Pages of a list that the planner knows nothing of: they are read from their index, as those of any other list."""

from typing import Any

import pytest

from accounts.tenancy import account_scope
from recipients.listing import PAGE, Choice, Status, read_page
from recipients.models import Group, Recipient
from tests.factories import NOW, make_account, make_group
from tests.recipients.statistics import fill_list, others_are_known, rows_read

LENGTH = 20_000
FEW = 4 * PAGE  # rows: a page is found in the index and then read


@pytest.fixture
def group(committed_db: None) -> Group:
    others_are_known(LENGTH)
    group = make_group(make_account(), "Kunden")
    fill_list(group, LENGTH)
    with account_scope(group.account_id):
        Recipient.objects.filter(account_id=group.account_id, email__endswith="7@example.org").update(
            deactivated_at=NOW
        )
    return group


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"after": "person5000@example.org"},
        {"before": "person5000@example.org"},
        {"search": "person77"},
        {"status": Status.INACTIVE},
        {"status": Status.BOUNCED},
        {"status": Status.ACTIVE},
    ],
)
def test_a_page_reads_few_rows(group: Group, choice: dict[str, Any]) -> None:
    with account_scope(group.account_id), rows_read("recipients_recipient") as read:
        page = read_page(group=group, choice=Choice(**choice))
    assert bool(page.recipients) == (choice.get("status") is not Status.BOUNCED)
    assert read[0] < FEW


def test_one_recipient_is_looked_up(group: Group) -> None:
    with account_scope(group.account_id), rows_read("recipients_recipient") as read:
        Recipient.objects.of(account_id=group.account_id, group_id=group.pk).get(email="person777@example.org")
    assert read == [1]
