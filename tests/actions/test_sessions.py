"""Authorization, transactions, local lists, reservations, remote control and meter values of OCPP 2.x (C to H, J)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from stations.models import (
    Command,
    IdToken,
    IdTokenGroup,
    LocalList,
    MeterValue,
    Reservation,
    Transaction,
    TransactionEvent,
)
from stations.ocpp.frames import Payload
from tests.actions.registry import received, sent, speaking
from tests.actions.support import ACCEPTED, ActionCase

NOW = datetime.now(UTC).replace(microsecond=0)
SHOWN = "`/api/v1/commands`, tab “Commands”"
NOTHING_ELSE = "`Command`"


def at(minutes: float = 0) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def token(value: str = "CARD1", kind: str = "ISO14443", **more: Any) -> Payload:
    return {"idToken": value, "type": kind, **more}


def metered(wh: float, minutes: float, **more: Any) -> list[Payload]:
    samples = [
        {"value": wh, "measurand": "Energy.Active.Import.Register", "unitOfMeasure": {"unit": "Wh"}, **more},
        {"value": 7.4, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "kW"}},
    ]
    return [{"timestamp": at(minutes), "sampledValue": samples}]


class SessionCase(ActionCase):
    def event(self, phase: str, number: int, trigger: str, *, info: Payload | None = None, **more: Any) -> Payload:
        """The station reports an event of its transaction `T1`, whose numbers are minutes."""
        payload = {
            "eventType": phase,
            "timestamp": at(number),
            "triggerReason": trigger,
            "seqNo": number,
            "transactionInfo": {"transactionId": "T1"} | (info or {}),
            "evse": {"id": 1, "connectorId": 1},
        }
        return self.tell("TransactionEvent", payload | more)

    def status(self, word: str) -> None:
        status = {"timestamp": at(), "connectorStatus": word, "evseId": 1, "connectorId": 1}
        self.tell("StatusNotification", status)

    @property
    def session(self) -> Transaction:
        return Transaction.objects.get()

    def see_session(self) -> Any:
        return self.see(f"transactions/{self.session.pk}")


@speaking("2.0.1", "2.1")
class Authorization(SessionCase):
    def verdict(self, **shown: Any) -> Payload:
        info: Payload = self.tell("Authorize", {"idToken": token(**shown)})["idTokenInfo"]
        return info

    @received("Authorize", stored="`IdToken` when it is new", seen="`/api/v1/id-tokens`")
    def test_authorize(self) -> None:
        self.do("groups", {"name": "FAMILY"})
        number = IdToken.objects.get().pk
        more = {
            "type": "ISO14443",
            "group": "FAMILY",
            "priority": 3,
            "language1": "de",
            "message": "Hallo Ada",
            "evses": [1, 2],
            "expires_at": at(600),
        }
        seen = self.do(f"id-tokens/{number}", more, method="patch")
        self.assertEqual((seen["priority"], seen["evses"], seen["message"]), (3, [1, 2], "Hallo Ada"))
        info = self.verdict(value="card1")
        moment = datetime.fromisoformat(info.pop("cacheExpiryDateTime"))
        self.assertEqual(moment, NOW + timedelta(minutes=600))
        told = {
            "status": "Accepted",
            "chargingPriority": 3,
            "groupIdToken": {"idToken": "FAMILY", "type": "Central"},
            "language1": "de",
            "evseId": [1, 2],
            "personalMessage": {"format": "UTF8", "language": "de", "content": "Hallo Ada"},
        }
        self.assertEqual(info, told)
        # The same number as a key code is another token, which nobody has entered.
        self.assertEqual(self.verdict(kind="KeyCode"), {"status": "Unknown"})
        seen = {row["type"]: row["status"] for row in self.see("id-tokens", search="CARD1")["results"]}
        self.assertEqual(seen, {"ISO14443": "Accepted", "KeyCode": "Unknown"})
        self.do(f"id-tokens/{number}", {"status": "Blocked"}, method="patch")
        self.assertEqual(self.verdict()["status"], "Blocked")

    def test_what_has_to_be_shown_along_with_it(self) -> None:
        pin = [{"additionalIdToken": "4711", "type": "PIN"}]
        self.do(f"id-tokens/{IdToken.objects.get().pk}", {"additional_info": pin}, method="patch")
        self.assertEqual(self.verdict()["status"], "Invalid")
        self.assertEqual(
            self.verdict(additionalInfo=[{"additionalIdToken": "4712", "type": "PIN"}])["status"], "Invalid"
        )
        self.assertEqual(self.verdict(additionalInfo=pin)["status"], "Accepted")


@speaking("2.0.1", "2.1")
class Transactions(SessionCase):
    @received(
        "TransactionEvent",
        stored="`Transaction`, `TransactionEvent`, `MeterValue`, `EVSE`",
        seen="`/api/v1/transactions`, `…/{id}/events`, `…/{id}/meter-values`, tabs “Stations” and “Sessions”",
    )
    def test_transaction_event(self) -> None:
        # The same message on both sides of the connection: first the cable, then the card, then energy.
        start = self.event("Started", 0, "CablePluggedIn", info={"chargingState": "EVConnected"}, cableMaxCurrent=32)
        self.assertEqual(start, {})
        answer = self.event("Updated", 1, "Authorized", idToken=token(), meterValue=metered(1000, 1))
        self.assertEqual(answer["idTokenInfo"], {"status": "Accepted"})
        self.see_station(sessions=1)
        charging = {"chargingState": "Charging", "timeSpentCharging": 240}
        late: dict[str, Any] = {"info": charging, "numberOfPhasesUsed": 3, "meterValue": metered(2500, 5)}
        self.event("Updated", 5, "ChargingStateChanged", **late)
        seen = self.see_session()
        self.assertEqual((seen["charging_state"], seen["charging_seconds"], seen["phases_used"]), ("Charging", 240, 3))
        self.assertEqual((seen["cable_max_current_a"], seen["missing_events"]), (32, 3))
        self.see_station(power_w=7400.0, session_energy_wh=1500.0)

        # What it could not say in time fills the gap, and does not tell how things are now.
        for number in (2, 3, 4):
            self.event("Updated", number, "ChargingStateChanged", info={"chargingState": "SuspendedEV"}, offline=True)
        self.event("Updated", 5, "ChargingStateChanged", **late)
        seen = self.see_session()
        self.assertEqual((seen["missing_events"], seen["charging_state"]), (0, "Charging"))

        ended = {"stoppedReason": "PowerLoss", "timeSpentCharging": 300}
        self.event("Ended", 6, "AbnormalCondition", info=ended, meterValue=metered(3500, 6))
        seen = self.see_session()
        self.assertEqual((seen["active"], seen["end_reason"], seen["energy_wh"]), (False, "PowerLoss", 2500))
        self.assertEqual((seen["id_token"], seen["charging_seconds"]), ("CARD1", 300))
        self.see_station(sessions=0)
        shown = self.see(f"transactions/{seen['id']}/events")["results"]
        self.assertEqual([each["sequence"] for each in shown], [6, 4, 3, 2, 5, 1, 0], "each once, newest first")
        self.assertEqual((shown[0]["trigger"], shown[0]["details"]), ("AbnormalCondition", ended))
        self.assertEqual([each["offline"] for each in shown[1:4]], [True] * 3)
        self.assertEqual(TransactionEvent.objects.count(), 7)
        values = self.see(f"transactions/{seen['id']}/meter-values")["results"]
        self.assertEqual({each["energy_wh"] for each in values}, {1000, 2500, 3500})

    def test_end_of_a_transaction_whose_start_is_not_known(self) -> None:
        info = {"stoppedReason": "Reboot"}
        self.event("Ended", 7, "AbnormalCondition", info=info, idToken=token(), offline=True, meterValue=metered(9, 7))
        seen = self.see_session()
        self.assertEqual((seen["active"], seen["end_reason"], seen["missing_events"]), (False, "Reboot", 1))
        self.event("Started", 0, "CablePluggedIn", offline=True, meterValue=metered(5, 0))
        seen = self.see_session()
        self.assertEqual((seen["active"], seen["energy_wh"], seen["missing_events"]), (False, 4, 6))

    def test_group_and_master_pass(self) -> None:
        """Members of a group end each other's sessions, a master pass those of everybody (C09, C16)."""
        self.do("groups", {"name": "MASTERS", "master": True})
        self.do("id-tokens", {"value": "CHIEF", "type": "ISO14443", "group": "MASTERS"})
        self.event("Started", 0, "Authorized", idToken=token())
        stop = self.event("Updated", 1, "StopAuthorized", idToken=token("CHIEF"))
        self.assertEqual(stop["idTokenInfo"]["status"], "Accepted")
        self.assertEqual(stop["idTokenInfo"]["groupIdToken"]["idToken"], "MASTERS")
        self.event("Ended", 2, "EVDeparted", info={"stoppedReason": "MasterPass"})
        seen = self.see_session()
        self.assertEqual((seen["stopped_by"], seen["end_reason"], seen["remark"]), ("CHIEF", "MasterPass", ""))
        begun = self.event("Started", 3, "Authorized", info={"transactionId": "T2"}, idToken=token("CHIEF"))
        self.assertEqual(begun["idTokenInfo"]["status"], "Invalid", "it has no sessions of its own")

    @received(
        "MeterValues",
        stored="`MeterValue`, `EVSE`",
        seen="`/api/v1/transactions/{id}/meter-values`, tab “Stations”, chart of the station",
    )
    def test_meter_values(self) -> None:
        self.event("Started", 0, "Authorized", idToken=token(), meterValue=metered(1000, 0))
        signed = {
            "signedMeterData": "T0NNRnx7fQ==",
            "signingMethod": "ECDSA-secp256r1-SHA256",
            "encodingMethod": "OCMF",
            "publicKey": "",
        }
        values = metered(1700, 1, signedMeterValue=signed, context="Sample.Clock")
        self.assertEqual(self.tell("MeterValues", {"evseId": 1, "meterValue": values}), {})
        row = MeterValue.objects.latest("pk")
        self.assertEqual((row.energy_wh, row.power_w, row.transaction_id), (1700, 7400, self.session.pk))
        seen = self.see(f"transactions/{self.session.pk}/meter-values")["results"][0]
        self.assertEqual(seen["samples"], values[0]["sampledValue"], "a signature holds only for what was signed")
        self.see_station(power_w=7400.0, session_energy_wh=700.0)


