"""The authorities of ISO 15118 that this server has itself, for tests and for sites whose vehicles are known.

manage.py v2g roots                         the roots, PEM: for stations, vehicles and responders of others
manage.py v2g vehicle WP0EXAMPLE0000001     a provisioning certificate with its key, for a vehicle of this name (PCID);
                                            --edition 20: of ISO 15118-20
"""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management.base import BaseCommand, CommandParser

from stations.ocpp import iso15118, iso15118_20
from stations.services.certificates import authority, keeping, pki
from stations.services.certificates.pem import pem_of

VEHICLE_DAYS = 10 * 365

_CURVES = {"2": iso15118.CURVE, "20": iso15118_20.CURVE}


class Command(BaseCommand):
    help = "Authorities of ISO 15118 for tests and small sites: show the roots, or make a vehicle."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("roots", help="The V2G, MO and OEM roots; they are made where there are none.")
        vehicle = actions.add_parser("vehicle", help="A provisioning certificate and its key, PEM.")
        vehicle.add_argument("name", help="PCID, by which contracts are registered for it.")
        vehicle.add_argument("--edition", choices=tuple(_CURVES), default="2", help="of ISO 15118 (default: 2)")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        text = _roots() if action == "roots" else _vehicle(options["name"], _CURVES[options["edition"]])
        self.stdout.write(text, ending="")


def _roots() -> str:
    made = (pki.v2g().root, *(pki.local(name).root for name in (pki.MO_SUB, pki.OEM_ROOT)))
    return "".join(map(pem_of, made))


def _vehicle(name: str, curve: ec.EllipticCurve) -> str:
    """The key is kept nowhere: whoever loses it makes another vehicle."""
    key = ec.generate_private_key(curve)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    made = authority.issue(subject, key.public_key(), pki.local(pki.OEM_ROOT), days=VEHICLE_DAYS)
    return pem_of(made) + keeping.private_pem(key).decode()
