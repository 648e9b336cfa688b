"""The settings of `smartserver.env`, read from the environment as the kinds that they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import environ

from smartserver.env import SETTINGS

T = TypeVar("T")

_BY_NAME = {setting.name: setting for setting in SETTINGS}


class Environment:
    """Typed access to the settings above; a name that is not declared there is an error."""

    def __init__(self, variables: dict[str, str] | None = None) -> None:
        self._env = environ.Env()
        if variables is not None:
            self._env.ENVIRON = variables

    def text(self, name: str) -> str:
        value: str = self._env.str(name, default=_BY_NAME[name].default)
        return value

    def flag(self, name: str) -> bool:
        return self._parse(name, lambda raw: bool(environ.Env.parse_value(raw, bool)))

    def whole(self, name: str) -> int:
        return self._parse(name, int)

    def number(self, name: str) -> float:
        return self._parse(name, float)

    def items(self, name: str) -> list[str]:
        return [item.strip() for item in self.text(name).split(",") if item.strip()]

    def path(self, name: str, *, base: Path) -> Path:
        return (base / self.text(name)).resolve()

    def database(self, name: str) -> dict[str, Any]:
        config: dict[str, Any] = self._env.db_url_config(self.text(name))
        return config

    def _parse(self, name: str, convert: Callable[[str], T]) -> T:
        raw = self.text(name)
        try:
            return convert(raw)
        except ValueError as error:
            raise ValueError(f"{name}={raw!r} is not a valid {_BY_NAME[name].kind}") from error
