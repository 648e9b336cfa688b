"""`manage.py make_catalogues`: brings `locale/` up to date with the texts in the code."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation import to_locale

from smartserver.languages import catalogues, folders, texts
from smartserver.runtime import runtime


class Command(BaseCommand):
    help = "Writes every text of the code into the catalogues of all languages, and says what has no translation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--add", metavar="LANGUAGE", help="begin a new language, by its code (`fr`, `pt-br`)")

    def handle(self, *args: Any, add: str | None, **options: Any) -> None:
        root = settings.LOCALE_DIR
        known = folders.messages_of(root)
        if add:
            known.append(root / to_locale(add) / "LC_MESSAGES")
        labels = {column.label for topic in runtime.topics.values() for column in topic.columns}
        of_pages = list(texts.of_pages(settings.BASE_DIR))
        of_browser = list(texts.of_browser(settings.BASE_DIR, labels))
        for folder in known:
            for name, found in ((folders.PAGES, of_pages), (folders.BROWSER, of_browser)):
                path = folder / f"{name}.po"
                catalogue = catalogues.update(path, found, language=folder.parent.name)
                lacking = {text.id for text in catalogues.missing(catalogue, found)}
                self.stdout.write(f"{path.relative_to(root)}: {len(catalogue)} texts, {len(lacking)} not translated")
