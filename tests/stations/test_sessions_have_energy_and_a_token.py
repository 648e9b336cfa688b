"""What a session has used, and who has started it."""

from __future__ import annotations

from typing import Any

from smartserver.core.batch import Batch
from stations.models import IdToken
from stations.ocpp.frames import Payload
from tests.stations.factories import TokenFactory
from tests.stations.payloads import payload
from tests.stations.support import NOON_TEXT, call
from tests.stations.transactions import TransactionCase, started
from tests.units import run


class Energy(TransactionCase):
    """FIELD 23: what a session used is the same whatever comes in one batch."""

    def story(self, meter_start: int | None) -> list[Any]:
        """Start, two meter values, stop; the id of the session is known only when it has started."""
        number: list[int] = []

        def start(batch: Batch) -> Payload:
            answer: Payload = call(self.station, "StartTransaction", started(meterStart=meter_start))(batch)
            number.append(answer["transactionId"])
            return answer

        def meters(value: int) -> Any:
            def unit(batch: Batch) -> Any:
                sampled = [{"timestamp": NOON_TEXT, "sampledValue": [{"value": str(value)}]}]
                given = {"connectorId": 1, "transactionId": number[-1], "meterValue": sampled}
                return call(self.station, "MeterValues", given)(batch)

            return unit

        def stop(batch: Batch) -> Any:
            given = payload("1.6", "StopTransaction", transactionId=number[-1], meterStop=50_700, transactionData=None)
            return call(self.station, "StopTransaction", given)(batch)

        return [start, meters(50_000), meters(50_300), stop]

    def assert_energy(self, start: float) -> None:
        session = self.session
        self.assertEqual((session.meter_start_wh, session.meter_stop_wh), (start, 50_700.0))
        self.assertEqual(session.energy_wh, 50_700.0 - start)

    def test_with_a_start_meter(self) -> None:
        run(*self.story(49_000))
        self.assert_energy(49_000)

    def test_without_a_start_meter_the_first_value_is_the_start(self) -> None:
        for unit in self.story(None):
            run(unit)
        self.assert_energy(50_000)

    def test_without_a_start_meter_in_one_batch(self) -> None:
        run(*self.story(None))
        self.assert_energy(50_000)

    def test_meter_that_goes_back_never_gives_negative_energy(self) -> None:
        number = self.ask("StartTransaction", started(meterStart=5000))["transactionId"]
        stop = payload("1.6", "StopTransaction", transactionId=number, meterStop=100, transactionData=None)
        self.ask("StopTransaction", stop)
        self.assertEqual(self.session.energy_wh, 0.0)

    def test_end_without_a_meter_keeps_what_was_measured(self) -> None:
        self.event("Started", 0, 100.0)
        self.event("Updated", 1, 250.0)
        self.event("Ended", 2)
        self.assertEqual(
            (self.session.energy_wh, self.session.meter_stop_wh, self.session.active), (150.0, None, False)
        )


class Tokens(TransactionCase):
    def test_session_is_recorded_whatever_the_verdict(self) -> None:
        TokenFactory.create(value="BAD", status=IdToken.Status.BLOCKED)
        answer = self.ask("StartTransaction", started(idTag="bad"))
        self.assertEqual(answer["idTagInfo"], {"status": "Blocked"})
        token = self.session.id_token
        assert token is not None
        self.assertEqual(token.value, "BAD")

    def test_reports_without_a_token_get_no_verdict(self) -> None:
        self.assertEqual(self.event("Started", 0, idToken=None), {})
        number = self.session.pk
        stop = payload("1.6", "StopTransaction", transactionId=number, idTag=None)
        self.assertEqual(self.ask("StopTransaction", stop), {})
