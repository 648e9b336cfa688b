"""The charger's hardware API, asked by one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bridge.client import logs
from bridge.client.context import Context
from bridge.client.logs import Way
from bridge.client.transport import Response, TransportError
from bridge.wire import RemoteCommand

SECONDS: Final = 30.0
STATE_SECONDS: Final = 10.0
MAX_STATE = 1_048_576
MAX_ID = 128

JSON, SCRIPT = "application/json", "application/javascript"


class HardwareError(Exception):
    """It gave no usable answer; `str(error)` says why. `status` is its HTTP status, 0 where there was none."""

    def __init__(self, reason: str, status: int = 0) -> None:
        super().__init__(reason)
        self.status = status


class Hardware:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._transport = context.transport(is_local=True)

    def identity(self) -> str:
        """The charger's id: the text of /id."""
        text = self._text("/id", 4096, SECONDS).strip().strip('"').strip()
        if not text or len(text) > MAX_ID or not text.isprintable() or text[0] in "<{[":
            raise HardwareError("GET /id gave no id of a charger")
        return text

    def state(self, seconds: float = STATE_SECONDS) -> str:
        """The text of /state, as it is."""
        return self._text("/state", MAX_STATE, seconds)

    @contextmanager
    def get(self, path: str, seconds: float) -> Iterator[Response]:
        """A long text. `HardwareError` where there is none, or where it breaks off within the block."""
        with self._told(path), self._ask("GET", path, seconds) as response:
            if response.status != 200:
                raise HardwareError(f"GET {path} failed ({response.status})", response.status)
            yield response

    @contextmanager
    def execute(self, command: RemoteCommand, seconds: float) -> Iterator[Response]:
        """The answer to this command, whatever its status. `TransportError` where there is none."""
        body, headers = None, {}
        if command.body is not None and not command.is_text_file:
            body = command.body.encode("utf-8", "replace")
            headers["Content-Type"] = JSON if command.is_json else SCRIPT
        with self._ask(command.method.name, command.path, seconds, body, headers) as response:
            yield response

    def close(self) -> None:
        self._transport.close()

    def _text(self, path: str, limit: int, seconds: float) -> str:
        with self.get(path, seconds) as response:
            return response.read(limit).decode("utf-8", "replace")

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        try:
            yield
        except TransportError as error:
            raise HardwareError(f"GET {path}: {error}") from None

    @contextmanager
    def _ask(
        self, method: str, path: str, seconds: float, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Iterator[Response]:
        size = len(body or b"")
        logs.request(Way.TO_HARDWARE, method, path, size, charger=self._context.label)
        url = self._context.charger.hardware_url + path
        with self._transport.request(
            method, url, purpose="hardware", seconds=seconds, headers=headers, data=body, size=size
        ) as response:
            logs.answer(Way.FROM_HARDWARE, path, response.status, charger=self._context.label)
            yield response
