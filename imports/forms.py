"""The forms of the wizard but for the mapping itself: the file, how it is read, what the import may do."""

import codecs
from typing import Any, Final, Self

from django import forms
from django.conf import settings
from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.templatetags.listkeep_format import size
from imports.models import Import
from imports.pasting import as_table
from imports.readers import DELIMITERS, ENCODINGS, Kind, Sniffed, Source
from imports.uploads import Upload, keep
from recipients.masterdata.options import FILE_MODES, AccountValues, EmptyCells, Mode, Options, TagsMode
from recipients.models import Group

ACCEPTED: Final = ".csv,.txt,.tsv,.xlsx,.xls,.parquet,.zip,text/csv,text/plain"
BYTE_ORDER_MARK: Final = "\ufeff"

ENCODING_LABELS: Final[dict[str, Promise | str]] = {
    "utf-8": "Unicode (UTF-8)",
    "utf-16-le": "Unicode (UTF-16 LE)",
    "utf-16-be": "Unicode (UTF-16 BE)",
    "windows-1252": gettext_lazy("Western European (Windows-1252)"),
    "iso-8859-15": gettext_lazy("Western European (ISO-8859-15)"),
    "windows-1250": gettext_lazy("Central European (Windows-1250)"),
    "mac-roman": gettext_lazy("Western European (Mac Roman)"),
    "cp850": gettext_lazy("Western European (DOS, CP850)"),
}
# Rarer ones, under the names that Python gives them.
OTHER_ENCODING_LABELS: Final[dict[str, Promise]] = {
    "iso8859-2": gettext_lazy("Central European (ISO-8859-2)"),
    "cp852": gettext_lazy("Central European (DOS, CP852)"),
    "mac-latin2": gettext_lazy("Central European (Mac)"),
    "cp1254": gettext_lazy("Turkish (Windows-1254)"),
    "iso8859-9": gettext_lazy("Turkish (ISO-8859-9)"),
    "cp1251": gettext_lazy("Cyrillic (Windows-1251)"),
    "koi8-r": gettext_lazy("Cyrillic (KOI8-R)"),
    "cp866": gettext_lazy("Cyrillic (DOS, CP866)"),
    "mac-cyrillic": gettext_lazy("Cyrillic (Mac)"),
    "cp1253": gettext_lazy("Greek (Windows-1253)"),
    "iso8859-7": gettext_lazy("Greek (ISO-8859-7)"),
    "cp1257": gettext_lazy("Baltic (Windows-1257)"),
}
# A tab cannot stand in a form's value unharmed, and the empty one means a column without any delimiter.
DELIMITER_NAMES: Final = {";": "semicolon", ",": "comma", "\t": "tab", "|": "pipe", "": "none"}
DELIMITER_LABELS: Final[dict[str, Promise]] = {
    ";": gettext_lazy("Semicolon (;)"),
    ",": gettext_lazy("Comma (,)"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Vertical bar (|)"),
    "": gettext_lazy("None: one column"),
}


class UploadForm(forms.Form):
    """A file or pasted rows; either becomes an uploaded file in `cleaned_data["upload"]`."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,  # the reader says what is wrong with an empty one
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    text = forms.CharField(
        label=gettext_lazy("Rows from a spreadsheet or a list of addresses"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
    )

    @property
    def most_bytes(self) -> int:
        """So large may a file be."""
        return int(settings.UPLOAD_MOST_BYTES)

    @property
    def too_large(self) -> str:
        """What is said of a larger one."""
        return _("This file is larger than %(most)s. Pack it as a ZIP archive, or split it and import its parts.") % {
            "most": size(self.most_bytes)
        }

    def clean_file(self) -> Any:
        """The file, if it is not too large."""
        file = self.cleaned_data["file"]
        if file and file.size > self.most_bytes:
            raise forms.ValidationError(f"{file.name}: {self.too_large}")
        return file

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "file" in self.errors:
            return cleaned
        file, text = cleaned.get("file"), cleaned.get("text") or ""
        if file and text.strip():
            self.add_error("text", _("A file is chosen as well. Empty this field, or load the page again."))
        elif file:
            cleaned["upload"] = file
        elif text.strip():
            cleaned["upload"] = as_upload(text)
        elif "text" not in self.errors:
            self.add_error("file", _("Choose a file, or paste rows below."))
        return cleaned

    def refuse_upload(self, sentence: str) -> None:
        """Say beside the rows what is wrong with them; a file is named, since it must be chosen anew."""
        file = self.cleaned_data.get("file")
        if file:
            self.add_error("file", f"{file.name}: {sentence}")
        else:
            self.add_error("text", sentence)


class NewListForm(UploadForm):
    """As UploadForm, with the list that the rows go into."""

    name = forms.CharField(
        label=gettext_lazy("Name of the list"),
        max_length=Group._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    note = forms.CharField(
        label=gettext_lazy("Where the recipients come from"),
        required=False,
        max_length=Group._meta.get_field("note").max_length,
        help_text=gettext_lazy("Such as “sign-ups on our website since 2020”. Only you and your colleagues see it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def as_upload(text: str) -> Upload:
    """Pasted text as an uploaded file, in UTF-8 and marked as such, so that nobody has to guess its encoding.

    A list of addresses gets a row for each.
    """
    content = (BYTE_ORDER_MARK + as_table(text)).encode()
    return keep(content, name=_("Pasted text"), content_type="text/plain", charset="utf-8")


class SourceForm(forms.Form):
    """How the file is read; it has the fields that matter to the file's kind."""

    has_header = forms.BooleanField(label=gettext_lazy("The first row holds the names of the columns"), required=False)

    def __init__(self, data: Any = None, *, sniffed: Sniffed) -> None:
        self._kind = sniffed.source.kind
        super().__init__(data, prefix="source", initial=_initial(sniffed.source))
        if self._kind is Kind.CSV:
            self.fields["encoding"] = _choice(_("Encoding"), _encoding_choices(sniffed.source.encoding))
            self.fields["delimiter"] = _choice(
                _("Columns are separated by"), _delimiter_choices(sniffed.source.delimiter)
            )
        elif self._kind is Kind.PARQUET:  # it says itself what its columns are called
            del self.fields["has_header"]
        else:
            self.fields["sheet"] = _choice(_("Sheet"), [(name, name) for name in sniffed.sheets])
        self.order_fields(["encoding", "delimiter", "sheet", "has_header"])

    def source(self) -> Source:
        """What the person chose; the form must be valid."""
        by_name = {name: delimiter for delimiter, name in DELIMITER_NAMES.items()}
        chosen = self.cleaned_data.get("delimiter")
        return Source(
            kind=self._kind,
            encoding=self.cleaned_data.get("encoding"),
            delimiter=None if chosen is None else by_name.get(chosen, chosen),
            has_header=self.cleaned_data.get("has_header", True),
            sheet=self.cleaned_data.get("sheet"),
        )


def _choice(label: str, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices)


def _initial(source: Source) -> dict[str, Any]:
    delimiter = source.delimiter
    return {
        "encoding": source.encoding,
        "delimiter": None if delimiter is None else DELIMITER_NAMES.get(delimiter, delimiter),
        "sheet": source.sheet,
        "has_header": source.has_header,
    }


def _encoding_choices(guessed: str | None) -> list[tuple[str, Any]]:
    spelling = {} if guessed is None else {codecs.lookup(guessed).name: guessed}  # one encoding has many names
    choices: list[tuple[str, Any]] = [(name, ENCODING_LABELS[name]) for name in ENCODINGS]
    choices += [(spelling.get(name, name), label) for name, label in OTHER_ENCODING_LABELS.items()]
    if guessed is not None and guessed not in dict(choices):
        choices.append((guessed, _("Another one (%(encoding)s)") % {"encoding": codecs.lookup(guessed).name.upper()}))
    return choices


def _delimiter_choices(guessed: str | None) -> list[tuple[str, Any]]:
    choices: list[tuple[str, Any]] = [(DELIMITER_NAMES[one], DELIMITER_LABELS[one]) for one in (*DELIMITERS, "")]
    if guessed is not None and guessed not in DELIMITER_NAMES:
        choices.append((guessed, guessed))
    return choices


def _kept_or(choices: type[TextChoices], label: Any, help_text: Any) -> forms.ChoiceField:
    """A choice that may be left out, because the page shows it only where it matters: then its first one holds."""
    first = choices.values[0]
    return forms.ChoiceField(
        label=label,
        choices=choices.choices,
        initial=first,
        required=False,
        widget=forms.RadioSelect,
        help_text=help_text,
    )


class OptionsForm(forms.Form):
    """What the import may do."""

    mode = forms.ChoiceField(
        label=gettext_lazy("What the import does"),
        choices=[(mode.value, Import.Mode(mode.value).label) for mode in FILE_MODES],
        initial=Import.Mode.UPDATE_AND_ADD,
        widget=forms.RadioSelect,
    )
    empty_cells = _kept_or(
        Import.EmptyCells,
        gettext_lazy("Empty cells of the file"),
        gettext_lazy(
            "This counts for every column that you have assigned. Sign-up and sign-off dates are never cleared."
        ),
    )
    tags_mode = _kept_or(
        Import.TagsMode,
        gettext_lazy("Tags"),
        gettext_lazy("This matters only if you have assigned a column to “Tags”."),
    )
    account_values = _kept_or(
        Import.AccountValues,
        gettext_lazy("Values of fields of all lists"),
        gettext_lazy("An address has one value in these, which all lists show: a change here is seen everywhere."),
    )

    @classmethod
    def unjudged(cls, data: QueryDict | None, *, is_export: bool) -> Self:
        """The form to be shown: with what was chosen in `data`, else with what is likely meant.

        Who brings an export of Listkeep back wants their list as it was, and no other list changed by that.
        """
        initial: dict[str, Any] = {"account_values": AccountValues.FILL} if is_export else {}
        if data is not None:
            chosen = {name: data.get(name) for name in cls.base_fields}
            initial |= {name: value for name, value in chosen.items() if value}
        return cls(initial=initial)

    @property
    def takes_away(self) -> bool:
        """Whether something is chosen that takes stored values away, so that it must not stay folded."""
        chosen = {self[name].value() for name in ("empty_cells", "tags_mode")}
        return bool(chosen & {EmptyCells.CLEAR, TagsMode.REPLACE})

    def options(self) -> Options:
        """What the person chose; the form must be valid."""
        chosen = self.cleaned_data
        return Options(
            mode=Mode(chosen["mode"]),
            empty_cells=EmptyCells(chosen["empty_cells"] or EmptyCells.KEEP),
            tags=TagsMode(chosen["tags_mode"] or TagsMode.ADD),
            account_values=AccountValues(chosen["account_values"] or AccountValues.OVERWRITE),
        )
