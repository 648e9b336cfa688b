"""Whatever fits or nearly fits the OpenAPI document is answered as it says: schemathesis against the real server."""

from __future__ import annotations

import os
import warnings
from datetime import timedelta
from typing import Any

import requests
import schemathesis
from django.contrib.auth.models import User
from django.test import override_settings
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.core.failures import FailureGroup

from bridge.cms.models import Alert, Charger, HardwareEvent
from devices.models import DeviceSample, SolMate
from smartserver.accounts.models import SavedView
from smartserver.accounts.roles import Role
from smartserver.webhooks.models import Delivery, Subscription
from smartserver.webhooks.signing import new_secret
from stations.models import (
    BatterySwap,
    Certificate,
    ChargingLimit,
    ChargingNeeds,
    ChargingProfile,
    ChargingTerms,
    Command,
    ConfigurationKey,
    Contract,
    DERAlarm,
    DERControl,
    DisplayMessage,
    EventStream,
    EVSchedule,
    FileJob,
    FirmwareFile,
    IdTokenGroup,
    KnockingStation,
    Message,
    MeterValue,
    Monitor,
    Monitoring,
    MonitoringEvent,
    Quirk,
    Report,
    Reservation,
    SecurityEvent,
    SessionCost,
    Settlement,
    SigningRequest,
    StationTariff,
    StreamValue,
    Tariff,
    TariffAssignment,
    VariableTemplate,
    WebPayment,
)
from tests.api.support import LiveCase, document, make_user
from tests.bridge.chargers import STATE
from tests.stations.factories import ConnectorFactory, StationFactory, TokenFactory, TransactionFactory
from tests.stations.support import NOON
from tests.stations.tariffs import energy, tariff

EXAMPLES = int(os.environ.get("TEST_API_EXAMPLES", "4"))
"""Of each operation, with each way to fill its path."""

WANTED = {
    "component": "C",
    "component_instance": "",
    "evse": 0,
    "connector": 0,
    "variable": "V",
    "variable_instance": "",
    "value": "1",
}
EUROS = tariff(**energy(0.5))

checks.load_all_checks()
CHECKS = checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "unsupported_method",
        "allow_header_conformance",
        "negative_data_rejection",
    ]
)


