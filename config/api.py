"""The REST interface: which calls there are, and its name and description."""

from accounts.api import account
from accounts.api.description import DescriptionPage
from accounts.api.interface import Interface
from backups.api import catalogue, restores
from recipients.api import activities, blocking, fields, groups, recipients

api = Interface(
    title="Listkeep",
    version="1",
    description="Lists, recipients and backups of one account, for its own programs.",
    urls_namespace="api",
    docs=DescriptionPage(),
)
for part in (account, groups, fields, recipients, activities, blocking, catalogue, restores):
    api.add_router("", part.router)
