"""The catalogues have every text of the code, and German has a translation for each."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from django.conf import settings
from django.core.management import call_command
from django.test import SimpleTestCase, override_settings

from smartserver.languages import catalogues, texts
from smartserver.languages.folders import BROWSER, PAGES
from smartserver.languages.texts import Text
from smartserver.runtime import runtime

LABELS = {column.label for topic in runtime.topics.values() for column in topic.columns}
PLACEHOLDER = re.compile(r"\{\w+\}|%\(\w+\)s")


def found() -> dict[str, list[Text]]:
    root = settings.BASE_DIR
    return {PAGES: list(texts.of_pages(root)), BROWSER: list(texts.of_browser(root, LABELS))}


class GermanTests(SimpleTestCase):
    def catalogue(self, name: str) -> Catalog:
        return catalogues.read(settings.LOCALE_DIR / "de" / "LC_MESSAGES" / f"{name}.po", language="de")

    def test_every_text_has_a_translation(self) -> None:
        for name, of_code in found().items():
            missing = catalogues.missing(self.catalogue(name), of_code)
            self.assertEqual(
                [], _sorted(f"{text.id} ({text.path}:{text.line})" for text in missing), "run manage.py make_catalogues"
            )

    def test_no_translation_is_of_a_text_that_is_gone(self) -> None:
        for name, of_code in found().items():
            self.assertEqual([], catalogues.unused(self.catalogue(name), of_code), "run manage.py make_catalogues")

    def test_what_is_filled_in_is_filled_in_there_too(self) -> None:
        for name in (PAGES, BROWSER):
            for message in self.catalogue(name):
                ids = [message.id] if isinstance(message.id, str) else list(message.id)
                strings = [message.string] if isinstance(message.string, str) else list(message.string or ())
                wanted = set(PLACEHOLDER.findall(ids[-1]))
                for string in strings if message.id else ():
                    self.assertEqual(set(PLACEHOLDER.findall(str(string))), wanted, f"{ids[0]} → {string}")


def _sorted(lines: Iterable[str]) -> list[str]:
    return sorted(set(lines))


class MakeCataloguesTests(SimpleTestCase):
    def test_a_new_language_has_every_text_and_keeps_what_was_translated(self) -> None:
        with tempfile.TemporaryDirectory() as folder, override_settings(LOCALE_DIR=Path(folder)):
            call_command("make_catalogues", add="pt-br", verbosity=0, stdout=_Silent())
            path = Path(folder) / "pt_BR" / "LC_MESSAGES" / "djangojs.po"
            catalogue = catalogues.read(path, language="pt_BR")
            self.assertEqual(len(catalogues.missing(catalogue, found()[BROWSER])), len(found()[BROWSER]))

            path.write_text(
                path.read_text().replace('msgid "Connectors"\nmsgstr ""', 'msgid "Connectors"\nmsgstr "Conectores"')
            )
            path.write_text(path.read_text() + '\nmsgid "No longer there"\nmsgstr "Foi"\n')
            call_command("make_catalogues", verbosity=0, stdout=_Silent())
            catalogue = catalogues.read(path, language="pt_BR")
            message = catalogue.get("Connectors")
            assert message is not None
            self.assertEqual(message.string, "Conectores")
            self.assertEqual(catalogues.unused(catalogue, found()[BROWSER]), [])

            before = path.read_text()
            call_command("make_catalogues", verbosity=0, stdout=_Silent())
            self.assertEqual(path.read_text(), before)  # nothing changed, so nothing is changed


class _Silent:
    def write(self, _text: str) -> None: ...