@speaking("2.1")
class OnlyIn21(SessionCase):
    """Transactions whose cost, energy, time or state of charge is limited (E16), modes, tariffs, payment (C24)."""

    def test_limits(self) -> None:
        number = IdToken.objects.get().pk
        self.do(f"id-tokens/{number}", {"limits": {"maxEnergy": 20_000, "maxSoC": 80}}, method="patch")
        answer = self.event("Started", 0, "Authorized", idToken=token())
        self.assertEqual(answer["transactionLimit"], {"maxEnergy": 20_000, "maxSoC": 80})
        limits = {"maxEnergy": 20_000.0, "maxSoC": 80}
        told = {"transactionLimit": limits, "operationMode": "ChargingOnly", "tariffId": "DAY"}
        self.assertEqual(self.event("Updated", 1, "LimitSet", info=told), {}, "the station has them")
        seen = self.see_session()
        self.assertEqual((seen["limits"], seen["operation_mode"], seen["tariff"]), (limits, "ChargingOnly", "DAY"))
        self.do(f"transactions/{seen['id']}/limits", {"maxCost": 12.5})
        self.assertEqual(self.event("Updated", 2, "MeterValuePeriodic")["transactionLimit"], {"maxCost": 12.5})
        self.assertEqual(self.see_session()["wanted_limits"], {"maxCost": 12.5})

    def test_kinds_of_tokens(self) -> None:
        for kind in ("EVCCID", "VIN", "Fingerprint"):
            self.do("id-tokens", {"value": f"OF-{kind}", "type": kind})
            info = self.tell("Authorize", {"idToken": token(f"of-{kind}", kind)})["idTokenInfo"]
            self.assertEqual(info, {"status": "Accepted"}, kind)
        paid = self.tell("Authorize", {"idToken": token("TERMINAL-1", "DirectPayment")})["idTokenInfo"]
        self.assertEqual(paid, {"status": "Accepted"})
        self.assertEqual(self.see_one("id-tokens", search="TERMINAL-1")["type"], "DirectPayment")


