"""One list of recipients as a Django project would plainly have it: a column a field, the address once in each list."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class Account(models.Model):
    """Whose lists they are."""

    objects: ClassVar = models.Manager["Account"]()

    class Meta:
        app_label = "peer"

    def __str__(self) -> str:
        return str(self.pk)


class Group(models.Model):
    """A list."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)

    objects: ClassVar = models.Manager["Group"]()

    class Meta:
        app_label = "peer"

    def __str__(self) -> str:
        return str(self.pk)


class Recipient(models.Model):
    """One address in one list. The unique key serves to find them too, so that no other index has to be kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, db_index=False)
    email = models.CharField(max_length=254)
    registered_at = models.DateTimeField(default=timezone.now)
    activated_at = models.DateTimeField(default=timezone.now)
    first_name = models.TextField(blank=True)
    last_name = models.TextField(blank=True)
    city = models.TextField(blank=True)
    street = models.TextField(blank=True)
    born_on = models.DateField(null=True)
    turnover = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    number = models.TextField(blank=True)
    gender = models.CharField(max_length=10, blank=True)
    remark = models.TextField(blank=True)

    objects: ClassVar = models.Manager["Recipient"]()

    class Meta:
        app_label = "peer"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "group", "email"], name="peer_recipient_address_once")
        ]

    def __str__(self) -> str:
        return self.email
