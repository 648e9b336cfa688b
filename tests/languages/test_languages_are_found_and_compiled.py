"""A language is a folder: found, compiled when it changed, and no reason to stop when something is wrong with it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.test import SimpleTestCase

from smartserver.languages.folders import compile_changed, languages
from smartserver.languages.page import page_catalogue
from tests.languages.support import write_po

STATION = 'msgid "Station"\nmsgstr "Ladestation"\n'


class LanguagesTests(SimpleTestCase):
    def setUp(self) -> None:
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.addCleanup(page_catalogue.cache_clear)

    def test_one_file_adds_a_language(self) -> None:
        self.assertEqual(languages(self.root), [("en", "English")])
        write_po(self.root, "de", STATION)
        write_po(self.root, "pt_BR", "")
        write_po(self.root, "tlh", "")  # one that Django does not know by name
        self.assertEqual(
            languages(self.root),
            [("en", "English"), ("de", "Deutsch"), ("pt-br", "Português Brasileiro"), ("tlh", "tlh")],
        )

    def test_it_is_compiled_once_and_again_when_it_changes(self) -> None:
        source = write_po(self.root, "de", STATION)
        self.assertEqual(compile_changed(self.root), [source.with_suffix(".mo")])
        self.assertEqual(compile_changed(self.root), [])
        later = source.with_suffix(".mo").stat().st_mtime + 10
        source.write_text(source.read_text().replace("Ladestation", "Säule"))
        os.utime(source, (later, later))
        self.assertEqual(compile_changed(self.root), [source.with_suffix(".mo")])
        self.assertEqual(page_catalogue(self.root, "de")["texts"], {"Station": "Säule"})
        self.assertEqual(sorted(path.name for path in source.parent.iterdir()), ["djangojs.mo", "djangojs.po"])

    def test_a_broken_file_costs_its_own_language_only(self) -> None:
        write_po(self.root, "fr", "nonsense\n")
        good = write_po(self.root, "de", STATION)
        with self.assertLogs("smartserver.languages.folders", "WARNING") as logs:
            self.assertEqual(compile_changed(self.root), [good.with_suffix(".mo")])
        self.assertIn("fr/LC_MESSAGES/djangojs.po", logs.output[0])
        self.assertEqual(page_catalogue(self.root, "fr"), {"language": "fr", "plural": {}, "texts": {}})

    def test_a_folder_that_cannot_be_written_to_is_no_fault(self) -> None:
        source = write_po(self.root, "de", STATION)
        target = source.with_suffix(f".{os.getpid()}.draft")
        target.mkdir()  # root, too, fails to open a folder for writing
        self.addCleanup(target.rmdir)
        with self.assertLogs("smartserver.languages.folders", "WARNING"):
            self.assertEqual(compile_changed(self.root), [])


class PageCatalogueTests(SimpleTestCase):
    def setUp(self) -> None:
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.addCleanup(page_catalogue.cache_clear)

    def test_texts_and_their_forms_by_number(self) -> None:
        rows = 'msgid "{count} row"\nmsgid_plural "{count} rows"\n'
        forms = 'msgstr[0] "{count} wiersz"\nmsgstr[1] "{count} wiersze"\nmsgstr[2] "{count} wierszy"\n'
        write_po(self.root, "pl", 'msgid "Station"\nmsgstr "Stacja"\n\n' + rows + forms)
        compile_changed(self.root)
        self.assertEqual(
            page_catalogue(self.root, "pl"),
            {
                "language": "pl",
                "plural": {"many": 2, "one": 0, "few": 1},
                "texts": {"Station": "Stacja", "{count} row": ["{count} wiersz", "{count} wiersze", "{count} wierszy"]},
            },
        )

    def test_what_is_not_translated_or_doubtful_stays_english(self) -> None:
        write_po(self.root, "de", 'msgid "Station"\nmsgstr ""\n\n#, fuzzy\nmsgid "Device"\nmsgstr "Dings"\n')
        compile_changed(self.root)
        self.assertEqual(page_catalogue(self.root, "de")["texts"], {})
