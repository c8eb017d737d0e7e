"""The forms of a page, read as a browser reads them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

TYPED = ("text", "search", "email", "tel", "url", "textarea")
SENT_AS_IT_IS = ("hidden", "number", "date", "time", "datetime-local", "select")
TICKED = ("checkbox", "radio")


@dataclass
class Form:
    """A form: where it goes, and its fields with what stands in them."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)

    def filled(self, text: str) -> dict[str, str]:
        """Return the fields with a text in each that people type into."""
        return self.fields | dict.fromkeys(self.texts, text)


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[Form] = []
        self.open: Form | None = None
        self.select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.open = Form(found.get("action") or self.page, found.get("method", "get").lower())
            self.forms.append(self.open)
        elif self.open is not None:
            self._note(self.open, tag, found)

    def _note(self, form: Form, tag: str, found: dict[str, str]) -> None:
        name = found.get("name", "")
        kind = found.get("type", "text").lower() if tag == "input" else tag
        if tag == "option" and self.select and ("selected" in found or self.select not in form.fields):
            form.fields[self.select] = found.get("value", "")
        elif name and kind in TYPED:
            form.texts.append(name)
        elif name and (kind in SENT_AS_IT_IS or kind in TICKED):
            form.fields.setdefault(name, found.get("value", ""))
        if tag == "select":
            self.select = name
            form.fields.pop(name, None)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "select":
            self.select = None


def forms_of(html: str, *, page: str) -> Iterator[Form]:
    """Yield the forms of a page; one without an action goes to the page itself."""
    reader = _Reader(page)
    reader.feed(html)
    yield from reader.forms
