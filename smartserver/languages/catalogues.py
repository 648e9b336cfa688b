"""The `.po` files: brought up to date with the code, and asked what they lack."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from smartserver.languages.texts import Id, Text

WIDTH = 120

HEADER = "# LANGUAGE texts of PROJECT. English is what stands in the code; locale/README.md says how to go on."


def update(path: Path, texts: Iterable[Text], *, language: str) -> Catalog:
    """Write the catalogue with exactly these texts; what was translated stays so. A file that is not there is made."""
    catalogue = read(path, language=language)
    catalogue.update(_template(texts), no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
    catalogue.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        # The file changes only where texts do: no dates, no line numbers.
        write_po(file, catalogue, width=WIDTH, sort_output=True, include_lineno=False)
    return catalogue


def read(path: Path, *, language: str) -> Catalog:
    if not path.exists():
        return Catalog(language, header_comment=HEADER, project="SMART-Server", version="0", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def missing(catalogue: Catalog, texts: Iterable[Text]) -> list[Text]:
    """The texts that have no translation, or one that somebody has to look at (fuzzy)."""
    return [text for text in texts if not _translated(catalogue.get(_first(text.id)))]


def unused(catalogue: Catalog, texts: Iterable[Text]) -> list[str]:
    """The translations of texts that the code no longer has."""
    known = {_first(text.id) for text in texts}
    return [_first(message.id) for message in catalogue if message.id and _first(message.id) not in known]


def _template(texts: Iterable[Text]) -> Catalog:
    template = Catalog()
    for text in texts:
        template.add(text.id, locations=[(text.path, text.line)])
    return template


def _translated(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return bool(forms) and all(forms)


def _first(text: Id | list[str] | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]
