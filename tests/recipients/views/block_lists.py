"""Where the pages of the block lists are, and what they show."""

from typing import Any

from django.urls import reverse

from recipients.models import Group
from tests.page_content import rows


def url(group: Group, *, in_list: bool = True) -> str:
    if in_list:
        return reverse("recipients:block_list", args=[group.account_id, group.pk])
    return reverse("recipients:account_block_list", args=[group.account_id])


def removal_url(group: Group, *, in_list: bool = True) -> str:
    return f"{url(group, in_list=in_list)}remove/"


def shown(response: Any) -> list[str]:
    """The patterns in the table; an editor's rows begin with a tick box."""
    return [next(cell for cell in row if cell) for row in rows(response)]
