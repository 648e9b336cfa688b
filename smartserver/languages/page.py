"""What the browser needs to write a language: its texts, and which form goes with which number."""

from __future__ import annotations

from functools import cache
from gettext import c2py
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from django.utils.translation import to_locale

from smartserver.languages.folders import BROWSER

NUMBERS = range(1000)
"""Every category of every language's plurals has its first number among these."""


@cache
def page_catalogue(root: Path, language: str) -> dict[str, Any]:
    """`{"language", "plural": {category: form}, "texts": {English: text | [form, …]}}` for `static/js/text.js`.

    A category is what `Intl.PluralRules` calls it (`one`, `few`, `other` …). A language that is
    not there, or not compiled, has no texts, and its page is English.
    """
    compiled = root / to_locale(language) / "LC_MESSAGES" / f"{BROWSER}.mo"
    if not compiled.is_file():
        return {"language": language, "plural": {}, "texts": {}}
    with compiled.open("rb") as file:
        catalogue = read_mo(file)
    texts = {_key(message.id): message.string for message in catalogue if message.id}
    return {"language": language, "plural": _forms(language, catalogue), "texts": texts}


def _key(text: str | tuple[str, ...] | list[str]) -> str:
    """A text with two forms is found by its first."""
    return text if isinstance(text, str) else text[0]


def _forms(language: str, catalogue: Catalog) -> dict[str, int]:
    """Category → number of the form, by what the catalogue's own rule says of the category's first number."""
    form_of = c2py(catalogue.plural_expr)
    category_of = Locale.parse(to_locale(language)).plural_form
    forms: dict[str, int] = {}
    for number in NUMBERS:
        forms.setdefault(category_of(number), form_of(number))
    return forms
