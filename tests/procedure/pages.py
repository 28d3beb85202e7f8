"""A page of the console as a clerk meets it: links, forms, labels, buttons; no browser."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
NEEDS_NO_END = frozenset({"p", "li", "option", "dt", "dd"})


class NotOnThePageError(AssertionError):
    """No such link, form, field or button; the text says what there is."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tree, self.open = TreeBuilder(), ["page"]
        self.tree.start("page", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tree.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self.tree.end(tag)
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.open:
            return
        while True:
            last = self.open.pop()
            self.tree.end(last)
            if last == tag:
                return
            assert last in NEEDS_NO_END, f"<{last}> is not closed before </{tag}>"

    def handle_data(self, data: str) -> None:
        self.tree.data(data)


class Page:
    """A parsed page."""

    def __init__(self, html: str) -> None:
        reader = _Reader()
        reader.feed(html)
        reader.close()
        while reader.open:
            reader.tree.end(reader.open.pop())
        self.root: Element = reader.tree.close()
        self._above = {child: one for one in self.root.iter() for child in one}

    @property
    def words(self) -> str:
        """What the page says."""
        body = self.root.find(".//body")
        return words(self.root if body is None else body)

    def text_of(self, of_class: str) -> str:
        """The text of the first element of a class."""
        return words(next(one for one in self.root.iter() if one.get("class") == of_class))

    def link(self, named: str) -> str:
        """Where the link with that text leads, what stands in brackets after it left off or not;
        `text #2`: the second of that text."""
        text, _, order = named.partition(" #")
        links = [one for one in self.root.iter("a") if one.get("href")]
        found = [
            one
            for one in links
            if text in (words(one), one.get("aria-label")) or words(one).startswith(f"{text}（")
        ]
        if len(found) >= int(order or 1):
            return found[int(order or 1) - 1].attrib["href"]
        raise NotOnThePageError(f"no link {named}: {[words(one) for one in links]} {self.words}")

    def form(self, button: str) -> tuple[Element, Element]:
        """The form with that button, and the button."""
        seen = []
        for form in self.root.iter("form"):
            for one in form.iter("button"):
                seen.append(words(one))
                if button in (words(one), one.get("aria-label")):
                    assert "disabled" not in one.attrib, f"{button} cannot be pressed: {self.words}"
                    return form, one
        raise NotOnThePageError(f"no button {button}: {seen}; the page says: {self.words}")

    def fields(self, form: Element, named: str) -> list[Element]:
        """The fields of a form with that label; `legend/label` for those of one group."""
        group, _, label = named.rpartition("/")
        names = {one.get("for"): words(one) for one in self.root.iter("label") if one.get("for")}
        found = [
            one
            for one in controls(form)
            if self._is_called(one, label, names) and (not group or self._is_in(one, group))
        ]
        if not found:
            raise NotOnThePageError(f"no field {named}: {sorted(filter(None, names.values()))}")
        return found

    def _is_called(self, field: Element, label: str, names: dict[str | None, str]) -> bool:
        above = self._above[field]
        wrapped = words(above) if above.tag == "label" else ""
        called = (field.get("aria-label", ""), names.get(field.get("id"), ""), wrapped)
        return any(one == label or one.startswith((f"{label} ", f"{label}（")) for one in called)

    def _is_in(self, field: Element, group: str) -> bool:
        one: Element | None = field
        while one is not None and one.tag != "fieldset":
            one = self._above.get(one)
        legend = one.find("legend") if one is not None else None
        return legend is not None and words(legend).startswith(group)


def words(element: Element) -> str:
    """The text of an element in one line."""
    return " ".join("".join(element.itertext()).split())


def controls(form: Element) -> Iterator[Element]:
    """Everything of a form that carries a value, in its order."""
    return (one for one in form.iter() if one.tag in {"input", "select", "textarea"})


def value_of(field: Element) -> list[str]:
    """What a field sends as it stands."""
    if field.tag == "textarea":
        return [field.text or ""]
    if field.tag == "select":
        options = list(field.iter("option"))
        chosen = [one for one in options if "selected" in one.attrib] or options[:1]
        return [one.get("value", words(one)) for one in chosen]
    if field.get("type") in {"checkbox", "radio"}:
        return [field.get("value", "on")] if "checked" in field.attrib else []
    return [] if field.get("type") == "file" else [field.get("value", "")]


def fill(field: Element, value: object) -> None:
    """Write into a field: a text, `yes` or `no` for a box, the words of an option."""
    text = str(value)
    if field.tag == "textarea":
        field.text = text
    elif field.tag == "select":
        options = list(field.iter("option"))
        chosen = [one for one in options if words(one).startswith(text)]
        if not chosen:
            raise NotOnThePageError(f"no option {text}: {[words(one) for one in options]}")
        for one in options:
            one.attrib.pop("selected", None)
        chosen[0].set("selected", "")
    elif field.get("type") in {"checkbox", "radio"}:
        field.attrib.pop("checked", None)
        if text == "yes":
            field.set("checked", "")
    else:
        field.set("value", text)