@speaking("2.0.1", "2.1")
class RemoteControl(SessionCase):
    @sent("RequestStartTransaction", stored="`Transaction.remote_start`", seen="`/api/v1/transactions`")
    def test_request_start_transaction(self) -> None:
        order: Payload = {"action": "RequestStartTransaction", "payload": {"idToken": token(), "evseId": 1}}
        command = self.do("stations/CP1/commands", order | {"idempotency_key": "order-1"})
        again = self.do("stations/CP1/commands", order | {"idempotency_key": "order-1"})
        self.assertEqual(again["id"], command["id"])
        frame = self.hear("RequestStartTransaction")
        self.say(frame, ACCEPTED)
        self.assertEqual(self.settled(command["id"])["result"], "Accepted")
        number = frame[3]["remoteStartId"]
        self.event("Started", 0, "RemoteStart", info={"remoteStartId": number}, idToken=token())
        seen = self.see_session()
        self.assertEqual((seen["remote_start"], seen["remote_start_number"]), (command["id"], number))
        self.see_station(sessions=1)

        # A second vehicle is there already: the answer names its transaction, and the event comes after it.
        self.event("Ended", 1, "EVDeparted")
        self.event("Started", 2, "CablePluggedIn", info={"transactionId": "T2"})
        order["payload"] = {"idToken": token(), "remoteStartId": 77}
        reply = {"status": "Accepted", "transactionId": "T2"}
        seen = self.ask("RequestStartTransaction", order["payload"], reply)
        self.assertEqual(self.see("transactions", station="CP1")["results"][0]["remote_start"], seen["id"])
        refused = self.ask("RequestStartTransaction", order["payload"] | {"remoteStartId": 78}, {"status": "Rejected"})
        self.assertEqual(refused["result"], "Rejected")
        self.assertEqual(Transaction.objects.latest("pk").remote_start_number, 77)

    @sent("RequestStopTransaction", stored="`Transaction`, when the station ends it", seen="`/api/v1/transactions`")
    def test_request_stop_transaction(self) -> None:
        self.event("Started", 0, "Authorized", idToken=token())
        for word in ("Rejected", "Accepted"):
            command = self.do(f"transactions/{self.session.pk}/stop", {})
            self.answer("RequestStopTransaction", {"status": word}, command["id"], {"transactionId": "T1"})
            self.assertTrue(self.see_session()["active"], "the station has the last word")
        self.event("Ended", 1, "RemoteStop", info={"stoppedReason": "Remote"})
        self.assertEqual(self.see_session()["end_reason"], "Remote")
        self.see_station(sessions=0)

    @sent("GetTransactionStatus", stored="`Transaction.messages_in_queue`", seen="`/api/v1/transactions`")
    def test_get_transaction_status(self) -> None:
        self.event("Started", 0, "Authorized", idToken=token())
        asked = {"transactionId": "T1"}
        for waiting in (True, False):
            self.ask("GetTransactionStatus", asked, {"ongoingIndicator": True, "messagesInQueue": waiting})
            self.assertEqual(self.see_session()["messages_in_queue"], waiting)

    @sent("UnlockConnector", stored=NOTHING_ELSE, seen=SHOWN)
    def test_unlock_connector(self) -> None:
        payload = {"evseId": 1, "connectorId": 1}
        for word in ("OngoingAuthorizedTransaction", "UnknownConnector", "UnlockFailed", "Unlocked"):
            self.assertEqual(self.ask("UnlockConnector", payload, {"status": word})["result"], word)

    @sent("ChangeAvailability", stored=NOTHING_ELSE, seen=f"{SHOWN}; the status that the station then reports")
    def test_change_availability(self) -> None:
        for wanted, word, status in (
            ("Inoperative", "Scheduled", "Unavailable"),
            ("Operative", "Accepted", "Available"),
        ):
            payload = {"operationalStatus": wanted, "evse": {"id": 1}}
            seen = self.ask("ChangeAvailability", payload, {"status": word})
            self.assertEqual(seen["result"], word)
            self.assertNotEqual(self.see("stations/CP1")["status"], status, "the station has not said so yet")
            self.status(status)
            self.see_station(status=status)

    def test_trigger_of_an_event(self) -> None:
        refused = self.ask(
            "TriggerMessage", {"requestedMessage": "LogStatusNotification"}, {"status": "NotImplemented"}
        )
        self.assertEqual(refused["result"], "NotImplemented")
        self.event("Started", 0, "Authorized", idToken=token())
        asked = {"requestedMessage": "TransactionEvent", "evse": {"id": 1}}
        self.assertEqual(self.ask("TriggerMessage", asked, ACCEPTED)["result"], "Accepted")
        self.event("Updated", 1, "Trigger", info={"chargingState": "SuspendedEVSE"})
        self.assertEqual(self.see_session()["charging_state"], "SuspendedEVSE")
        self.assertEqual(self.see(f"transactions/{self.session.pk}/events")["results"][0]["trigger"], "Trigger")


