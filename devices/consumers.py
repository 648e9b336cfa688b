"""The socket of SolMate devices, `/update/`: handshake, frames in and out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass
from functools import partial

from devices import protocol
from devices.authentication import authenticate
from devices.connections import Connections, Link
from devices.protocol import ProtocolError, Rejected, Update
from devices.services import connect_device, disconnect_device, keep_refused, silence_limit, store_update
from devices.storage import Receipt
from smartserver.core import clock, metrics
from smartserver.core.batch import Batch
from smartserver.core.errors import NotAuthenticated, Unavailable
from smartserver.core.runtime import Runtime
from smartserver.core.sockets import (
    GOING_AWAY,
    POLICY_VIOLATION,
    TRY_AGAIN,
    Receive,
    Refused,
    Scope,
    Send,
    Socket,
)

logger = logging.getLogger(__name__)

UNANSWERED = 64
"""Messages of one socket that may wait for their answer before it stops reading (`recent.KEPT` are remembered)."""

COMPLAINTS = 10
"""Log lines about bad messages of one connection; a broken device must not fill the disk."""

CHALLENGE = (b"www-authenticate", b'Basic realm="SMART-Server", charset="UTF-8"')


@dataclass(slots=True)
class _Answer:
    """The place of an answer in the order of the messages; empty until its message is stored."""

    frame: str | None = None


class DeviceSocket(Socket):
    """One connection of a device; on an open server, of a gateway for several devices."""

    purpose = "device socket"

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, *, runtime: Runtime, connections: Connections
    ) -> None:
        super().__init__(scope, receive, send)
        self._runtime = runtime
        self._connections = connections
        self._serial: str | None = None
        self._links: dict[str, Link] = {}
        self._answers: deque[_Answer] = deque()
        self._complaints = 0
        self._heard = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._open = False

    # -- life --------------------------------------------------------------------------

    async def open(self) -> str | None:
        await self._runtime.start()
        self._connections.attach(self._runtime)
        try:
            self._serial = await asyncio.to_thread(authenticate, self.headers.get(b"authorization", b""))
        except NotAuthenticated as error:
            raise Refused(error.status, str(error), [CHALLENGE]) from None
        return None

    async def opened(self) -> None:
        metrics.DEVICES.inc()
        self._open = True
        self._say(protocol.encode(protocol.INFO, protocol.WELCOME))
        self._heard = clock.monotonic()
        self._watch(silence_limit())
        if self._serial is not None:
            try:
                await self._connect(self._serial)
            except Unavailable:
                self.close(TRY_AGAIN, "the server cannot store anything just now")

    async def closed(self, code: int) -> None:
        if self._open:
            metrics.DEVICES.dec()
        if self._alarm is not None:
            self._alarm.cancel()
        for link in self._links.values():
            self._connections.remove(link)
            if link.current:
                unit = partial(disconnect_device, serial=link.serial, generation=link.generation)
                try:
                    self._runtime.writer.submit(unit, _ignore)
                except Unavailable:
                    return  # the next start finds the device and marks it

    def _watch(self, seconds: float) -> None:
        self._alarm = asyncio.get_running_loop().call_later(seconds, self._check_silence)

    def _check_silence(self) -> None:
        left = self._heard + silence_limit() - clock.monotonic()
        if left > 0:
            self._watch(left)
        else:
            self.close(GOING_AWAY, "silent for too long")

    # -- messages ----------------------------------------------------------------------

    async def on_message(self, data: str | bytes) -> None:
        self._heard = clock.monotonic()
        await self.wait_while(lambda: len(self._answers) >= UNANSWERED)
        if self._closing is not None or len(self._answers) >= UNANSWERED:
            return  # replaced, shutting down or gone: what is not answered will be sent again
        try:
            if isinstance(data, bytes):
                raise protocol.BadFrame("A frame is text, not binary.")
            update = protocol.parse(data)
            self._report_ignored(update)
            link = await self._link(update)
            await self._runtime.writer.room()
            self._store(update, link, data)
        except ProtocolError as error:
            metrics.DEVICE_UPDATES.labels("refused").inc()
            self._complain("A message was not stored: %s", error)
            self._say(protocol.complaint(error))
            if isinstance(error, Rejected):
                await self._keep_refused(str(data), error)
        except Unavailable:
            self.close(TRY_AGAIN, "the server cannot store anything just now")

    async def _link(self, update: Update) -> Link:
        """The device on this socket that the update is about."""
        link = self._links.get(update.serial)
        if link is None:
            if self._serial is not None:
                raise Rejected(update.message_id, update.serial, f"this is the connection of {self._serial}")
            link = await self._connect(update.serial)
            if link is None:
                raise Rejected(update.message_id, update.serial, "this device has to present its key")
        if not link.current:
            raise Rejected(update.message_id, update.serial, "a newer connection speaks for this device")
        return link

    async def _connect(self, serial: str) -> Link | None:
        unit = partial(connect_device, serial=serial, now=clock.now(), authenticated=self._serial is not None)
        receipt = await self._runtime.writer.run(unit)
        if not receipt.stored:
            return None
        link = self._links[serial] = Link(serial, receipt.generation, self._replaced)
        self._connections.add(link)
        return link

    def _replaced(self, link: Link) -> None:
        """A newer connection has taken a device over. A gateway goes on with its other devices."""
        if not any(other.current for other in self._links.values()):
            self.close(POLICY_VIOLATION, "replaced by a newer connection")

    async def _keep_refused(self, frame: str, error: Rejected) -> None:
        """For people to look at, when it is known that the device itself said it."""
        link = self._links.get(error.serial)
        if link is None or not link.current:
            return
        await self._runtime.writer.room()
        unit = partial(
            keep_refused,
            serial=link.serial,
            generation=link.generation,
            frame=frame,
            reason=error.reason,
            received_at=clock.now(),
        )
        with contextlib.suppress(Unavailable):  # it has its answer, and nothing was promised
            self._runtime.writer.submit(unit, _ignore)

    def _store(self, update: Update, link: Link, frame: str) -> None:
        answer = _Answer()
        moment = clock.now()

        def unit(batch: Batch) -> Receipt:
            return store_update(batch, update=update, received_at=moment, generation=link.generation, frame=frame)

        def done(receipt: Receipt | None, error: BaseException | None) -> None:
            self._stored(answer, update, link, receipt, error)

        self._runtime.writer.submit(unit, done, self._loop)
        self._answers.append(answer)

    def _stored(
        self, answer: _Answer, update: Update, link: Link, receipt: Receipt | None, error: BaseException | None
    ) -> None:
        """The transaction with the update has ended, one way or the other."""
        if isinstance(error, Unavailable):
            # No answer: an ERROR would say that the values are at fault.
            self.close(TRY_AGAIN, "the server cannot store anything just now")
            return
        stored = receipt is not None and receipt.stored
        metrics.DEVICE_UPDATES.labels("stored" if stored else "refused" if error is None else "failed").inc()
        if error is not None:
            logger.error("An update of device %s failed.", update.serial, exc_info=error)
        elif not stored and link.current:
            # Another process has a newer connection, or the device was removed or got a new key.
            link.current = False
            self._connections.remove(link)
            self._replaced(link)
        answer.frame = protocol.reply(update.message_id, update.serial, stored=stored)
        self.wake()

    # -- answers -----------------------------------------------------------------------

    def _say(self, frame: str) -> None:
        self._answers.append(_Answer(frame))
        self.wake()

    def next_frame(self) -> str | None:
        if not self._answers or (frame := self._answers[0].frame) is None:
            return None
        self._answers.popleft()
        return frame

    # -- the log -----------------------------------------------------------------------

    def _report_ignored(self, update: Update) -> None:
        if unknown := [name for name in update.ignored if name not in protocol.INTERNALS]:
            self._complain("Fields that a device may not set, of %s: %r", update.serial, unknown)

    def _complain(self, text: str, *arguments: object) -> None:
        self._complaints += 1
        if self._complaints <= COMPLAINTS:
            logger.info(text, *arguments)
        if self._complaints == COMPLAINTS:
            logger.info("More of the same from this connection is not logged.")


def _ignore(value: object, error: BaseException | None) -> None:
    """Nobody waits for the end of a connection to be stored."""
