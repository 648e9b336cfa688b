"""A folder of languages that belongs to one test."""

from __future__ import annotations

from pathlib import Path

PLURALS = {
    "de": "nplurals=2; plural=(n != 1);",
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
}


def write_po(root: Path, language: str, body: str, name: str = "djangojs") -> Path:
    path = root / language / "LC_MESSAGES" / f"{name}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    plural = PLURALS.get(language, "nplurals=2; plural=(n != 1);")
    head = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {plural}\\n"\n\n'
    path.write_text(head + body)
    return path
