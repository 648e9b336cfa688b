"""What pages need of their language: its texts for `static/js/text.js`, and the languages to choose from."""

from __future__ import annotations

from functools import cache

from django import template
from django.conf import settings
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from smartserver.languages.folders import ENGLISH
from smartserver.languages.page import page_catalogue

register = template.Library()


@register.simple_tag
def page_languages() -> list[tuple[str, str]]:
    """(code, name in itself), for whoever cannot read the present one."""
    return settings.LANGUAGES


@register.simple_tag(name="page_catalogue")
def catalogue_tag() -> SafeString:
    return _block(get_language() or ENGLISH)


@cache
def _block(language: str) -> SafeString:
    # A data block: the Content-Security-Policy lets it stand, for nothing in it is run.
    return json_script(page_catalogue(settings.LOCALE_DIR, language), "catalogue")
