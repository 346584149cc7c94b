"""The translation tools on a small project of their own: what `update` keeps, what `check` finds."""

import gettext
from pathlib import Path

import pytest

from config.translations import compile_catalogs, main, update
from config.translations_check import problems
from config.translations_sources import APPS, LANGUAGE, Source, sources

CODE = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext

_("Hello %(name)s")
ngettext("one list", "%(n)s lists", 3)
pgettext("of a person", "Change")
"""
PAGE = """
<div>
    {# Translators: stands on a button #}
  {% translate "Save" %}
      <p>{% blocktranslate trimmed count n=n %}
        One list
        {% plural %}
        {{ n }} lists
      {% endblocktranslate %}</p>
 <em title="{% translate 'Weiter' %}">{{ x|default:_("Nobody") }}</em>
</div>
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one module in `recipients` and one page in the shared templates."""
    for app in (*APPS, "config"):
        (tmp_path / app).mkdir()
    (tmp_path / "recipients" / "models.py").write_text(CODE)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(PAGE)
    update(tmp_path)
    return tmp_path


def po(project: Path, name: str) -> Path:
    return next(source.po for source in sources(project) if source.name == name)


def translate(project: Path, name: str, *pairs: tuple[str, str]) -> None:
    """Replace text in a catalog, each of which must be there."""
    text = po(project, name).read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    po(project, name).write_text(text)


def translate_all(project: Path) -> None:
    translate(
        project,
        "recipients",
        ('msgid "Hello %(name)s"\nmsgstr ""', 'msgid "Hello %(name)s"\nmsgstr "Hallo %(name)s"'),
        ('msgstr[0] ""\nmsgstr[1] ""', 'msgstr[0] "eine Liste"\nmsgstr[1] "%(n)s Listen"'),
        ('msgid "Change"\nmsgstr ""', 'msgid "Change"\nmsgstr "Ändern"'),
    )
    translate(
        project,
        "shared",
        ('msgid "Save"\nmsgstr ""', 'msgid "Save"\nmsgstr "Speichern"'),
        ('msgid "Weiter"\nmsgstr ""', 'msgid "Weiter"\nmsgstr "Weiter"'),
        ('msgid "Nobody"\nmsgstr ""', 'msgid "Nobody"\nmsgstr "Niemand"'),
        ('msgstr[0] ""\nmsgstr[1] ""', 'msgstr[0] "Eine Liste"\nmsgstr[1] "%(n)s Listen"'),
    )


def check(project: Path) -> list[str]:
    return problems(sources(project), sources(project))


def test_update_writes_each_message_into_the_catalog_of_its_place(project: Path) -> None:
    found = {source.name: messages(source) for source in sources(project)}
    assert found == {
        "accounts": [],
        "recipients": ["Change", "Hello %(name)s", "one list"],
        "imports": [],
        "backups": [],
        "shared": ["Nobody", "One list", "Save", "Weiter"],
    }


def messages(source: Source) -> list[str]:
    if not source.po.exists():
        return []
    lines = source.po.read_text().splitlines()
    return [line[7:-1] for line in lines if line.startswith("msgid ") and line != 'msgid ""']


def test_update_writes_the_comment_for_translators(project: Path) -> None:
    assert (
        '#. Translators: stands on a button\n#: templates/page.html\nmsgid "Save"' in po(project, "shared").read_text()
    )


def test_update_again_changes_nothing(project: Path) -> None:
    translate_all(project)
    assert update(project) == []


def test_update_of_one_catalog_leaves_the_others(project: Path) -> None:
    (project / "recipients" / "models.py").write_text(CODE + '_("Shared")\n')
    (project / "templates" / "page.html").write_text(PAGE + '{% translate "Shared" %}')
    assert update(project, ["recipients"]) == [po(project, "recipients")]


def test_update_drops_what_is_not_used_and_takes_a_moved_translation_along(project: Path) -> None:
    translate_all(project)
    (project / "templates" / "page.html").write_text("")
    (project / "accounts" / "views.py").write_text('_("Save")')
    update(project)
    assert messages(sources(project)[-1]) == []
    assert 'msgid "Save"\nmsgstr "Speichern"' in po(project, "accounts").read_text()


def test_check_of_a_whole_translation_finds_nothing(project: Path) -> None:
    translate_all(project)
    assert check(project) == []


def test_check_finds_each_missing_translation(project: Path) -> None:
    translate_all(project)
    translate(project, "recipients", ('msgstr[1] "%(n)s Listen"', 'msgstr[1] ""'))
    translate(project, "shared", ('msgstr "Speichern"', 'msgstr ""'))
    assert check(project) == [
        f"recipients/locale/{LANGUAGE}/LC_MESSAGES/django.po: 'one list' is not translated",
        f"locale/{LANGUAGE}/LC_MESSAGES/django.po: 'Save' is not translated",
    ]


def test_check_finds_a_message_that_is_not_in_the_catalog(project: Path) -> None:
    translate_all(project)
    (project / "recipients" / "models.py").write_text(CODE + '_("New")\n')
    assert check(project) == [
        f"recipients/locale/{LANGUAGE}/LC_MESSAGES/django.po: 'New' is used but not in the catalog; run make messages"
    ]


def test_check_finds_a_message_that_is_no_longer_used(project: Path) -> None:
    translate_all(project)
    (project / "recipients" / "models.py").write_text(CODE.replace('pgettext("of a person", "Change")', ""))
    name = f"recipients/locale/{LANGUAGE}/LC_MESSAGES/django.po"
    assert check(project) == [f"{name}: 'Change' is in the catalog but not used; run make messages"]


def test_check_finds_a_lost_placeholder(project: Path) -> None:
    translate_all(project)
    translate(project, "recipients", ('"Hallo %(name)s"', '"Hallo %(nam)s"'))
    name = f"recipients/locale/{LANGUAGE}/LC_MESSAGES/django.po"
    assert check(project) == [f"{name}: 'Hello %(name)s' has other placeholders than its translation 'Hallo %(nam)s'"]


def test_check_finds_a_fuzzy_entry(project: Path) -> None:
    translate_all(project)
    translate(project, "shared", ('msgid "Save"', '#, fuzzy\nmsgid "Save"'))
    assert check(project) == [f"locale/{LANGUAGE}/LC_MESSAGES/django.po: 'Save' is marked fuzzy"]


def test_check_finds_an_obsolete_entry(project: Path) -> None:
    translate_all(project)
    po(project, "shared").write_text(po(project, "shared").read_text() + '\n#~ msgid "Old"\n#~ msgstr "Alt"\n')
    assert check(project) == [
        f"locale/{LANGUAGE}/LC_MESSAGES/django.po: 'Old' is kept as a comment though it is not used; run make messages"
    ]


def test_check_finds_two_translations_of_one_message(project: Path) -> None:
    translate_all(project)
    (project / "accounts" / "views.py").write_text('_("Save")')
    update(project)
    translate(project, "accounts", ('msgstr "Speichern"', 'msgstr "Sichern"'))
    assert check(project) == ["'Save' is 'Sichern' in accounts but 'Speichern' in shared"]


def test_compile_makes_a_catalog_that_gettext_reads(project: Path) -> None:
    translate_all(project)
    compile_catalogs(project)
    with po(project, "recipients").with_suffix(".mo").open("rb") as file:
        catalog = gettext.GNUTranslations(file)
    assert catalog.ngettext("one list", "%(n)s lists", 2) == "%(n)s Listen"
    assert catalog.pgettext("of a person", "Change") == "Ändern"


def test_command_with_an_unknown_catalog_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["check", "nothing"])
    assert stop.value.code == 2
    assert "no such catalog: nothing" in capsys.readouterr().err
