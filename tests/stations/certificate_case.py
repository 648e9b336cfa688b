"""A station that asks for certificates and is asked for those that it has."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from django.test import TestCase, override_settings

from smartserver.core import clock
from stations import settlement
from stations.models import Certificate, SigningRequest, Station
from stations.models import State as StationState
from stations.ocpp.frames import Payload
from stations.services.commands import Requester
from stations.settlement import Outgoing
from tests.stations.factories import StationFactory
from tests.stations.support import NOON, call
from tests.units import run

OLGA = Requester("olga")
ROOT = "CentralSystemRootCertificate"
MAKER = "ManufacturerRootCertificate"
OWN = "ChargingStationCertificate"


class CertificateCase(TestCase):
    def setUp(self) -> None:
        self.folder = folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        self.enterContext(
            override_settings(
                CA_DIR=folder / "authority", V2G_DIR=folder / "v2g", CA_CERTIFICATE_FILE=None, CA_KEY_FILE=None
            )
        )
        self.enterContext(clock.frozen(NOON))
        self.station = StationFactory.create(
            identity="CP1", serial_number="SN-1", connection=7, state=StationState.ONLINE, ocpp_version="1.6"
        )

    def ask(self, csr: str, station: Station | None = None) -> str:
        """SignCertificate; the status of the answer."""
        answer = run(call(station or self.station, "SignCertificate", {"csr": csr}))[0]
        status: str = answer["status"]
        return status

    def send(self) -> Outgoing:
        sent = run(lambda batch: settlement.take_next(batch, station_id=self.station.pk, generation=7, version="1.6"))[
            0
        ]
        assert isinstance(sent, Outgoing)
        return sent

    def answer(self, reply: Payload) -> Outgoing:
        sent = self.send()
        run(lambda batch: settlement.take_answer(batch, sent=sent, reply=reply))
        return sent

    def states(self, use: str = OWN) -> list[str]:
        return list(Certificate.objects.filter(use=use).order_by("pk").values_list("state", flat=True))

    def request(self) -> SigningRequest:
        return SigningRequest.objects.get()
