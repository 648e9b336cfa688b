"""What the bridge was told: the table of options (`table.py`) read from command line and environment.

An option that is given wins over the environment, the environment over the default; a variable that is set to nothing
counts as not set. `docs/noc-bridge.md` lists the same table, and a test compares the two.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.client import values
from bridge.client.table import OPTIONS, Option
from bridge.client.values import BadValue

__all__ = ["OPTIONS", "BadOptions", "ChargerOptions", "Option", "Options", "add_arguments", "read"]


class BadOptions(ValueError):
    """`problems` has one line for each wrong value, `str(error)` all of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class ChargerOptions:
    """Where one charger is. `cms_key` is its own password at the CMS; see `Options.key_of`."""

    host: str
    port: int
    websocket_url: str = field(repr=False)  # may hold a password
    cms_key: str = field(default="", repr=False)

    @property
    def hardware_url(self) -> str:
        """Without a slash at its end."""
        return f"http://{values.bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class Options:
    """What the bridge was told; `table.py` has the meanings. Times in seconds, sizes in bytes.

    `server_url` ends with a slash. What may hold a password is not in the `repr`.
    """

    server_url: str = field(repr=False)
    cms_key: str = field(repr=False)
    chargers: tuple[ChargerOptions, ...]
    polling_interval: float
    sleep_time: float
    retry_time: float
    cms_check_interval: float
    max_response_size: int
    max_state_log_lines: int
    max_event_state_log_lines: int
    max_ocpp_log_lines: int
    large_file_timeout: float
    spool: bool
    spool_dir: Path
    spool_max_events: int
    spool_max_bytes: int
    spool_max_age: float
    allow_powerful: bool
    push: bool
    health_host: str
    health_port: int
    once: bool
    dry_run: bool
    json: bool

    def key_of(self, charger: ChargerOptions) -> str:
        """This charger's password at the CMS, or the one that all have; empty where there is none."""
        return charger.cms_key or self.cms_key

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log line may hold."""
        keys = (self.cms_key, *(charger.cms_key for charger in self.chargers))
        addresses = (self.server_url, *(charger.websocket_url for charger in self.chargers))
        passwords = (values.password_in(address) for address in addresses)
        return tuple(dict.fromkeys(secret for secret in (*keys, *passwords) if secret))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All options, as texts: `read` judges them together with those of the environment."""
    parser.allow_abbrev = False  # --cms-key would be --cms-key-file, and the key stand in the error
    for option in OPTIONS:
        if option.kind == "secret":
            parser.epilog = f"{option.env}, which only the environment can say: {option.help}"
            parser.add_argument(
                f"--{option.name.replace('_', '-')}", dest=option.name, action=_Refusal, help=argparse.SUPPRESS
            )
            continue
        more: dict[str, Any] = {"metavar": option.kind.upper()}
        if option.kind == "flag":
            more = {"metavar": "on|off", "nargs": "?", "const": "on"}
        facts = [option.env] if option.env else []
        facts.append(f"default: {option.default or 'none'}")
        text = f"{option.help} ({'; '.join(facts)})"
        parser.add_argument(option.flag, dest=option.name, help=text.replace("%", "%%"), **more)


class _Refusal(argparse.Action):
    """Of a secret on the command line, without repeating it."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        name = _BY_NAME[self.dest].env
        parser.error(f"{name} or {name}_FILE in the environment holds this: everybody can read command lines.")


def read(given: argparse.Namespace, environ: Mapping[str, str]) -> Options:
    """What options, environment and defaults say together. `BadOptions` names everything that is wrong at once."""
    reader = _Reader(given, environ)
    chargers = reader.chargers()
    cms_key = reader.keys(chargers)
    found = {option.name: reader.value(option) for option in OPTIONS if option.name not in _TOGETHER}
    if reader.problems:
        raise BadOptions(reader.problems)
    shared = cms_key[0] if len(cms_key) == 1 else ""
    own = cms_key if len(cms_key) > 1 else [""] * len(chargers)
    return Options(
        cms_key=shared,
        chargers=tuple(ChargerOptions(*charger, key) for charger, key in zip(chargers, own, strict=True)),
        **found,
    )


_TOGETHER = frozenset({"cms_key", "cms_key_file", "hardware_host", "hardware_port", "websocket_url"})
"""Options that make sense only beside each other."""

_BY_NAME = {option.name: option for option in OPTIONS}


class _Reader:
    """Reads values one by one and collects what is wrong with them."""

    def __init__(self, given: argparse.Namespace, environ: Mapping[str, str]) -> None:
        self._given = given
        self._environ = environ
        self.problems: list[str] = []

    def text(self, name: str) -> str:
        option = _BY_NAME[name]
        said: str | None = getattr(self._given, name, None) if option.flag else None
        if said is None and option.env:
            said = self._environ.get(option.env, "").strip() or None
        return option.default if said is None else said

    def value(self, option: Option) -> Any:
        """None, and a problem more, where it is wrong."""
        try:
            return _parse(option, self.text(option.name))
        except BadValue as error:
            self.problems.append(f"{option.label}: {error}")
            return None

    def chargers(self) -> list[tuple[str, int, str]]:
        """`(host, port, websocket_url)` of each."""
        port = self.value(_BY_NAME["hardware_port"]) or 0
        hosts: list[tuple[str, int]] = self.value(_BY_NAME["hardware_host"]) or []
        streams: list[str] = self.value(_BY_NAME["websocket_url"]) or []
        places = [(host, own or port) for host, own in hosts]
        if len(set(places)) < len(places):
            self.problems.append(f"{_BY_NAME['hardware_host'].label}: a charger is named twice.")
        if streams and len(streams) != len(places):
            label = _BY_NAME["websocket_url"].label
            self.problems.append(f"{label}: {len(streams)} addresses for {len(places)} chargers.")
            streams = []
        usual = [f"ws://{values.bracketed(host)}:{port}/events/stream" for host, port in places]
        return [(host, port, url) for (host, port), url in zip(places, streams or usual, strict=True)]

    def keys(self, chargers: list[tuple[str, int, str]]) -> list[str]:
        """Passwords: none, one for all, or one for each."""
        key, file = self.text("cms_key"), self.text("cms_key_file")
        label = _BY_NAME["cms_key_file"].label
        try:
            if key and file:
                raise BadValue("CMS_KEY is set, too; which one counts?")
            label = label if file else _BY_NAME["cms_key"].label
            keys = values.keys_in(Path(file)) if file else [values.key(key)] if key else []
            if len(keys) > 1 and chargers and len(keys) != len(chargers):
                raise BadValue(f"{len(keys)} lines for {len(chargers)} chargers.")
        except BadValue as error:
            self.problems.append(f"{label}: {error}")
            return []
        return keys


def _parse(option: Option, text: str) -> Any:
    match option.kind:
        case "seconds":
            return values.seconds(text, option.least, option.most)
        case "number":
            return values.number(text, int(option.least), int(option.most))
        case "flag":
            return values.flag(text)
        case "address":
            return values.address(text, ("http", "https"))
        case "list" if option.name == "hardware_host":
            return values.hosts(text)
        case "list":
            return [values.stream(each) for each in values.listed(text)]
        case "path":
            return Path(text)
        case _:
            return values.plain(text)
