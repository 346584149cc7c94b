"""What a reader finds in a page: the texts of a table, of the notices, of the fields' errors."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

# When the place of something that runs asks for itself: a moment after the page was opened or shown again, then each
# second.
EACH_SECOND = "pageshow from:window delay:250ms, every 1s"
VOID = {"area", "br", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Element:
    """One element of a page with what is in it, in order."""

    tag: str
    attributes: dict[str, str | None]
    content: "list[Element | str]" = field(default_factory=list)

    def all(self, tag: str = "", css_class: str = "") -> "list[Element]":
        """The elements below this one with a tag and a class, in the page's order; nothing asked, all are meant."""
        found = []
        for part in self.content:
            if isinstance(part, Element):
                classes = (part.attributes.get("class") or "").split()
                if tag in ("", part.tag) and css_class in ("", *classes):
                    found.append(part)
                found += part.all(tag, css_class)
        return found

    @property
    def text(self) -> str:
        """The text of the element, with single spaces."""
        parts = [part if isinstance(part, str) else part.text for part in self.content]
        return " ".join(" ".join(parts).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].content.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].content.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        element = self.open.pop()
        if tag == "template":  # nothing of it is shown
            self.open[-1].content.remove(element)

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


def read(response: Any) -> Element:
    """The elements of an answer; fails when one is not closed, or not in its turn."""
    reader = _Reader()
    reader.feed(response.content.decode())
    reader.close()
    assert [element.tag for element in reader.open] == [""], "an element is not closed"
    return reader.root


def rows(response: Any) -> list[list[str]]:
    """The texts of the cells of each row of the page's tables, without their heads."""
    return [[cell.text for cell in row.all("td")] for row in read(response).all("tr") if row.all("td")]


def notices(response: Any) -> list[str]:
    """The texts of the notices."""
    return [notice.text for notice in read(response).all(css_class="notice__body")]


def errors(response: Any) -> list[str]:
    """The errors beside the fields."""
    return [error.text for error in read(response).all(css_class="field__error")]
