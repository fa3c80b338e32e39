"""One item of an XML feed: from its elements to a record of named values."""

from dataclasses import dataclass, field
from typing import Any

from aisle.feeds.layout import known_field
from aisle.feeds.objects import Record

_GOOGLE = "base.google.com/ns"
_PLAIN = ("www.w3.org/2005/Atom", "purl.org/rss", "backend.userland.com/rss")
_MAX_JSON_DEPTH = 20
_DESCRIPTIONS = ("summary", "content")


class Namespaces:
    """Which prefixes mean Google's elements, and which (`plain`) mean RSS's or Atom's own."""

    def __init__(self) -> None:
        self._google = {"g"}
        self.plain = {""}

    def learn(self, attributes: dict[str, str]) -> None:
        """Look for declarations among an element's attributes."""
        for name, uri in attributes.items():
            if name.startswith("xmlns:"):
                if _GOOGLE in uri:
                    self._google.add(name[6:])
                elif any(known in uri for known in _PLAIN):
                    self.plain.add(name[6:])

    def name(self, tag: str) -> str:
        """A tag without its prefix if it is the feed's own, with `g:` if it is Google's, else as it is."""
        prefix, _, local = tag.rpartition(":")
        if prefix in self.plain:
            return local
        return f"g:{local}" if prefix in self._google else tag


@dataclass(slots=True)
class Element:
    """An element of an item, or the item itself.

    Args:
        name: as Namespaces.name.
        texts: its own text and that of the elements within.
        children: the values of the elements within, by name.
        has_text: whether there is text beside the elements within.
    """

    name: str
    attributes: dict[str, str]
    texts: list[str] = field(default_factory=list)
    children: dict[str, list[Any]] = field(default_factory=dict)
    has_text: bool = False

    def add_text(self, text: str) -> None:
        """Add what stands between its tags."""
        self.texts.append(text)
        self.has_text = self.has_text or not text.isspace()

    def take_in(self, child: "Element", *, depth: int) -> None:
        """Add an element within that is complete; `depth` is 1 where this is the item."""
        self.texts += child.texts
        value = child.value(depth)
        if value is not None:
            self.children.setdefault(child.name, []).append(value)

    def value(self, depth: int) -> Any:
        """Its text, or a mapping where it holds nothing but elements or attributes; None for no value."""
        is_text = self.has_text or depth > _MAX_JSON_DEPTH or bool(known_field(self.name))
        if self.children and not is_text:
            return _by_name(self.children)
        text = "".join(self.texts).strip()
        if self.name == "link" and not text and "href" in self.attributes:
            return self.attributes["href"] if self.attributes.get("rel", "alternate") == "alternate" else None
        own = {name: value for name, value in self.attributes.items() if not name.startswith("xmlns")}
        return own if own and not text and not is_text else text


def item_record(item: Element) -> Record:
    """The values of an item by name, several as a list; Google's outrank plain ones of a known name."""
    values = item.children
    kept = {
        name: found for name, found in values.items() if not (f"g:{name}" in values and known_field(name))
    }
    record = _by_name(kept)
    if "description" not in record:
        aliases = [name for name in _DESCRIPTIONS if name in record]
        if aliases:
            record["description"] = record.pop(aliases[0])
    return record


def _by_name(values: dict[str, list[Any]]) -> dict[str, Any]:
    """Values by their names without `g:`."""
    merged: dict[str, list[Any]] = {}
    for name, found in values.items():
        merged.setdefault(name.removeprefix("g:"), []).extend(found)
    return {name: found[0] if len(found) == 1 else found for name, found in merged.items()}
