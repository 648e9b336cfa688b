"""Contracts of vehicles and the local PKI of ISO 15118, for both sides of the test plan (blocks C and M)."""

from __future__ import annotations

import tempfile
from functools import partial
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.test import override_settings

from smartserver.core import change
from stations.emulator.cars import ElectricCar, ElectricCar20
from stations.models import Contract, IdToken
from stations.ocpp.frames import Payload
from stations.services import certificates
from tests.certification2.support import CertificationCase2

EMAID, VEHICLE = "DE8AA1A2B3C4D5", "WP0EXAMPLE0000001"
OTHERS = ("DE8AASECOND00X", "DE8AATHIRD000X")
TOKEN: Payload = {"idToken": EMAID, "type": "eMAID"}


class ContractCase2(CertificationCase2):
    """The server has roots of its own, and is itself the mobility operator."""

    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(override_settings(V2G_DIR=folder / "v2g"))

    def sign_contract(self, emaid: str = EMAID) -> Contract:
        """Whoever owns the vehicle may charge, and the vehicle may get a certificate for that."""
        IdToken.objects.get_or_create(value=emaid)
        made: Contract = change.store(partial(certificates.register_contract, emaid=emaid, vehicle=VEHICLE))
        return made

    def cancel(self, contract: Contract) -> None:
        change.store(partial(certificates.cancel_contract, contract_id=contract.pk))

    def build_car(self) -> ElectricCar:
        """As its maker has left it: it has a provisioning certificate, and no contract."""
        return ElectricCar(self._provisioning("2"))

    def build_car_20(self, *, most: int, preferred: tuple[str, ...] = ()) -> ElectricCar20:
        """One of ISO 15118-20, which takes several contracts."""
        return ElectricCar20(self._provisioning("20"), most=most, preferred=preferred)

    def _provisioning(self, edition: str) -> str:
        out = StringIO()
        call_command("v2g", "vehicle", VEHICLE, edition=edition, stdout=out)
        return out.getvalue()
