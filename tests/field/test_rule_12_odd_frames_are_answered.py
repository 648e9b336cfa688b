"""Rule 12: empty message ids, null payloads and wrong arity are answered, and not fatal (ocpp-go#267)."""

from __future__ import annotations

from tests.field.support import FieldCase

TOLERATED = {
    "empty-message-id": "message_id_length",
    "number-as-message-id": "message_id_as_number",
    "null-payload": "payload_missing",
    "no-payload": "payload_missing",
    "extra-element": "frame_too_long",
    "binary-frames": "binary_frame",
}


class OddFramesAreAnswered(FieldCase):
    def test_station_lives_with_each_of_them(self) -> None:
        for quirk, rule in TOLERATED.items():
            with self.subTest(quirk), self.emulated(quirk, identity=quirk) as station:
                station.wait_answered(3)  # it has booted, and told its status
                station.tell("Heartbeat")
                station.wait_answered(4)
                self.assertEqual((station.statistics.errors, station.client.trouble), (0, ""))
                self.assert_noted(rule, identity=quirk)
                self.assertEqual(self.station(quirk).vendor, station.model.plate.vendor)

    def test_all_of_them_at_once(self) -> None:
        with self.emulated("number-as-message-id", "null-payload", "extra-element", "binary-frames") as station:
            station.wait_answered(3)
            station.tell("Heartbeat")
            self.assert_noted("message_id_as_number", "payload_missing", "frame_too_long", "binary_frame")

    def test_strict_server_says_what_is_wrong(self) -> None:
        for quirk in ("empty-message-id", "number-as-message-id"):
            self.strict(quirk)
            with self.subTest(quirk), self.emulated(quirk, identity=quirk) as station:
                # Nobody can be told under an id that is none.
                self.assertEqual(station.wait_refusal()[1:3], ["-1", "FormationViolation"])
                self.assertEqual(self.station(quirk).vendor, "")
                station.vanish()

    def test_strict_server_refuses_the_call_and_lives_on(self) -> None:
        for quirk in ("null-payload", "no-payload"):
            self.strict(quirk)
            with self.subTest(quirk), self.emulated(quirk, identity=quirk) as station:
                station.wait_answer("BootNotification")
                station.tell("Heartbeat")
                self.assertEqual(station.wait_refusal()[2], "FormationViolation")
                self.assertEqual(station.wait_answer("BootNotification")[0], 3)
