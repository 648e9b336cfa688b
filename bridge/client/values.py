"""Texts of the command line and the environment, as the values that they stand for. No value is repeated in an error
that may hold a password."""

from __future__ import annotations

import math
import re
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

MAX_KEY_FILE = 65_536
MAX_KEY = 1000

_YES = frozenset({"1", "on", "true", "yes"})
_NO = frozenset({"0", "off", "false", "no"})
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}", re.ASCII)


class BadValue(ValueError):
    """`str(error)` is a sentence that says what is needed."""


def seconds(text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise BadValue(f"a number of seconds from {least:g} to {most:.12g} is needed, not “{text}”.")
    return value


def number(text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text.strip(), re.ASCII) or not least <= int(text) <= most:
        raise BadValue(f"a whole number from {least} to {most} is needed, not “{text}”.")
    return int(text)


def flag(text: str) -> bool:
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise BadValue(f"on or off is needed, not “{text}”.")
    return word in _YES


def plain(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise BadValue("a text is needed.")
    return text.strip()


def listed(text: str) -> list[str]:
    """What stands between commas; an empty text is an empty list."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if not all(parts):
        raise BadValue("there is nothing between two commas.")
    return parts


def address(text: str, schemes: tuple[str, ...]) -> str:
    """An address of a server, with a slash at its end."""
    parts = _split(text, schemes)
    if parts.query or parts.fragment:
        raise BadValue("the address ends with its path; ? and # have no place in it.")
    return text if text.endswith("/") else f"{text}/"


def stream(text: str) -> str:
    """The address of an event stream."""
    if _split(text, ("ws", "wss")).fragment:
        raise BadValue("# has no place in the address.")
    return text


def hosts(text: str) -> list[tuple[str, int | None]]:
    """`host`, `host:port`, `address of IPv6` or `[address of IPv6]:port` between commas; at least one."""
    found = [_host(part) for part in listed(text)]
    if not found:
        raise BadValue("at least one host is needed.")
    return found


def _host(text: str) -> tuple[str, int | None]:
    place = f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port
        plain_host = bracketed(host or "")
        is_plain = place.lower() in (plain_host, f"{plain_host}:{port}") and port != 0
    except ValueError:
        host, port, is_plain = None, None, False
    if not host or not is_plain or not _HOST.fullmatch(host):
        raise BadValue(f"a host or host:port is needed, not “{text.rpartition('@')[2]}”.")
    return host, port


def keys_in(path: Path) -> list[str]:
    """The passwords in a file, one a line."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_KEY_FILE + 1)
        lines = text.decode().splitlines()
    except OSError as error:
        raise BadValue(f"{path} cannot be read ({error.strerror or error}).") from None
    except UnicodeDecodeError:
        raise BadValue(f"{path} is no text.") from None
    except ValueError:
        raise BadValue("this is no name of a file.") from None
    if len(text) > MAX_KEY_FILE:
        raise BadValue(f"{path} is longer than {MAX_KEY_FILE} bytes.")
    if not lines:
        raise BadValue(f"{path} is empty.")
    return [key(line) for line in lines]


def key(text: str) -> str:
    """A password."""
    text = text.strip()
    if not text or len(text) > MAX_KEY or not text.isprintable():
        raise BadValue(f"a key of 1 to {MAX_KEY} printable characters is needed.")
    return text


def bracketed(host: str) -> str:
    """As it stands in an address."""
    return f"[{host}]" if ":" in host else host


def password_in(url: str) -> str:
    return unquote(urlsplit(url).password or "")


def _split(text: str, schemes: tuple[str, ...]) -> SplitResult:
    wanted = " or ".join(f"{scheme}://…" for scheme in schemes)
    try:
        parts = urlsplit(text)
        complete = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        complete = False
    if not complete or not text.isprintable() or " " in text:
        raise BadValue(f"an address {wanted} is needed.")
    return parts
