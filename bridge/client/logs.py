"""The bridge's log lines: `[time] [Script->Server] POST http://cms/api/charger/LiveFeeds 1.5 kB`, or the same as JSON.

Lines say who told whom what, and how much of it; never the bodies. Passwords in addresses, the values of queries, and
whatever `hide` was told are taken out of every line and every traceback on its way to the screen.
"""

from __future__ import annotations

import logging
import re
import sys
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import orjson

from bridge.client.sizes import shown

MAX_MESSAGE = 2000
MAX_ERROR = 20_000
SHORTEST_SECRET = 4
"""Shorter ones would be found in innocent words; they are protected by the rules for addresses and headers alone."""

OPEN_VALUES = ("id", "Name", "Version", "SessionID", "ExecutionID")
"""Parameters of queries that may be seen."""

logger = logging.getLogger("bridge")


class Way(StrEnum):
    """From whom to whom."""

    TO_SERVER = "Script->Server"
    FROM_SERVER = "Server->Script"
    TO_HARDWARE = "Script->Hardware"
    FROM_HARDWARE = "Hardware->Script"
    WITHIN = "Script"


def say(way: Way, text: str, *, level: int = logging.INFO, charger: str = "", **fields: Any) -> None:
    """One line. `fields` stand in the JSON form only."""
    logger.log(level, "%s", text, extra={"fields": {"way": way.value, "charger": charger, **fields}})


def request(way: Way, method: str, url: str, size: int = 0, *, charger: str = "") -> None:
    """What is asked, with the bytes that go with it."""
    text = f"{method} {url} {shown(size)}" if size else f"{method} {url}"
    say(way, text, charger=charger, method=method, url=url, bytes=size)


def answer(way: Way, call: str, status: int, size: int = 0, *, charger: str = "") -> None:
    """What was answered: `LiveFeeds OK (200) 12 B`, `LogEvent refused (500)`."""
    is_good = status < HTTPStatus.BAD_REQUEST
    text = f"{call} {'OK' if is_good else 'refused'} ({status})"
    if size:
        text += f" {shown(size)}"
    level = logging.INFO if is_good else logging.WARNING
    say(way, text, level=level, charger=charger, call=call, status=status, bytes=size)


# -- the way to the screen ------------------------------------------------------------------------

_ADDRESS = re.compile(r"(//)[^\s/?#@'\"]+@")
_QUERY = re.compile(rf"([?&](?!(?:{'|'.join(OPEN_VALUES)})=)[\w.-]+=)[^&\s'\")]+")
_HEADER = re.compile(
    r"(authorization['\"]?\s{0,3}[:=]\s{0,3}['\"]?(?:(?:basic|bearer)\s{1,3})?)[^\s'\",]+", re.IGNORECASE
)

_hidden: tuple[str, ...] = ()


def hide(*secrets: str) -> None:
    """These texts show as `***` from now on."""
    global _hidden
    known = {*_hidden, *(secret for secret in secrets if len(secret) >= SHORTEST_SECRET)}
    _hidden = tuple(sorted(known, key=len, reverse=True))


def clean(text: str) -> str:
    """Without what nobody may read."""
    for secret in _hidden:
        text = text.replace(secret, "***")
    text = _ADDRESS.sub(r"\1***@", text)
    text = _QUERY.sub(r"\1…", text)
    return _HEADER.sub(r"\1***", text)


def one_line(text: str) -> str:
    """Without control characters, with which a charger could write lines of its own, and not too long."""
    if len(text) > MAX_MESSAGE:
        text = f"{text[:MAX_MESSAGE]}…"
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


class ConsoleFormatter(logging.Formatter):
    """`[2026-01-31 12:00:00] [Script->Server] [CHARGER] text`; times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        fields = _fields(record)
        time = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        level = [] if record.levelno <= logging.INFO else [record.levelname]
        heads = [time, fields["way"], *([fields["charger"]] if fields["charger"] else []), *level]
        line = " ".join([*(f"[{one_line(head)}]" for head in heads), one_line(clean(record.getMessage()))])
        error = _error(self, record)
        return f"{line}\n{error}" if error else line


class JsonFormatter(logging.Formatter):
    """`{"time", "level", "logger", "way", "charger", "message", …fields, "error"?}`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {name: _shown(value) for name, value in _fields(record).items()}
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": one_line(clean(record.getMessage())),
        }
        error = _error(self, record)
        return orjson.dumps(fields | line | ({"error": error} if error else {}), default=str).decode()


def set_up(json: bool) -> None:
    """All lines of this process go to standard error, in one of the two forms."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if json else ConsoleFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # They tell of every connection and every retry, which we tell ourselves.
    for name in ("urllib3", "websocket"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found = getattr(record, "fields", None)
    return {"way": Way.WITHIN.value, "charger": "", **(found if isinstance(found, dict) else {})}


def _shown(value: Any) -> Any:
    return one_line(clean(value)) if isinstance(value, str) else value


def _error(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """The traceback, its end rather than its beginning."""
    if not record.exc_info or not record.exc_info[0]:
        return ""
    return clean(formatter.formatException(record.exc_info))[-MAX_ERROR:]
