"""Every way to write a text in the code is found, and what only looks like one is not."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase, override_settings

from smartserver.languages import texts

JAVASCRIPT = """
import { t, tn } from './text.js';
// t('in a comment')
/** @param {string} x  such as t('in its description') */
export const label = t("Power");
const pattern = /t\\('a pattern'\\)/g;
export const shown = (count) => `${t('Energy of {when}', { when: t('today') })} ${count ? `{${tn(
  '{count} row',
  '{count} rows', count)}}` : t(`Nothing`)} t('in a template')`;
const half = a / b; const other = t('Half') / 2;
export const parts = t('no ' + 'parts') + t(`no ${half}`) + t(), rest = tn('only one');
class View { #text = t('it\\'s late'); show(name) { this.at('no text'); return t(name) ?? this.data?.t?.x; } }
"""

PYTHON = '''
from django.utils.translation import gettext, gettext_lazy, gettext_noop, ngettext
A = gettext_lazy("The name")
def b(count: int, text: str) -> list[str]:
    """gettext("in a docstring")"""
    many = ngettext("one row", "{count} rows", count)
    return [gettext("Said " "in two parts"), gettext(text), many, gettext_noop("For browsers")]
'''

TEMPLATE = """{% load i18n %}
<p title="{% translate 'A title' %}">{% if a %}{% translate "Inside" %}{% else %}{% translate variable %}{% endif %}</p>
{% blocktranslate trimmed with name=user.name %}
  Hello
  {{ name }}
{% endblocktranslate %}
{% blocktranslate count counter=n %}one{% plural %}{{ counter }} of them{% endblocktranslate %}
{# {% translate "In a comment" %} #}
"""


class TextsTests(SimpleTestCase):
    def setUp(self) -> None:
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def test_javascript(self) -> None:
        self.write("static/js/views/x.js", JAVASCRIPT)
        found = list(texts.of_browser(self.root))
        self.assertEqual({text.path for text in found}, {"static/js/views/x.js"})
        self.assertEqual(
            {text.id for text in found},
            {"Power", "Energy of {when}", "today", ("{count} row", "{count} rows"), "Nothing", "Half", "it's late"},
        )

    def test_python_for_pages_and_for_browsers(self) -> None:
        self.write("stations/x.py", PYTHON)
        self.assertEqual(
            {text.id for text in texts.of_pages(self.root)},
            {"The name", "Said in two parts", ("one row", "{count} rows")},
        )
        self.assertEqual({text.id for text in texts.of_browser(self.root)}, {"For browsers"})

    def test_labels_of_live_tables(self) -> None:
        self.assertEqual([text.id for text in texts.of_browser(self.root, ["Power"])], ["Power"])

    def test_templates(self) -> None:
        self.write("templates/sub/x.html", TEMPLATE)
        engine = {**settings.TEMPLATES[0], "DIRS": [self.root / "templates"]}
        with override_settings(TEMPLATES=[engine]):
            self.assertEqual(
                {text.id for text in texts.of_pages(self.root)},
                {"A title", "Inside", "Hello %(name)s", ("one", "%(counter)s of them")},
            )
