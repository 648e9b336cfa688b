"""Every text that people see and the code writes in English, with where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages.extract import extract_python
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.translation import trim_whitespace

from smartserver.languages.javascript import calls

PYTHON = ("smartserver", "stations", "devices", "bridge")
TEMPLATES = "templates"
JAVASCRIPT = "static/js"

Marks = Mapping[str, tuple[int, ...] | None]
"""The name of a function → which of its arguments are a text in its two forms; None: its first is a text."""

OF_PAGES: Marks = {
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
"""What marks a text that Python itself translates."""

OF_BROWSER: Marks = {"gettext_noop": None}
"""What marks a text that Python sends in English, and the browser translates."""

OF_JAVASCRIPT: Marks = {"t": None, "tn": (1, 2)}

Id = str | tuple[str, str]
"""A text; or the one for one thing and the one for many."""


@dataclass(frozen=True, slots=True)
class Text:
    id: Id
    path: str
    line: int


def of_pages(root: Path) -> Iterator[Text]:
    """What the server writes into pages: Python and templates."""
    yield from _python(root, OF_PAGES)
    folder = root / TEMPLATES
    for path in sorted(folder.rglob("*.html")):
        yield from _template(str(path.relative_to(folder)))


def of_browser(root: Path, labels: Iterable[str] = ()) -> Iterator[Text]:
    """What the browser writes: JavaScript, what Python marks for it, and the `labels` of live tables."""
    for path in sorted((root / JAVASCRIPT).rglob("*.js")):
        for line, mark, arguments in calls(path.read_text(), tuple(OF_JAVASCRIPT)):
            if (text := _id(arguments, OF_JAVASCRIPT[mark])) is not None:
                yield Text(text, str(path.relative_to(root)), line)
    yield from _python(root, OF_BROWSER)
    yield from (Text(label, "live tables", 0) for label in labels)


def _python(root: Path, marks: Marks) -> Iterator[Text]:
    for path in sorted(found for folder in PYTHON for found in (root / folder).rglob("*.py")):
        with path.open("rb") as file:
            for line, mark, arguments, _comments in extract_python(file, dict(marks), (), {"encoding": "utf-8"}):
                if isinstance(mark, str) and (text := _id(arguments, marks[mark])) is not None:
                    yield Text(text, str(path.relative_to(root)), line)


def _id(found: object, places: tuple[int, ...] | None) -> Id | None:
    """The texts among the arguments of a call; None for a call with a variable, which marks no text."""
    arguments = found if isinstance(found, tuple) else (found,)
    wanted = [arguments[place - 1] if place <= len(arguments) else None for place in places or (1,)]
    texts = [text for text in wanted if isinstance(text, str) and text]
    if len(texts) < len(wanted):
        return None
    return texts[0] if places is None else (texts[0], texts[1])


def _template(name: str) -> Iterator[Text]:
    nodes = get_template(name).template.nodelist  # type: ignore[attr-defined]  # Django's own engine
    where = f"{TEMPLATES}/{name}"
    for node in nodes.get_nodes_by_type(TranslateNode):
        literal = getattr(node.filter_expression.var, "literal", None)
        if isinstance(literal, str):
            yield Text(literal, where, node.token.lineno)
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        texts = [node.render_token_list(tokens)[0] for tokens in (node.singular, node.plural) if tokens]
        one, *many = [trim_whitespace(text) if node.trimmed else text for text in texts]
        yield Text((one, many[0]) if many else one, where, node.token.lineno)