@speaking("2.0.1", "2.1")
class LocalLists(SessionCase):
    @sent("SendLocalList", stored="`LocalList`", seen="`/api/v1/stations/{identity}/local-list`")
    def test_send_local_list(self) -> None:
        IdToken.objects.update(group=IdTokenGroup.objects.create(name="FAMILY"))
        self.do("stations/CP1/local-list", {"mode": "full"})
        frame = self.hear("SendLocalList")
        info = {"status": "Accepted", "groupIdToken": {"idToken": "FAMILY", "type": "Central"}}
        entry = {"idToken": token(), "idTokenInfo": info}
        listed = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": [entry]}
        self.assertEqual(frame[3], listed)
        self.assertEqual(self.see("stations/CP1/local-list")["entries"], {}, "the station has not confirmed it yet")
        self.say(frame, ACCEPTED)
        self.settled_last("SendLocalList")
        seen = self.see("stations/CP1/local-list")
        self.assertEqual((seen["version"], seen["entries"]), (1, {"ISO14443:CARD1": info}))
        self.assertEqual((seen["changes"], LocalList.objects.get().ocpp_version), ({}, self.version))

        IdToken.objects.create(value="DE8AAC1234", type="eMAID")
        IdToken.objects.filter(value="CARD1").delete()
        self.do("stations/CP1/local-list", {"mode": "auto"})
        frame = self.hear("SendLocalList")
        changes = [
            {"idToken": token()},
            {"idToken": token("DE8AAC1234", "eMAID"), "idTokenInfo": {"status": "Accepted"}},
        ]
        differential = {"versionNumber": 2, "updateType": "Differential", "localAuthorizationList": changes}
        self.assertEqual(frame[3], differential)
        failing = self.see("commands", station="CP1", action="SendLocalList")["results"][0]["id"]
        self.say(frame, {"status": "VersionMismatch"})
        # It has another list than the one that this is a change to: it gets the whole of it (D01.FR.06).
        frame = self.hear("SendLocalList")
        self.assertEqual(self.settled(failing)["result"], "VersionMismatch")
        self.assertEqual((frame[3]["updateType"], frame[3]["localAuthorizationList"]), ("Full", changes[1:]))
        self.say(frame, ACCEPTED)
        self.settled_last("SendLocalList")
        seen = self.see("stations/CP1/local-list")
        self.assertEqual((seen["result"], list(seen["entries"])), ("Accepted", ["eMAID:DE8AAC1234"]))

    @sent("GetLocalListVersion", stored="`LocalList`", seen="`/api/v1/stations/{identity}/local-list`")
    def test_get_local_list_version(self) -> None:
        for version in (4, 0):
            command = self.do("stations/CP1/local-list/refresh", {})
            self.answer("GetLocalListVersion", {"versionNumber": version}, command["id"], {})
            self.assertEqual(self.see("stations/CP1/local-list")["reported_version"], version)


