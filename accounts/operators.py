"""What the pages of the admin site are made of: lists and pages that look, links between them, actions asked twice.

No recipient's data is shown there, and nothing in which a customer may have written some: a file's name, a reason, a
note. So a row is named by `title_of`, never by its own words. The site, which opens the door across accounts, is
`config.admin_site`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import quote
from django.db.models import BigIntegerField, Model, QuerySet
from django.forms import CheckboxInput
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.templatetags.listkeep_format import NOTHING, absolute

Words = str | Promise
Column = Callable[[Any], Any]
MOST_NAMED = 20  # rows that a question before an action names


def column(name: str, label: Words, *, yes_or_no: bool = False) -> Column:
    """A column or line with the value of the row's attribute `name`; choices by their words."""

    def show(row: Any) -> Any:
        in_words = getattr(row, f"get_{name}_display", None)
        value = in_words() if in_words else getattr(row, name)
        value = value() if callable(value) else value
        if isinstance(value, datetime):
            return absolute(value)
        return NOTHING if value in (None, "") else value

    show.__name__ = name
    show.short_description = label  # type: ignore[attr-defined]  # as Django's admin has it
    show.admin_order_field = name  # type: ignore[attr-defined]
    show.boolean = yes_or_no  # type: ignore[attr-defined]
    return show


def to_page(name: str, label: Words) -> Column:
    """A column or line that leads to the page of the row that `name` refers to."""

    def show(row: Any) -> Any:
        other = getattr(row, name)
        return link(url_of(other), str(other)) if other else NOTHING

    show.__name__ = name
    show.short_description = label  # type: ignore[attr-defined]
    show.admin_order_field = name  # type: ignore[attr-defined]
    return show


def link(url: str, text: Words) -> str:
    """A link."""
    return format_html('<a href="{}">{}</a>', url, text)


def url_of(row: Model) -> str:
    """Where the page of a row is."""
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[quote(str(row.pk))])


def list_url(model: str, **query: Any) -> str:
    """Where the list of a model (`app_model`) is, filtered by `query`."""
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(query)}"


def titled(label: Words, base: type[admin.FieldListFilter] = admin.ChoicesFieldListFilter) -> Any:
    """A filter by a field, under this title."""

    class Titled(base):  # type: ignore[valid-type,misc]  # chosen above
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.title = label

    return Titled


class IsSet(admin.EmptyFieldListFilter):
    """Whether there is a time in a column: yes or no, where Django says empty or not."""

    def choices(self, changelist: Any) -> Any:
        """All, those with one, those without."""
        words = {"0": _("Yes"), "1": _("No")}
        for choice, lookup in zip(super().choices(changelist), (None, "1", "0"), strict=True):
            yield {**choice, "display": words.get(lookup, choice["display"]) if lookup else choice["display"]}


class OfAccount(admin.SimpleListFilter):
    """Only the rows of one account, which a link has named. There may be thousands, so that none is offered here."""

    title = _("account")
    parameter_name = "account__id__exact"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        if self.value() is None:
            return []
        return [(str(pk), name) for pk, name in Account.objects.filter(pk=self._number()).values_list("pk", "name")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(account_id=self._number())

    def _number(self) -> int:
        value = str(self.value())
        if not (value.isascii() and value.isdigit() and int(value) <= BigIntegerField.MAX_BIGINT):
            raise IncorrectLookupParameters
        return int(value)


@dataclass(frozen=True)
class Question:
    """What an operator is asked before an action. `choices` are fields of the form: a name, and what a tick says."""

    title: Words
    text: Words
    button: Words
    choices: Sequence[tuple[str, Words]] = ()


class LookingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's own cannot be subscripted
    """A list and a page that show `fields`; what can be done stands in `actions`. For every operator."""

    actions: Any = None
    list_per_page = 50
    show_full_result_count = False
    list_select_related: ClassVar[Any] = ("account",)

    def get_urls(self) -> list[URLPattern]:
        """The list and the page of a row."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name=f"{name}_changelist"),
            path("<path:object_id>/change/", view(self.change_view), name=f"{name}_change"),
        ]

    def title_of(self, row: Any) -> str:
        """What a row is called on these pages."""
        return str(row)

    def action_checkbox(self, obj: Any) -> SafeString:
        attributes = {"class": "action-select", "aria-label": self.title_of(obj)}
        return CheckboxInput(attributes, lambda _value: False).render(ACTION_CHECKBOX_NAME, str(obj.pk))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """The page of a row, under its title, with the actions that it has."""
        row = context["original"]
        title = self.title_of(row)
        found: Any = self.get_actions(request)
        context |= {
            "title": title,
            "subtitle": None,
            "original": title,
            "row_id": row.pk,
            "row_actions": [(name, words) for _function, name, words in found.values()],
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def ask_or_do(
        self, request: HttpRequest, rows: QuerySet[Any], question: Question, do: Callable[[Any], bool]
    ) -> HttpResponse | None:
        """Ask before an action, naming what it is about; once that is answered do it for each row.

        `do` says whether there was something to do for the row; the operator is told for how many there was.
        """
        chosen = list(rows.order_by("pk"))
        if "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "title": question.title,
                "question": question,
                "opts": self.opts,
                "action": request.POST["action"],
                "rows": [(row.pk, self.title_of(row)) for row in chosen],
                "named": [self.title_of(row) for row in chosen[:MOST_NAMED]],
                "unnamed": max(len(chosen) - MOST_NAMED, 0),
                "checkbox_name": ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(request, "admin/question.html", context)
        done = sum(do(row) for row in chosen)
        self.message_user(
            request,
            _("%(done)d of %(chosen)d: done. For the others there was nothing to do.")
            % {"done": done, "chosen": len(chosen)},
            messages.SUCCESS if done else messages.WARNING,
        )
        return None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def moment(at: Any) -> str:
    """A time in the operator's words, for titles; empty for none."""
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT") if at else ""
