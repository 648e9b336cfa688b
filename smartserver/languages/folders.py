"""The folders of the languages, and their compiled catalogues beside them."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from django.conf.locale import LANG_INFO
from django.utils.translation import to_language

logger = logging.getLogger(__name__)

ENGLISH = "en"
"""The language of the code."""

PAGES, BROWSER = "django", "djangojs"
"""The two catalogues of a language, by the names that Django gives them."""


def messages_of(root: Path) -> list[Path]:
    """The folders with the catalogues of each language, in the order of their names."""
    return sorted(path.parent for path in root.glob(f"*/LC_MESSAGES/{BROWSER}.po"))


def language_of(messages: Path) -> str:
    """`…/pt_BR/LC_MESSAGES` → `pt-br`, as Django and browsers write it."""
    return to_language(messages.parent.name)


def languages(root: Path) -> list[tuple[str, str]]:
    """(code, name in itself) of each language, English first."""
    codes = [ENGLISH, *(language_of(messages) for messages in messages_of(root))]
    return [(code, _name(code)) for code in codes]


def _name(code: str) -> str:
    known = LANG_INFO.get(code)
    if known is None or "name_local" not in known:
        return code
    name: str = known["name_local"]
    return name[:1].upper() + name[1:]


def compile_changed(root: Path) -> list[Path]:
    """Write the `.mo` file of each `.po` file that is newer; the files written.

    A folder that cannot be written to is no fault: what was compiled when it could be is used,
    and without it the texts are English.
    """
    written = []
    for source in sorted(root.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        try:
            _compile(source, target)
        except (OSError, ValueError, PoFileError) as error:
            logger.warning("%s could not be compiled, its texts stay English: %s", source, error)
        else:
            written.append(target)
    return written


def _compile(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
    # Complete before it has its name: another process that starts now reads all of it or none.
    draft = target.with_suffix(f".{os.getpid()}.draft")
    try:
        with draft.open("wb") as file:
            write_mo(file, catalogue)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
