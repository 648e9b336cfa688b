"""Firmware that a station publishes as a local controller, for the stations behind it (2.x L03 and L04). Pure.

    Downloading ─► Downloaded ─► ChecksumVerified ─► Published        UnpublishFirmware ends that
         └► DownloadFailed   └► InvalidChecksum  └► PublishFailed

One file is fetched at a time; several may be published. The client serves them (`effects.Publish`), and tells when
somebody fetches one: until that is over it stays published.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stations.emulator.point.effects import Download, Publish, Withdraw
from stations.emulator.point.message import Message
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

RETRIES = 3
RETRY_SECONDS = 60.0

_OVER = ("Idle", "Published", "DownloadFailed", "InvalidChecksum", "PublishFailed")


@dataclass(slots=True, eq=False)
class _Order:
    """A PublishFirmware."""

    job: int
    request: int
    url: str
    checksum: str
    retries: int
    interval: float


class Publications:
    def __init__(self, station: Station) -> None:
        self.due = inf
        self.published: dict[str, tuple[str, ...]] = {}
        """Where the files are that are published, by checksum."""
        self._station = station
        self._status = "Idle"
        self._order: _Order | None = None
        self._readers: dict[str, int] = {}
        """How many fetch a file now, by checksum."""

    @property
    def busy(self) -> bool:
        return self._status not in _OVER

    def step(self, now: float) -> None:
        """Fetch the file, or try it again."""
        self.due = inf
        assert self._order is not None
        self._tell("Downloading", now)
        self._station.want(Download(self._order.job, self._order.url))

    def status_message(self) -> Message:
        """For a TriggerMessage: how it stands, or Idle when nothing is going on."""
        payload: Payload = {"status": self._status if self.busy else "Idle"}
        if self.busy and self._order is not None:
            payload["requestId"] = self._order.request
        return Message("PublishFirmwareStatusNotification", payload)

    # -- what the server asks -------------------------------------------------------------

    def publish(self, payload: Payload, now: float) -> str:
        """The status of a PublishFirmware."""
        if self.busy:
            return "Rejected"
        self._order = _Order(
            job=self._station.new_job(),
            request=payload["requestId"],
            url=payload["location"],
            checksum=payload["checksum"].lower(),
            retries=payload.get("retries", RETRIES),
            interval=payload.get("retryInterval", RETRY_SECONDS),
        )
        self._status = "DownloadScheduled"
        self.due = now
        return "Accepted"

    def unpublish(self, payload: Payload, now: float) -> str:
        """The status of an UnpublishFirmware."""
        checksum = payload["checksum"].lower()
        fetched = self.busy and self._order is not None and self._order.checksum == checksum
        if fetched or self._readers.get(checksum):
            return "DownloadOngoing"
        if self.published.pop(checksum, None) is None:
            return "NoFirmware"
        self._station.want(Withdraw(checksum))
        return "Unpublished"

    # -- what the client did --------------------------------------------------------------

    def downloaded(self, job: int, content: bytes | None, now: float) -> None:
        """What was fetched; jobs of others are none of this one's."""
        order = self._order
        if order is None or order.job != job or self._status != "Downloading":
            return
        if content is None and order.retries > 0:
            order.retries -= 1
            self.due = now + order.interval
        elif content is None:
            self._tell("DownloadFailed", now)
        else:
            self._tell("Downloaded", now)
            self._check(order, content, now)

    def _check(self, order: _Order, content: bytes, now: float) -> None:
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != order.checksum:
            self._tell("InvalidChecksum", now)
            return
        self._tell("ChecksumVerified", now)
        name = urlsplit(order.url).path.rsplit("/", 1)[-1] or "firmware"
        self._station.want(Publish(order.checksum, name, content))

    def now_published(self, checksum: str, locations: tuple[str, ...], now: float) -> None:
        """Where a file is that was to be published; nowhere: that failed."""
        if self._order is None or self._order.checksum != checksum or self._status != "ChecksumVerified":
            return
        if locations:
            self.published[checksum] = locations
            self._tell("Published", now, locations)
        else:
            self._tell("PublishFailed", now)

    def fetch(self, checksum: str, *, begins: bool) -> None:
        """Somebody begins or ends to fetch a published file."""
        self._readers[checksum] = max(0, self._readers.get(checksum, 0) + (1 if begins else -1))

    def _tell(self, status: str, now: float, locations: tuple[str, ...] = ()) -> None:
        assert self._order is not None
        self._status = status
        self._station.journal.note(self._station.clock(now), "Publication", status)
        payload: Payload = {"status": status, "requestId": self._order.request}
        if locations:
            payload["location"] = list(locations)
        self._station.say([Message("PublishFirmwareStatusNotification", payload)], now)
