"""The forms of signing up and of My Account."""

from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from django import forms
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.audit_log import LISTKEEP, Topic, Wanted
from accounts.models import Account, Role, User
from accounts.services import create_account

ACCOUNT_NAME_LENGTH = Account._meta.get_field("name").max_length


class SignupForm(allauth_forms.SignupForm):  # type: ignore[misc]  # allauth has no types
    """Makes a user and the account that they own, both or neither."""

    account_name = forms.CharField(
        label=_("Company or organisation"),
        max_length=ACCOUNT_NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    field_order: ClassVar = ["account_name", "email", "password1", "password2"]

    def save(self, request: HttpRequest) -> User:
        """The new user, whose language is the one that they signed up in."""
        with transaction.atomic():
            user: User = super().save(request)
            user.language = get_language() or ""
            user.save(update_fields=["language"])
            create_account(name=self.cleaned_data["account_name"], owner=user, now=timezone.now())
        return user


class InvitedSignupForm(allauth_forms.SignupForm):  # type: ignore[misc]  # allauth has no types
    """Makes a user for somebody who was invited: with that address, and without an account of their own."""

    first_name = forms.CharField(
        label=_("First name"), max_length=150, required=False, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=150, required=False, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    field_order: ClassVar = ["email", "first_name", "last_name", "password1", "password2"]

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].initial = email
        self.fields["email"].disabled = True  # what is sent instead does not count

    def validate_unique_email(self, value: str) -> str:
        """The mail has proved whose the address is; that somebody else only wants to change to it is no matter."""
        return value

    def save(self, request: HttpRequest) -> User:
        """The new user, whose language is the one that they signed up in."""
        user: User = super().save(request)
        user.language = get_language() or ""
        user.save(update_fields=["language"])
        return user


class InvitationForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput({"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.EDITOR)


class RoleForm(forms.Form):
    """A member's role."""

    role = forms.ChoiceField(choices=Role.choices)


class MyDataForm(forms.Form):
    """A person's own name and language."""

    first_name = forms.CharField(
        label=_("First name"), max_length=150, required=False, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=150, required=False, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("As the browser asks for")), ("de", "Deutsch"), ("en", "English")],  # each in its own words
        required=False,
    )


class AccountNameForm(forms.Form):
    """The name of an account."""

    name = forms.CharField(label=_("Name of the account"), max_length=ACCOUNT_NAME_LENGTH)


class SwitchForm(forms.Form):
    """A slider: `enabled` is there when it is on."""

    enabled = forms.BooleanField(required=False)


class RetentionForm(forms.Form):
    """How many days backups are kept, within the operator's limits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        least, most = settings.RETENTION_MIN_DAYS, settings.RETENTION_MAX_DAYS
        self.fields["days"] = forms.IntegerField(
            label=_("Days"),
            min_value=least,
            max_value=most,
            help_text=format_lazy(_("From {least} to {most} days."), least=least, most=most),
        )


class AuditLogForm(forms.Form):
    """Which entries of the audit trail are shown. What cannot be understood says so and leaves nothing out."""

    topic = forms.ChoiceField(label=_("Topic"), required=False)
    person = forms.TypedChoiceField(label=_("Who"), required=False, coerce=int, empty_value=None)
    words = forms.CharField(label=_("List, file or person"), max_length=100, required=False)
    since = forms.DateField(label=_("Since"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [("", _("Everything")), *Topic.choices]  # type: ignore[attr-defined]
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            ("", _("Everybody")),
            (LISTKEEP, "Listkeep"),
            *((person.pk, person.get_full_name() or person.email) for person in people),
        ]

    def wanted(self) -> Wanted:
        """What was chosen."""
        self.full_clean()
        chosen = self.cleaned_data
        topic = chosen.get("topic")
        return Wanted(
            topic=Topic(topic) if topic else None,
            actor_id=chosen.get("person"),
            words=chosen.get("words", ""),
            since=chosen.get("since"),
            until=chosen.get("until"),
        )
