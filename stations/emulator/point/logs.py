"""A station's log on its way to the server: GetDiagnostics (1.6 section 5.9), GetLog (whitepaper and 2.x N01). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from stations.emulator.point.clock import parsed
from stations.emulator.point.effects import Delivery, Upload
from stations.emulator.point.journal import DIAGNOSTICS
from stations.emulator.point.message import Message
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

RETRIES = 3
RETRY_SECONDS = 60.0

ENDS_16 = {Delivery.ARRIVED: "Uploaded"} | dict.fromkeys(set(Delivery) - {Delivery.ARRIVED}, "UploadFailed")
"""DiagnosticsStatus (1.6 section 7.24)."""

ENDS = {
    Delivery.ARRIVED: "Uploaded",
    Delivery.FAILED: "UploadFailure",
    Delivery.DENIED: "PermissionDenied",
    Delivery.MISUNDERSTOOD: "BadMessage",
    Delivery.UNSUPPORTED: "NotSupportedOperation",
}
"""UploadLogStatusEnumType."""


@dataclass(slots=True, eq=False)
class _Request:
    upload: Upload
    retries: int
    interval: float
    request: int | None
    """The requestId of a GetLog."""


class Logs:
    def __init__(self, station: Station) -> None:
        self.due = inf
        self._station = station
        self._request: _Request | None = None

    def step(self, now: float) -> None:
        self.due = inf
        assert self._request is not None
        self._station.want(self._request.upload)

    @property
    def status(self) -> str:
        return "Idle" if self._request is None else "Uploading"

    def diagnostics_message(self) -> Message:
        return Message("DiagnosticsStatusNotification", {"status": self.status})

    def log_message(self) -> Message:
        payload: Payload = {"status": self.status}
        if self._request is not None and self._request.request is not None:
            payload["requestId"] = self._request.request
        return Message("LogStatusNotification", payload)

    # -- what the server asks -------------------------------------------------------------

    def get_diagnostics(self, payload: Payload, now: float) -> Payload:
        """The answer: the file's name, or nothing when there is nothing in that span."""
        body = self._body(DIAGNOSTICS, payload.get("startTime"), payload.get("stopTime"))
        if not body:
            return {}
        return {"fileName": self._begin(payload["location"], payload, body, None, now)}

    def get_log(self, payload: Payload, now: float, *, tells_of_end: bool = False) -> Payload:
        """A newer request replaces the one under way (N01.FR.12); in 2.x that is told, too (N01.FR.20).

        Where there is nothing of the kind in that span, there is nothing to upload."""
        log = payload["log"]
        body = self._body(payload["logType"], log.get("oldestTimestamp"), log.get("latestTimestamp"))
        if not body:
            return {"status": "Rejected"}
        status = "Accepted" if self._request is None else "AcceptedCanceled"
        if tells_of_end and self._request is not None:
            self._tell("AcceptedCanceled", self._request, now)
        name = self._begin(log["remoteLocation"], payload, body, payload["requestId"], now)
        return {"status": status, "filename": name}

    def _body(self, kind: str, since: str | None, until: str | None) -> bytes:
        text = self._station.journal.text(
            kind, since=parsed(since) if since else None, until=parsed(until) if until else None
        )
        return text.encode()

    def _begin(self, url: str, payload: Payload, body: bytes, request: int | None, now: float) -> str:
        job = self._station.new_job()
        name = f"{'log' if request is not None else 'diagnostics'}-{self._station.identity}-{job}.txt"[:255]
        self._request = _Request(
            Upload(job, url, name, body),
            retries=payload.get("retries", RETRIES),
            interval=payload.get("retryInterval", RETRY_SECONDS),
            request=request,
        )
        self._tell("Uploading", self._request, now)
        self.due = now
        return name

    def uploaded(self, job: int, delivery: Delivery, now: float) -> None:
        """How the client fared; a job that was replaced meanwhile has no effect."""
        request = self._request
        if request is None or request.upload.job != job:
            return
        if delivery not in (Delivery.ARRIVED, Delivery.UNSUPPORTED) and request.retries > 0:
            request.retries -= 1
            self.due = now + request.interval
            return
        self._request = None
        self._tell((ENDS_16 if request.request is None else ENDS)[delivery], request, now)

    def _tell(self, status: str, request: _Request, now: float) -> None:
        self._station.journal.note(self._station.clock(now), "Log", status)
        if request.request is None:
            message = Message("DiagnosticsStatusNotification", {"status": status})
        else:
            message = Message("LogStatusNotification", {"status": status, "requestId": request.request})
        self._station.say([message], now)