def rows() -> dict[str, Any]:
    """One row of everything, and what the parameters of addresses have to be to lead there."""
    station = StationFactory.create(identity="CP1")
    transaction = TransactionFactory.create(station=station)
    token = TokenFactory.create(value="CARD1")
    command = Command.objects.create(
        station=station,
        action="GetCompositeSchedule",
        ocpp_version="1.6",
        payload={"connectorId": 0, "duration": 60},
        state=Command.State.ANSWERED,
        reply={"status": "Rejected"},
        origin="test",
        created_at=NOON,
        settled_at=NOON,
        expires_at=NOON,
    )
    ConnectorFactory.create(evse__station=station)
    KnockingStation.objects.create(identity="CP9", first_at=NOON, last_at=NOON)
    Quirk.objects.create(station=station, rule="null_value", action="BootNotification", first_at=NOON, last_at=NOON)
    ConfigurationKey.objects.create(station=station, key="HeartbeatInterval", value="60")
    MeterValue.objects.create(station=station, transaction=transaction, received_at=NOON, samples="[]")
    ChargingProfile.objects.create(
        station=station, evse=0, number=1, purpose="TxDefaultProfile", profile={}, confirmed_at=NOON
    )
    ChargingLimit.objects.create(station=station, evse=0, source="SO", schedules=[{"id": 1}], received_at=NOON)
    ChargingNeeds.objects.create(
        station=station, evse=1, energy_transfer="DC", needs={}, result="Rejected", received_at=NOON
    )
    ChargingTerms.objects.create(transaction=transaction, priority=True, priority_by="server", priority_at=NOON)
    EVSchedule.objects.create(
        station=station, evse=1, transaction=transaction, begins_at=NOON, schedule={}, received_at=NOON
    )
    DisplayMessage.objects.create(
        station=station,
        number=1,
        priority="NormalCycle",
        contents=[{"format": "UTF8", "language": "", "content": "x"}],
        told_at=NOON,
    )
    SecurityEvent.objects.create(station=station, type="StartupOfTheDevice", received_at=NOON)
    DERAlarm.objects.create(station=station, control_type="HVMustTrip", received_at=NOON)
    Report.objects.create(station=station, kind="inventory", request=1, missing=["1-"], parts=1, changed_at=NOON)
    Monitoring.objects.create(station=station, base="All", level=4)
    Monitor.objects.create(station=station, number=1, value=1, severity=4, confirmed_at=NOON)
    MonitoringEvent.objects.create(station=station, number=1, received_at=NOON)
    stream = EventStream.objects.create(station=station, number=1, opened_at=NOON)
    StreamValue.objects.create(stream=stream, measured_at=NOON, received_at=NOON)
    Charger.objects.create(station=station, state=STATE, state_at=NOON)
    HardwareEvent.objects.create(station=station, key="1", kind="alert", payload={"code": 17}, received_at=NOON)
    Alert.objects.create(station=station, outlet=1, code=17, meaning="emergency stop pressed", raised_at=NOON)
    message = Message.objects.create(
        station=station,
        direction="in",
        action="Heartbeat",
        message_id="1",
        request="{}",
        outcome="CALLRESULT",
        received_at=NOON,
    )
    webhook = Subscription.objects.create(url="https://example.org/", kinds=["*"], secret=new_secret(), created_at=NOON)
    delivery = Delivery.objects.create(
        subscription=webhook,
        event_id="e",
        kind="webhook.test",
        body="{}",
        state=Delivery.State.DELIVERED,
        created_at=NOON,
        queued_at=NOON,
        next_at=NOON,
    )
    priced = Tariff.objects.create(tariff_id="T1", currency="EUR", body=EUROS, created_at=NOON, changed_at=NOON)
    agreed = [{"since": "2026-06-21T12:00:00.000Z", "tariff": EUROS}]
    SessionCost.objects.create(transaction=transaction, agreed=agreed, zone="UTC", calculated_at=NOON)
    StationTariff.objects.create(station=station, evse=1, tariff_id="T1", kind="DefaultTariff", confirmed_at=NOON)
    WebPayment.objects.create(station=station, evse=1, started_at=NOON, ends_at=NOON)
    device = SolMate.objects.create(serial_number="0001")
    DeviceSample.objects.create(
        device=device, received_at=NOON, power_income=1, power_inject=1, power_consumption=1, battery=1
    )
    return {
        "identity": station.identity,
        "alert": Alert.objects.create(station=station, code=17, meaning="emergency stop pressed", raised_at=NOON).pk,
        "action": "Reset",
        "transaction": transaction.pk,
        "command": command.pk,
        "message": message.pk,
        "group": IdTokenGroup.objects.create(name="group").pk,
        "stream": stream.pk,
        "token": token.pk,
        "serial": device.serial_number,
        "webhook": webhook.pk,
        "delivery": delivery.pk,
        "firmware": FirmwareFile.objects.create(
            name="f", path="firmware/f", size=1, sha256="0" * 64, created_at=NOON
        ).pk,
        "job": FileJob.objects.create(station=station, kind="log", created_at=NOON, history=[]).pk,
        "control": DERControl.objects.create(
            station=station, control_id="c", type="VoltVar", state="accepted", created_at=NOON, changed_at=NOON
        ).pk,
        "swap": BatterySwap.objects.create(station=station, request=1, state="half", created_at=NOON).pk,
        "reservation": Reservation.objects.create(
            station=station, evse=1, id_token=token, expires_at=NOON + timedelta(hours=1), created_at=NOON
        ).pk,
        "certificate": Certificate.objects.create(
            station=station, use="CentralSystemRootCertificate", created_at=NOON, changed_at=NOON
        ).pk,
        "contract": Contract.objects.create(emaid="DE8AA1A2B3C4D5", vehicle="CAR", created_at=NOON).pk,
        "view": SavedView.objects.create(
            user=User.objects.get(username="administrator"), topic="stations", name="v", address="/stations"
        ).pk,
        "signing_request": SigningRequest.objects.create(station=station, csr="x", received_at=NOON).pk,
        "template": VariableTemplate.objects.create(name="t", values=[WANTED], changed_at=NOON).pk,
        "user": make_user(Role.VIEWER, "somebody").pk,
        "kind": "messages",
        "tariff": priced.pk,
        "assignment": TariffAssignment.objects.create(tariff=priced, station=station).pk,
        "settlement": Settlement.objects.create(
            station=station, transaction=transaction, psp_reference="p", status="Settled", amount=1, received_at=NOON
        ).pk,
    }


@override_settings(API_RATE="1000000/min", API_COMMAND_RATE="1000000/min", API_MAX_WAIT=0.01)
class DocumentTests(LiveCase):
    def setUp(self) -> None:
        super().setUp()
        self.session = requests.Session()
        self.addCleanup(self.session.close)
        self.rows = rows()

    def test_every_operation_answers_as_the_document_says(self) -> None:
        schema = schemathesis.openapi.from_dict(document())
        results: list[Any] = list(schema.get_all_operations())
        found = [result.ok() for result in results]
        self.assertGreater(len(found), 80)
        # What is deleted comes last, so that the others find their rows.
        for operation in sorted(found, key=lambda each: each.method.upper() == "DELETE"):
            leading_somewhere = {each.name: self.rows[each.name] for each in operation.path_parameters}
            for path in (None, leading_somewhere) if leading_somewhere else (None,):
                for mode in GenerationMode:
                    with self.subTest(operation.label, path=path, mode=mode.value):
                        self._try(operation, path, mode)

    def _try(self, operation: Any, path: dict[str, Any] | None, mode: GenerationMode) -> None:
        """`path`: the parameters of the address; None for made up ones."""
        headers = {"Authorization": f"Bearer {self.tokens[Role.ADMINISTRATOR]}"}

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode, path_parameters=path))
        def attempt(case: Any) -> None:
            try:
                case.call_and_validate(
                    base_url=self.http, headers=headers, session=self.session, checks=CHECKS, timeout=20
                )
            except FailureGroup as failures:  # it could not travel to the process that gathers the results
                raise AssertionError("\n".join(str(each) for each in failures.exceptions)) from None

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            attempt()
