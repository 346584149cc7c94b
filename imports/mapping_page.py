"""The mapping page as a whole: all its forms, made from a draft and from what a person has entered so far.

Two columns for one field are refused, because one of them would be lost. One column for two fields is allowed: nothing
is lost by it, and a date of the sign-up may well be that of the activation, too.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from imports.forms import OptionsForm, SourceForm
from imports.mapping_forms import (
    NewFieldForm,
    TargetForm,
    chosen_position,
    prefix_of_new,
)
from imports.new_fields import NewField
from imports.queries import earlier_mapping, known_types
from imports.readers import (
    STATUS_TARGET,
    ColumnMapping,
    Guess,
    Recalled,
    Sniffed,
    SniffedColumn,
    Source,
    Status,
    guess_columns,
    header_mark,
)
from imports.readers.statuses import speaks_of
from imports.recalling import recall
from imports.samples import Notations, shown_samples, suggested_type
from imports.targets import base_targets, column_names, field_targets
from recipients.masterdata.file import MAX_FIELDS, FieldScope
from recipients.masterdata.labels import exported_language, folded
from recipients.models import Group
from recipients.queries import fields_of
from recipients.services import FieldLabelTaken, FieldRefused, TooManyFields

ROWS_SHOWN = 3
# Columns with a new field in place. More cannot become fields at once anyway, and each costs the form five values.
NEW_FIELDS_SHOWN = 100
NEW_FIELDS_UNFOLDED = 8


class MappingPage:
    """Without `data`: what Listkeep guesses. With it: what the person entered, judged when `checked`.

    `entered_for`: the columns that `data` was entered for, when the file has been read otherwise since. If there are as
    many now, the choices stay.
    """

    def __init__(
        self,
        *,
        group: Group,
        sniffed: Sniffed,
        data: QueryDict | None = None,
        checked: bool = False,
        entered_for: Sequence[SniffedColumn] | None = None,
    ) -> None:
        self.group = group
        self.sniffed = sniffed
        self.error = ""
        self.unoffered: list[str] = []
        self._fields = fields_of(group)
        self._names = column_names(sniffed.columns)
        self._targets = [*base_targets(), *field_targets(self._fields)]
        self._is_export = exported_language([column.name for column in sniffed.columns]) is not None
        self._notations = Notations(sniffed.columns, is_export=self._is_export)
        self._recalled = self._recall()
        before = sniffed.columns if entered_for is None else entered_for
        self._data = self._settled(data, before) if data is not None and len(before) == len(sniffed.columns) else None
        self.checked = checked and self._data is not None
        self.source = SourceForm(sniffed=sniffed)
        self.options = self._options_form(data)
        self.targets = self._target_forms()
        self.new_fields = self._new_field_forms()

    # --- what the template shows ---

    @property
    def email(self) -> TargetForm:
        """The address."""
        return self.targets[0]

    @property
    def of_list(self) -> list[TargetForm]:
        """The list's own fields."""
        return [form for form in self.targets if form.target.scope is FieldScope.LIST]

    @property
    def of_account(self) -> list[TargetForm]:
        """The account-wide fields."""
        return [form for form in self.targets if form.target.scope is FieldScope.ACCOUNT]

    @property
    def registration(self) -> list[TargetForm]:
        """Registration information."""
        return [form for form in self.targets if form.target.scope is None and not form.target.is_email]

    @property
    def registration_mapped(self) -> int:
        """How much of the registration information a column fills."""
        return sum(form.position is not None for form in self.registration)

    @property
    def registration_open(self) -> bool:
        """Whether something stands in registration information that the person should see: it must not stay folded."""
        if self.checked and any(form.errors for form in self.registration):
            return True
        return any(form.doubt or form.has_alternative or form.tells_status for form in self.registration)

    @property
    def unheard(self) -> list[str]:
        """The columns that seem to know of people who must not be written to, though no target hears it."""
        heard = {form.target.key for form in self.registration if form.position is not None or form.has_alternative}
        by_status = {Status.UNSUBSCRIBED: "deactivated_at", Status.BOUNCED: "bounced_at"}
        return [
            self._names[column.position]
            for column in self.sniffed.columns
            if (status := speaks_of(column)) is not None and heard.isdisjoint({STATUS_TARGET, by_status[status]})
        ]

    @property
    def beside_the_dates(self) -> list[str]:
        """The columns of an export of Listkeep that no target takes and that seem to tell a status beside its dates.

        Fields of a list that is gone may well, and the dates are right; but somebody may have added one by hand since.
        """
        taken = {form.position for form in self.targets}
        return [
            self._names[column.position]
            for column in self.sniffed.columns
            if self._is_export and column.position not in taken and speaks_of(column) is not None
        ]

    @property
    def column_names(self) -> list[str]:
        """The file's columns, in its order."""
        return self._names

    @property
    def unused(self) -> int:
        """How many columns no field takes."""
        return len(self.new_fields) + len(self.unoffered)

    @property
    def room(self) -> int:
        """So many fields can still be made."""
        return max(0, MAX_FIELDS - len(self._fields))

    @property
    def most_fields(self) -> int:
        """So many fields a list can have; 0 where all of these columns can become fields."""
        return MAX_FIELDS if self.unused > self.room else 0

    @property
    def new_fields_are_few(self) -> bool:
        """Whether the new fields need no fold."""
        return len(self.new_fields) <= NEW_FIELDS_UNFOLDED

    @property
    def new_fields_open(self) -> bool:
        """Whether a field is to be made, so that they must not stay folded."""
        return any(form["create"].value() for form in self.new_fields)

    @property
    def left_out(self) -> list[str]:
        """The columns that will not be imported."""
        return [*(form.name for form in self.new_fields if not form["create"].value()), *self.unoffered]

    @property
    def first_rows(self) -> tuple[tuple[str, ...], ...]:
        """The file's first rows."""
        return self.sniffed.sample[:ROWS_SHOWN]

    @property
    def source_mark(self) -> str:
        """Tells the way of reading that this page shows from every other."""
        return mark_of(self.sniffed.source)

    # --- what the person chose ---

    @cached_property
    def is_valid(self) -> bool:
        """Whether the import can start; else the forms hold errors beside their causes."""
        shown: list[forms.Form] = [self.options, *self.targets, *self.new_fields]
        for form in shown:
            form.full_clean()
        if not any(form.errors for form in shown):
            self._refuse_names_taken()
            self._refuse_too_many()
        return all(not form.errors for form in shown)

    def mapping(self) -> list[ColumnMapping]:
        """Which column fills what; the page must be valid."""
        return [one for form in self.targets if (one := form.mapping())]

    def fields_to_make(self) -> list[NewField]:
        """The fields that the person wants made; the page must be valid."""
        return [one for form in self.new_fields if (one := form.new_field())]

    def refuse_field(self, position: int, reason: FieldRefused) -> None:
        """Say beside a new field why it cannot be made."""
        for form in self.new_fields:
            if form.column.position == position:
                form.add_error("label", field_refused_sentence(reason))

    def _refuse_names_taken(self) -> None:
        """Two columns for one field are a mistake, whether the field is there or is to be made twice."""
        taken = {folded(target.label) for target in self._targets if target.key != STATUS_TARGET}
        for form in self.new_fields:
            label = form.cleaned_data["label"]
            if not form.cleaned_data["create"]:
                continue
            if folded(label) in taken:
                form.add_error("label", field_refused_sentence(FieldLabelTaken(label)))
            taken.add(folded(label))

    def _refuse_too_many(self) -> None:
        wanted = [form for form in self.new_fields if form.cleaned_data["create"]]
        if len(wanted) > self.room:
            wanted[self.room].add_error(
                "create", _("A list has at most %(most)d fields. Create fewer.") % {"most": MAX_FIELDS}
            )

    # --- the forms ---

    def _options_form(self, data: QueryDict | None) -> OptionsForm:
        return OptionsForm(data) if self.checked else OptionsForm.unjudged(data, is_export=self._is_export)

    def _recall(self) -> Recalled | None:
        """What a person chose for such a file; for an export of Listkeep only what they chose in this very list."""
        columns = self.sniffed.columns
        earlier = earlier_mapping(
            account_id=self.group.account_id,
            group_id=self.group.pk,
            mark=header_mark([column.name for column in columns]),
        )
        if earlier is None or (self._is_export and not earlier.in_same_list):
            return None
        return recall(earlier, columns=columns, fields=self._fields)

    def _target_forms(self) -> list[TargetForm]:
        columns = self.sniffed.columns
        guessed = guess_columns(columns, [field.definition() for field in self._fields], self._recalled)
        guesses: dict[str, Guess] = {guess.mapping.target: guess for guess in guessed}
        numbered = [(str(position), name) for position, name in enumerate(self._names)]
        return [
            TargetForm(
                self._data if self.checked or self._has(f"to-{target.key}-column") else None,
                checked=self.checked,
                target=target,
                columns=columns,
                choices=[("", _("– choose a column –") if target.is_email else _("– not imported –")), *numbered],
                guess=guesses.get(target.key),
                notations=self._notations,
            )
            for target in self._targets
        ]

    def _new_field_forms(self) -> list[NewFieldForm]:
        """One for each column that no target takes. In a judged page only for those that the person has seen."""
        taken = {form.position for form in self.targets}
        free = [column for column in self.sniffed.columns if column.position not in taken]
        if self.checked:
            free = [column for column in free if self._has(f"{prefix_of_new(column)}-label")]
        self.unoffered = [self._names[column.position] for column in free[NEW_FIELDS_SHOWN:]]
        del free[NEW_FIELDS_SHOWN:]
        to_create = self._recalled.to_create if self._recalled else {}
        labels = {column.position: to_create.get(column.position, column.name) for column in free}
        known = known_types(account_id=self.group.account_id, labels=list(filter(None, labels.values())))
        ticked = self._ticked(free)
        return [
            NewFieldForm(
                self._data if self._has(f"{prefix_of_new(column)}-label") else None,
                checked=self.checked,
                column=column,
                name=self._names[column.position],
                label=to_create.get(column.position, self._names[column.position]),
                suggested=suggested_type(column, known.get(folded(labels[column.position]))),
                create=column.position in ticked,
                notations=self._notations,
            )
            for column in free
        ]

    def _ticked(self, free: Sequence[SniffedColumn]) -> set[int]:
        """The columns that become fields unless the person objects.

        In a list without fields of its own these are all that say something: who brings a list back loses nothing. But
        where the person has decided for such a file before, it is what they decided.
        """
        if self._recalled is not None:
            return set(self._recalled.to_create)
        given_up = self._data is not None  # what the person took out of a field shall not come back as another
        if given_up or any(field.group_id is not None for field in self._fields):
            return set()
        telling = [column.position for column in free if column.name and shown_samples(column)]
        return set(telling[: self.room])

    def _settled(self, data: QueryDict, before: Sequence[SniffedColumn]) -> QueryDict:
        """What was entered, brought up to the columns as they are now.

        A column that was chosen since the page was shown gets its likeliest notation; the page says in
        `to-<target>-shown` for which column it showed one. A new field that is called as its column was follows it.
        """
        changed = data.copy()
        for column, old, new in zip(self.sniffed.columns, column_names(before), self._names, strict=True):
            if data.get(f"{prefix_of_new(column)}-label") == old:
                changed[f"{prefix_of_new(column)}-label"] = new
        for target in self._targets:
            prefix = f"to-{target.key}"
            position = chosen_position(data.get(f"{prefix}-column"), self.sniffed.columns)
            if position is None or data.get(f"{prefix}-shown") == str(position):
                continue
            for name, value in self._notations.for_target(target, self.sniffed.columns[position]).items():
                changed[f"{prefix}-{name}"] = value
        return changed

    def _has(self, name: str) -> bool:
        return self._data is not None and name in self._data


def field_refused_sentence(reason: FieldRefused) -> str:
    """Why a field cannot be made, and what to do, in the present language."""
    match reason:
        case FieldLabelTaken(group_name=""):
            return _("There is a field of this name already. Choose it above, or take another name.")
        case FieldLabelTaken():
            return _("The list “%(list)s” has a field of this name. Take another name, or create it for this list.") % {
                "list": reason.group_name
            }
        case TooManyFields():
            return _("The list “%(list)s” has as many fields as a list can have. Create fewer.") % {
                "list": reason.group_name
            }
    raise TypeError(f"{reason!r} has no sentence.")


def mark_of(source: Source) -> str:
    """A short text that two equal ways of reading share."""
    return hashlib.sha256(json.dumps(source.to_json(), sort_keys=True).encode()).hexdigest()[:16]
