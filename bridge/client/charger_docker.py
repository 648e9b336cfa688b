"""The container engine of a charger, behind its hardware API (`/docker-apps/…`), as the Docker Engine API is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote

import orjson
import requests

from bridge.outlets import MAX_TEXT

CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
MAX_ANSWER = 4 * 1024 * 1024
STOPPED = frozenset({"created", "exited", "dead"})
MAX_LOG = 16 * 1024 * 1024


class DeployError(Exception):
    """A step that failed; `str(error)` names it and says why."""


class Container(NamedTuple):
    id: str
    names: tuple[str, ...]
    image: str
    state: str
    status: str
    labels: Mapping[str, str]

    @property
    def is_running(self) -> bool:
        return self.state not in STOPPED


class ChargerDocker:
    """Every method raises `DeployError`. `url` is that of the hardware API, `large_timeout` seconds for images."""

    def __init__(self, url: str, *, large_timeout: float) -> None:
        self._url = f"{url.rstrip('/')}/docker-apps"
        self._large_timeout = large_timeout
        self._session = requests.Session()
        self._session.trust_env = False  # a charger is never behind the proxy of this machine

    def load(self, tar: Path, progress: Callable[[int], object]) -> None:
        """Send an image, piece by piece; `progress` is told the number of bytes of each."""
        step = "Sending the image"
        with open(tar, "rb") as file:
            headers = {"Content-Type": "application/x-tar"}
            body = _Counted(file, tar.stat().st_size, progress)
            with self._answer(
                step, "POST", "/images/load", data=body, headers=headers, timeout=self._large_timeout
            ) as response:
                self._refuse_errors(step, _whole(step, response))

    @staticmethod
    def _refuse_errors(step: str, answer: bytes) -> None:
        """The engine answers 200 and tells of its troubles in the lines that follow."""
        for line in answer.splitlines():
            try:
                told = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(told, dict) and told.get("error"):
                raise DeployError(f"{step}: {str(told['error'])[:MAX_TEXT]}")

    def create(self, body: Mapping[str, Any]) -> str:
        """The new container's id."""
        step = "Creating the container"
        answer = self._json(step, "POST", "/containers/create", json=body)
        found = answer.get("Id") or answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(found, str) or not found:
            raise DeployError(f"{step}: the charger names no id.")
        return found

    def start(self, container: str) -> None:
        self._done("Starting the container", f"/containers/{quote(container, safe='')}/start")

    def stop(self, container: str) -> None:
        self._done("Stopping the container", f"/containers/{quote(container, safe='')}/stop")

    def containers(self) -> list[Container]:
        """All of them, also those that do not run."""
        step = "Listing the containers"
        answer = self._json(step, "GET", "/containers/json", params={"all": "true"})
        if not isinstance(answer, list):
            raise DeployError(f"{step}: the charger sends no list.")
        return [_container(each) for each in answer if isinstance(each, dict) and isinstance(each.get("Id"), str)]

    def logs(self, container: str, *, tail: int) -> Iterator[str]:
        """The newest lines of what a container has printed."""
        step, path = "Reading the log", f"/containers/{quote(container, safe='')}/logs"
        params = {"stdout": "true", "stderr": "true", "tail": str(tail)}
        with self._answer(step, "GET", path, params=params) as response:
            text = b"".join(_pieces(_whole(step, response, MAX_LOG))).decode(errors="replace")
        for line in text.splitlines():
            # What a program prints may not move the cursor of who reads it.
            yield "".join(letter if letter.isprintable() or letter == "\t" else "�" for letter in line)

    def _done(self, step: str, path: str) -> None:
        with self._answer(step, "POST", path) as response:
            _whole(step, response)

    def _json(self, step: str, method: str, path: str, **options: Any) -> Any:
        with self._answer(step, method, path, **options) as response:
            answer = _whole(step, response)
        try:
            return orjson.loads(answer)
        except orjson.JSONDecodeError:
            raise DeployError(f"{step}: what the charger answers is not JSON.") from None

    @contextmanager
    def _answer(
        self, step: str, method: str, path: str, *, timeout: float = READ_SECONDS, **options: Any
    ) -> Iterator[requests.Response]:
        """An answer that is no refusal; 304 says that it is so already."""
        try:
            with self._session.request(
                method,
                f"{self._url}{path}",
                timeout=(CONNECT_SECONDS, timeout),
                allow_redirects=False,
                stream=True,
                **options,
            ) as response:
                if response.status_code >= 400:
                    raise DeployError(f"{step}: {response.status_code}, {_reason(_whole(step, response))}")
                if response.status_code != 304 and not 200 <= response.status_code < 300:
                    raise DeployError(f"{step}: the charger answers {response.status_code}, which says nothing.")
                yield response
        except requests.ConnectTimeout:
            raise DeployError(f"{step}: no connection to {self._url} within {CONNECT_SECONDS:g} s.") from None
        except requests.Timeout:
            raise DeployError(f"{step}: no answer within {timeout:g} s.") from None
        except requests.RequestException as error:
            raise DeployError(f"{step}: {_short(error)}") from None


class _Counted:
    """A file of known length for requests, which reads it piece by piece, and is told of each."""

    def __init__(self, file: BinaryIO, size: int, progress: Callable[[int], object]) -> None:
        self._file, self._size, self._progress = file, size, progress

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read():
            yield piece

    def read(self, size: int = 65_536) -> bytes:
        piece = self._file.read(size)
        self._progress(len(piece))
        return piece


def _whole(step: str, response: requests.Response, most: int = MAX_ANSWER) -> bytes:
    found = bytearray()
    try:
        for piece in response.iter_content(65_536):
            found += piece
            if len(found) > most:
                raise DeployError(f"{step}: the answer is longer than {most} bytes.")
    except requests.RequestException as error:
        raise DeployError(f"{step}: {_short(error)}") from None
    return bytes(found)


def _reason(answer: bytes) -> str:
    """The engine's `{"message"}`, or the beginning of what it is."""
    try:
        told = orjson.loads(answer)
    except orjson.JSONDecodeError:
        told = None
    text = (
        told["message"]
        if isinstance(told, dict) and isinstance(told.get("message"), str)
        else answer.decode(errors="replace")
    )
    return " ".join(text.split())[:300] or "without a reason"


def _short(error: Exception) -> str:
    """What lies at the bottom of it: the library wraps it several times, with its own addresses in it."""
    cause: BaseException = error
    while cause.__context__ is not None:
        cause = cause.__context__
    return f"the connection failed ({' '.join(str(cause).split())[:200]})."


def _container(fields: Mapping[str, Any]) -> Container:
    names, labels = fields.get("Names"), fields.get("Labels")
    return Container(
        id=fields["Id"],
        names=tuple(str(name).lstrip("/") for name in names) if isinstance(names, list) else (),
        image=str(fields.get("Image") or ""),
        state=str(fields.get("State") or "").lower(),
        status=str(fields.get("Status") or ""),
        labels={str(name): str(value) for name, value in labels.items()} if isinstance(labels, dict) else {},
    )


def _pieces(log: bytes) -> Iterator[bytes]:
    """Without a terminal the engine's stream is multiplexed: each piece has a head of 8 bytes (stream, 000, length)."""
    place = 0
    while place < len(log):
        head = log[place : place + 8]
        if len(head) < 8 or head[0] > 2 or any(head[1:4]):
            yield log[place:]  # it had a terminal
            return
        size = int.from_bytes(head[4:], "big")
        yield log[place + 8 : place + 8 + size]
        place += 8 + size
