"""What a station says and hears over one connection after the other. Pure; see `model.py`."""

from __future__ import annotations

from math import inf

from stations.emulator.point import tokens2
from stations.emulator.point.access import Verdict
from stations.emulator.point.message import Message
from stations.emulator.point.station import Station
from stations.emulator.point.streams import OPEN
from stations.ocpp.frames import Payload


class Conversation(Station):
    _hold_due = inf
    """Until then messages of transactions wait, because the server failed at one."""
    _lost_at = 0.0

    # -- the connection -------------------------------------------------------------------

    def connected(self, now: float) -> None:
        """Boot, or after a mere loss of connection say what changed meanwhile (B04)."""
        self._online = True
        self.charging.heard(now)
        self.journal.note(self.clock(now), "Connected")
        if not self.registration.accepted:
            self.registration.power_up(now)
            return
        self.say([self.words.heartbeat()], now)
        for outlet in self.outlets:
            if self._was_long_away(now):
                outlet.tell(now)
            else:
                outlet.tell_change(now)
        self.monitoring.connected(now)

    def disconnected(self, now: float) -> list[Message]:
        """The messages that were waiting and will not be sent again."""
        self._online = False
        self._lost_at = now
        self.charging.lost(now)
        self.journal.note(self.clock(now), "Disconnected")
        self.registration.boot_due = inf
        lost = self.outbox.go_offline()
        for message in lost:
            self._forget(message, now)
        return lost

    def _was_long_away(self, now: float) -> bool:
        """2.x tells of all statuses then, and else only of those that changed (B04, OfflineThreshold)."""
        return self.version != "1.6" and now - self._lost_at > float(
            self.variables.text("OCPPCommCtrlr", "OfflineThreshold")
        )

    @property
    def deaf(self) -> bool:
        """Rejected, and the interval is not over: neither side has anything to say (1.6 section 4.2)."""
        return self.version == "1.6" and self.registration.status == "Rejected" and self.outbox.current is None

    def next_message(self) -> Message | None:
        if not self._online:
            return None
        return self.outbox.next(registered=self.registration.accepted, transactions=self._hold_due == inf)

    def left(self, message: Message, now: float) -> None:
        """A SEND has left; that is all there is to it (2.1)."""
        self.outbox.settle()
        self.journal.note(self.clock(now), message.action, "sent")

    def heard(self, action: str, now: float) -> None:
        """A SEND of the server; none means anything to a station, and none is answered (OCPP-J 2.1 section 4.2.5)."""
        self.journal.note(self.clock(now), action, "heard")

    def say(self, messages: list[Message], now: float) -> None:
        for message in messages:
            self.payments.complete(message)
            self.terminal.complete(message)
        for message in self.outbox.add(messages, online=self.online):
            self._forget(message, now)

    def say_at_once(self, messages: list[Message], now: float) -> None:
        """What the server asked for leaves also while its acceptance is pending (1.6 section 4.2)."""
        if self._online and self.registration.status == "Pending":
            for message in messages:
                self.outbox.add_now(message)
        else:
            self.say(messages, now)

    # -- answers --------------------------------------------------------------------------

    def answered(self, message: Message, payload: Payload, now: float) -> None:
        """The server's CALLRESULT."""
        self.outbox.settle()
        self.journal.note(self.clock(now), message.action, "answered")
        if message.action == "BootNotification":
            self.registration.take(payload, now)
        if message.action == "StartTransaction" and message.charge is not None:
            message.charge.number = payload["transactionId"]
        self.security.answered(message, payload, now)
        self.charging.answered(message, payload, now)
        self.v2x.answered(message, payload, now)
        if message.action == OPEN:
            self.monitoring.streams.answered(message, payload["status"], now)
        may_charge = self._take_costs(message, payload)
        verdict = self.words.verdict(payload)
        if verdict is not None and not may_charge:
            verdict = verdict._replace(status="Invalid")
        if verdict is not None:
            self._take_verdict(message, verdict, now)
        limits = self.words.limits(payload)
        if limits is not None and message.charge is not None:
            self.outlet(message.charge.outlet).limit_session(message.charge, limits, now)

    def _take_costs(self, message: Message, payload: Payload) -> bool:
        """What the server says of prices, costs and payments (2.x, block I); whether the driver may charge for that."""
        self.payments.hear(message.action, message.payload, payload)
        self.terminal.hear(message, payload)
        if message.charge is not None and "totalCost" in payload:
            shown = payload.get("updatedPersonalMessage", {}).get("content", "")
            self.costs.hear(message.charge, payload["totalCost"], shown)
        return message.action != "Authorize" or self.tariffs.take_driver(message.token, payload.get("tariff"))

    def _take_verdict(self, message: Message, verdict: Verdict, now: float) -> None:
        if message.token and not tokens2.is_paid(message.token):
            self.access.remember(message.token, verdict, self.clock(now))
        if message.action == "Authorize":
            self._tell_verdict(message, verdict, now)
        elif message.charge is not None and self.has(message.charge.outlet):
            self.outlet(message.charge.outlet).judge(message.charge, verdict, now)

    def _tell_verdict(self, message: Message, verdict: Verdict, now: float) -> None:
        """To who asked with an Authorize: a connector, or else somebody who swaps a battery."""
        if message.outlet is not None:
            self.outlet(message.outlet).answered(message.token, verdict, now)
        else:
            self.swaps.authorised(message.token, verdict.status == "Accepted", now)

    def refused(self, message: Message, now: float) -> None:
        """The server's CALLERROR. Messages of transactions are tried again."""
        self.journal.note(self.clock(now), message.action, "refused")
        if self._try_again(message, now):
            return
        self.outbox.settle()
        if message.action == "BootNotification":
            self.registration.retry_later(now)
        elif message.action == "Authorize":
            self._tell_verdict(message, Verdict("Invalid"), now)
        elif message.action == OPEN:
            self.monitoring.streams.answered(message, "Rejected", now)

    def unanswered(self, now: float) -> Message | None:
        """No answer came in time: the message is repeated if it has to be, else it is given up and returned."""
        message = self.outbox.current
        if self.version == "1.6" or message is None or not message.kept:
            message = self.outbox.repeat()
        elif self._try_again(message, now):
            return None
        else:
            self.outbox.settle()
        if message is not None:
            self._forget(message, now)
        return message

    def _try_again(self, message: Message, now: float) -> bool:
        """Whether a message of a transaction that failed goes again, each time a bit later (TransactionMessageAttempts;
        2.x E13, where silence is a failure, too: MessageAttempts)."""
        message.failures += 1
        if not message.kept or message.failures >= self.settings.number("TransactionMessageAttempts"):
            return False
        self.outbox.put_back()
        self._hold_due = now + message.failures * self.settings.number("TransactionMessageRetryInterval")
        return True

    def _release(self, now: float) -> None:
        self._hold_due = inf

    def _forget(self, message: Message, now: float) -> None:
        """A message will not be sent again."""
        if message.action == "BootNotification" and self._online:
            self.registration.retry_later(now)
        elif message.action == "Authorize" and message.outlet is None:
            self._tell_verdict(message, Verdict("Invalid"), now)
        elif message.action == "Authorize" and message.outlet is not None:
            # Nobody said no: the station decides as if it were offline.
            verdict = self.security.contracts.decide(message.token, now, online=False)
            assert verdict is not None
            self.outlet(message.outlet).answered(message.token, verdict, now)
        elif message.action == "NotifyEVChargingNeeds":
            self.charging.unsaid(message.payload["evseId"])
        elif message.action == "StatusNotification" and message.outlet:
            self.outlet(message.outlet).told = ""
        elif message.action == OPEN:
            self.monitoring.streams.answered(message, "", now)
