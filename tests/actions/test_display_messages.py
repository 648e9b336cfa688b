"""Messages on the displays of 2.x stations (block O)."""

from __future__ import annotations

from typing import Any

from stations.models import DisplayMessage, Report
from stations.ocpp.frames import Payload
from tests.actions.registry import received, sent, speaking
from tests.actions.support import ACCEPTED, ActionCase

SEEN = "`/api/v1/stations/{identity}/display-messages`, the station's page"


def message(number: int = 1, text: str = "Out of order", **more: Any) -> Payload:
    content = {"format": "UTF8", "language": "en", "content": text}
    return {"id": number, "priority": "NormalCycle", "message": content} | more


@speaking("2.0.1", "2.1")
class DisplayMessages(ActionCase):
    def shown(self) -> dict[int, Any]:
        """What the operator sees, which is what is stored."""
        seen = {each["number"]: each for each in self.see("stations/CP1/display-messages")}
        self.assertEqual(set(seen), set(DisplayMessage.objects.values_list("number", flat=True)))
        return seen

    def set(self, *messages: Payload) -> None:
        for each in messages:
            self.ask("SetDisplayMessage", {"message": each}, ACCEPTED)

    @sent("SetDisplayMessage", stored="`DisplayMessage`", seen=SEEN)
    def test_set_display_message(self) -> None:
        refusals = ["NotSupportedMessageFormat", "Rejected", "NotSupportedPriority", "NotSupportedState"]
        refusals += ["UnknownTransaction"] + (["LanguageNotSupported"] if self.version == "2.1" else [])
        for word in refusals:
            self.assertEqual(self.ask("SetDisplayMessage", {"message": message()}, {"status": word})["result"], word)
            self.assertEqual(self.shown(), {})
        whole = {
            "priority": "InFront",
            "state": "Idle",
            "startDateTime": "2026-06-21T12:00:00Z",
            "endDateTime": "2099-06-21T12:00:00Z",
            "transactionId": "T-1",
            "display": {"name": "Display", "evse": {"id": 1}},
        }
        if self.version == "2.1":
            whole["messageExtra"] = [{"format": "UTF8", "language": "de", "content": "Außer Betrieb"}]
        self.set(message(7, **whole))
        seen = self.shown()[7]
        self.assertEqual((seen["priority"], seen["state"], seen["transaction"]), ("InFront", "Idle", "T-1"))
        self.assertEqual((seen["starts_at"], seen["ends_at"]), ("2026-06-21T12:00:00Z", "2099-06-21T12:00:00Z"))
        self.assertEqual(seen["display"], whole["display"])
        contents = [(each["language"], each["content"]) for each in seen["contents"]]
        german = [("de", "Außer Betrieb")] if self.version == "2.1" else []
        self.assertEqual(contents, [("en", "Out of order"), *german])
        # One with the same number takes its place (O06).
        self.set(message(7, "Welcome"))
        seen = self.shown()[7]
        self.assertEqual((seen["contents"][0]["content"], seen["state"], seen["ends_at"]), ("Welcome", "", None))

    def test_message_that_is_always_in_front_is_one(self) -> None:
        self.set(message(1, priority="AlwaysFront"), message(2), message(3, priority="AlwaysFront"))
        self.assertEqual(set(self.shown()), {2, 3})

    @sent("ClearDisplayMessage", stored="`DisplayMessage` is removed", seen=SEEN)
    def test_clear_display_message(self) -> None:
        self.set(message(1), message(2), message(3))
        self.ask("ClearDisplayMessage", {"id": 1}, ACCEPTED)
        self.assertEqual(set(self.shown()), {2, 3})
        self.assertEqual(self.ask("ClearDisplayMessage", {"id": 2}, {"status": "Unknown"})["result"], "Unknown")
        self.assertEqual(set(self.shown()), {3}, "the station never had it, or not any more")
        if self.version == "2.1":
            self.ask("ClearDisplayMessage", {"id": 3}, {"status": "Rejected"})
            self.assertEqual(set(self.shown()), {3})

    @sent("GetDisplayMessages", stored="`Report`, `DisplayMessage`", seen=SEEN)
    def test_get_display_messages(self) -> None:
        self.set(message(1), message(2, priority="InFront"))
        self.ask("GetDisplayMessages", {"requestId": 5, "priority": "InFront"}, {"status": "Unknown"})
        self.assertEqual(set(self.shown()), {1}, "of this priority there are none")
        self.ask("GetDisplayMessages", {"requestId": 6}, ACCEPTED)
        self.assertEqual(set(self.shown()), {1}, "the report is still to come")
        self.assertEqual(Report.objects.get(request=6).state, "running")
        self.ask("GetDisplayMessages", {"requestId": 7, "id": [1, 9]}, {"status": "Unknown"})
        self.assertEqual(self.shown(), {})

    @received("NotifyDisplayMessages", stored="`Report`, `DisplayMessage`", seen=SEEN)
    def test_notify_display_messages(self) -> None:
        self.set(message(1), message(2), message(3, state="Faulted"))
        self.ask("GetDisplayMessages", {"requestId": 5}, ACCEPTED)
        self.notify(5, message(2, "News"), tbc=True)
        self.assertEqual(set(self.shown()), {1, 2, 3}, "more of it is to come")
        self.notify(5, message(4), tbc=False)
        self.assertEqual(Report.objects.get().state, "complete")
        seen = self.shown()
        self.assertEqual((set(seen), seen[2]["contents"][0]["content"]), ({2, 4}, "News"))
        # What criteria leave out is not touched.
        self.set(message(6, state="Idle"))
        self.ask("GetDisplayMessages", {"requestId": 8, "state": "Idle", "id": [6, 7]}, ACCEPTED)
        self.notify(8, message(7, state="Idle"))
        self.assertEqual(set(self.shown()), {2, 4, 7})

    def notify(self, request: int, *messages: Payload, **more: Any) -> None:
        payload = {"requestId": request, "messageInfo": list(messages)} | more
        self.assertEqual(self.tell("NotifyDisplayMessages", payload), {})

    def test_messages_that_are_over(self) -> None:
        event = {
            "eventType": "Started",
            "timestamp": "2026-06-21T12:00:00Z",
            "triggerReason": "CablePluggedIn",
            "seqNo": 0,
            "transactionInfo": {"transactionId": "T-1"},
            "evse": {"id": 1, "connectorId": 1},
        }
        self.tell("TransactionEvent", event)
        self.set(message(1, transactionId="T-1"), message(2, endDateTime="2020-01-01T00:00:00Z"), message(3))
        seen = {each["number"] for each in self.see("stations/CP1/display-messages")}
        self.assertEqual(seen, {1, 3}, "the end of the second is over")
        self.tell("TransactionEvent", event | {"eventType": "Ended", "triggerReason": "EVDeparted", "seqNo": 1})
        seen = {each["number"] for each in self.see("stations/CP1/display-messages")}
        self.assertEqual(seen, {3}, "the transaction of the first is over")
        self.set(message(4))
        self.assertEqual(set(self.shown()), {3, 4})
