"""The parts of an XLSX workbook around its one sheet: always the same but for the sheet's name and size."""

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from backups.exports.sheet_xml import NAMESPACE, letters
from recipients.masterdata.labels import Language

_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TITLES: Final[dict[Language, str]] = {"de": "Empfänger", "en": "Recipients"}
_TITLE_CHARACTERS: Final = 31  # as UTF-16 counts them
_NOT_IN_TITLES: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f\ufffe\uffff]+")
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_CONTENT_TYPES: Final = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/styles.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>'
)
_RELATION: Final = '<Relationship Id="rId{number}" Type="{relations}/{kind}" Target="{target}"/>'
# In the order of `sheet_xml.Style`; 49 is text, 14 the short date of whoever opens it.
_STYLES: Final = (
    f'<styleSheet xmlns="{NAMESPACE}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def parts_of(*, title: str, language: Language, columns: int, rows: int) -> dict[str, str]:
    """The parts by their names; the sheet is called as the list, as far as a sheet may be."""
    name = sheet_name(title, language)
    quoted = name.replace("'", "''")
    area = escape(f"'{quoted}'!$A$1:${letters(columns - 1)}${rows + 1}")
    workbook = (
        f'<workbook xmlns="{NAMESPACE}" xmlns:r="{_RELATIONS}">'
        f'<sheets><sheet name={quoteattr(name)} sheetId="1" r:id="rId1"/></sheets>'
        '<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">'
        f"{area}</definedName></definedNames></workbook>"
    )
    own = [("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")]
    return {
        "[Content_Types].xml": _HEAD + _CONTENT_TYPES,
        "_rels/.rels": _HEAD + _relations([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _HEAD + workbook,
        "xl/_rels/workbook.xml.rels": _HEAD + _relations(own),
        "xl/styles.xml": _HEAD + _STYLES,
    }


def _relations(targets: list[tuple[str, str]]) -> str:
    each = "".join(
        _RELATION.format(number=number, relations=_RELATIONS, kind=kind, target=target)
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{each}</Relationships>'


def sheet_name(title: str, language: Language) -> str:
    """The name of a sheet: at most 31 characters, without those that Excel refuses, no apostrophe at its ends."""
    name = _NOT_IN_TITLES.sub(" ", title)
    while len(name.encode("utf-16-le")) > 2 * _TITLE_CHARACTERS:
        name = name[:-1]
    name = name.strip(" '")
    # "History" is a name that Excel keeps for itself.
    return name if name and name.lower() != "history" else _TITLES[language]
