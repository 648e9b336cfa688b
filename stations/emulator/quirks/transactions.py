"""Rules 18 to 22 and 30: what stations make of transactions and id tags. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from stations.emulator.quirks import frame
from stations.emulator.quirks.base import Quirk, Regular, Reply, Said
from stations.ocpp.frames import Payload

NOBODYS_NUMBER = 987_654_321


class RepeatedStart(Quirk):
    """It sends each start of a transaction twice."""

    name = "repeated-start"
    rules = (18,)

    def says(self, said: Said) -> list[Said]:
        return [said, said] if frame.begins(*said) else [said]


class RepeatedStop(Quirk):
    """It sends each end of a transaction twice."""

    name = "repeated-stop"
    rules = (18,)

    def says(self, said: Said) -> list[Said]:
        return [said, said] if frame.ends(*said) else [said]


class _OtherNumber(Quirk, ABC):
    """It names another transaction than the one that it means."""

    def says(self, said: Said) -> list[Said]:
        number = said.payload.get("transactionId")
        if number is None:
            return [said]
        return [Said(said.action, said.payload | {"transactionId": self.number(number)})]

    @abstractmethod
    def number(self, number: int) -> int: ...


class MinusOneAsTransaction(_OtherNumber):
    """It calls all its transactions -1."""

    name = "transaction-minus-one"
    rules = (19,)

    def number(self, number: int) -> int:
        return -1


class ZeroAsTransaction(_OtherNumber):
    """It calls all its transactions 0."""

    name = "transaction-zero"
    rules = (19,)

    def number(self, number: int) -> int:
        return 0


class UnknownTransaction(_OtherNumber):
    """It has forgotten the numbers of its transactions and makes one up."""

    name = "unknown-transaction"
    rules = (19,)

    def number(self, number: int) -> int:
        return NOBODYS_NUMBER


class ForeignTransaction(_OtherNumber):
    """It names the transaction that was begun before its own, whoever's that is."""

    name = "foreign-transaction"
    rules = (20,)

    def number(self, number: int) -> int:
        return max(1, number - 1)


class NoStop(Quirk):
    """It never tells the end of a transaction."""

    name = "no-stop"
    rules = (21,)

    def says(self, said: Said) -> list[Said]:
        return [] if frame.ends(*said) else [said]


class SequenceRestarts(Quirk):
    """With each connection it counts the events of a running transaction from 0 again (2.x)."""

    name = "sequence-restarts"
    rules = (22,)

    def __init__(self) -> None:
        self._first: dict[str, int] = {}

    def opens(self) -> None:
        self._first.clear()

    def says(self, said: Said) -> list[Said]:
        if said.action != "TransactionEvent":
            return [said]
        number = said.payload["seqNo"]
        first = self._first.setdefault(said.payload["transactionInfo"]["transactionId"], number)
        return [Said(said.action, said.payload | {"seqNo": number - first})]


class ShuffledReplay(Quirk):
    """What began while it was offline it tells after what came next (2.x)."""

    name = "shuffled-replay"
    rules = (22,)

    def __init__(self) -> None:
        self._held: list[Said] = []

    def says(self, said: Said) -> list[Said]:
        if said.action == "TransactionEvent" and said.payload.get("offline") and frame.begins(*said):
            self._held.append(said)
            return []
        held, self._held = self._held, []
        return [said, *held]


class MessagesInQueue(Quirk):
    """It says that messages of each transaction still wait to be sent (2.x)."""

    name = "messages-in-queue"
    rules = (22,)

    def replies(self, action: str, payload: Payload, regular: Regular) -> Reply:
        return {"messagesInQueue": True} if action == "GetTransactionStatus" else regular()


class OtherCaseIdTag(Quirk):
    """It writes the id tag in another case at the end of a transaction than at its start."""

    name = "other-case-id-tag"
    rules = (30,)

    def says(self, said: Said) -> list[Said]:
        if not frame.ends(*said):
            return [said]
        return [Said(said.action, _other_case(said.payload))]


def _other_case(payload: Payload) -> Payload:
    changed: dict[str, Any] = dict(payload)
    if "idTag" in payload:
        changed["idTag"] = payload["idTag"].swapcase()
    if "idToken" in payload:
        token = payload["idToken"]
        changed["idToken"] = token | {"idToken": token["idToken"].swapcase()}
    return changed


QUIRKS: tuple[type[Quirk], ...] = (
    RepeatedStart,
    RepeatedStop,
    MinusOneAsTransaction,
    ZeroAsTransaction,
    UnknownTransaction,
    ForeignTransaction,
    NoStop,
    SequenceRestarts,
    ShuffledReplay,
    MessagesInQueue,
    OtherCaseIdTag,
)