@speaking("2.0.1", "2.1")
class Reservations(SessionCase):
    def reserve(self, word: str = "Accepted") -> Reservation:
        self.status("Available")
        order = {"evse": 1, "id_token": "CARD1", "expires_at": at(60), "connector_type": "cCCS2"}
        self.do("stations/CP1/reservations", order)
        frame = self.hear("ReserveNow")
        row = Reservation.objects.latest("pk")
        asked = {"id": row.pk, "evseId": 1, "idToken": token(), "connectorType": "cCCS2"}
        self.assertEqual({name: frame[3][name] for name in asked}, asked)
        self.assertEqual(row.state, "requested")
        self.say(frame, {"status": word})
        assert row.command is not None
        self.settled(row.command.pk)
        return row

    @sent("ReserveNow", stored="`Reservation`", seen="`/api/v1/reservations`")
    def test_reserve_now(self) -> None:
        for word, state in (("Occupied", "refused"), ("Accepted", "active")):
            row = self.reserve(word)
            seen = self.see(f"reservations/{row.pk}")
            self.assertEqual((seen["id_token"], seen["state"], seen["result"]), ("CARD1", state, word))
            self.assertEqual((seen["evse"], seen["connector_type"]), (1, "cCCS2"))
        self.event("Started", 0, "Authorized", idToken=token(), reservationId=row.pk)
        self.assertEqual(self.see(f"reservations/{row.pk}")["state"], "used")
        self.assertEqual(self.see_session()["reservation"], row.pk)

    @sent("CancelReservation", stored="`Reservation`", seen="`/api/v1/reservations`")
    def test_cancel_reservation(self) -> None:
        row = self.reserve()
        self.do(f"reservations/{row.pk}/cancel", {})
        frame = self.hear("CancelReservation", {"reservationId": row.pk})
        self.assertEqual(self.see(f"reservations/{row.pk}")["state"], "active", "the station has not confirmed it yet")
        self.say(frame, ACCEPTED)
        self.settled_last("CancelReservation")
        self.assertEqual(self.see(f"reservations/{row.pk}")["state"], "cancelled")

    @received("ReservationStatusUpdate", stored="`Reservation`", seen="`/api/v1/reservations`")
    def test_reservation_status_update(self) -> None:
        ends = {"Expired": "expired", "Removed": "cancelled"} | (
            {"NoTransaction": "used"} if self.version == "2.1" else {}
        )
        for word, state in ends.items():
            row = self.reserve()
            update = {"reservationId": row.pk, "reservationUpdateStatus": word}
            self.assertEqual(self.tell("ReservationStatusUpdate", update), {})
            self.assertEqual(self.see(f"reservations/{row.pk}")["state"], state)
        self.tell("ReservationStatusUpdate", {"reservationId": 10**6, "reservationUpdateStatus": "Expired"})
        self.assertEqual(self.see("stations/CP1/quirks")[0]["rule"], "unknown_reservation")
        self.assertEqual(Command.objects.filter(action="CancelReservation").count(), 0)
