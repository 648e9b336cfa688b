"""The authorities of ISO 15118: what stations show to vehicles, and what vehicles show to stations.

Without files of an operator's own PKI they are made on first use, in folders of V2G_DIR, for tests and for sites whose
vehicles are known (`manage.py v2g`):

    v2g-root ─ cpo-sub-1 ─ cpo-sub-2     signs the certificates of stations for vehicles (V2GCertificate, V2G20Certificate)
    mo-root  ─ mo-sub                    signs contract certificates
    oem-root                             signs the provisioning certificates of vehicles
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from smartserver.core.errors import Unavailable
from stations.services.certificates import keeping
from stations.services.certificates.authority import authority
from stations.services.certificates.keeping import Authority
from stations.services.certificates.pem import pem_of

V2G_ROOT, CPO_SUB_1, CPO_SUB_2 = "v2g-root", "cpo-sub-1", "cpo-sub-2"
MO_ROOT, MO_SUB = "mo-root", "mo-sub"
OEM_ROOT = "oem-root"


class _Plan(NamedTuple):
    title: str
    path_length: int
    issuer: str = ""


_PLANS = {
    V2G_ROOT: _Plan("V2G Root CA", 2),
    CPO_SUB_1: _Plan("CPO Sub-CA 1", 1, V2G_ROOT),
    CPO_SUB_2: _Plan("CPO Sub-CA 2", 0, CPO_SUB_1),
    MO_ROOT: _Plan("MO Root CA", 1),
    MO_SUB: _Plan("MO Sub-CA", 0, MO_ROOT),
    OEM_ROOT: _Plan("OEM Root CA", 0),
}


def local(name: str) -> Authority:
    """An authority of this server's own; it is made, with its issuers, where there is none yet."""
    return keeping.keep(settings.V2G_DIR / name, partial(_certified, _PLANS[name]))


def _certified(plan: _Plan, key: ec.EllipticCurvePrivateKey) -> bytes:
    issuer = local(plan.issuer) if plan.issuer else None
    own = keeping.authority_certificate(plan.title, key, path_length=plan.path_length, issuer=issuer)
    # The root stands at the end of the file, as in a file of somebody else's.
    above = () if issuer is None else dict.fromkeys((issuer.certificate, *issuer.chain, issuer.root))
    return "".join(pem_of(each) for each in (own, *above)).encode()


def v2g() -> Authority:
    """Who signs what stations show to vehicles."""
    if settings.V2G_CERTIFICATE_FILE and settings.V2G_KEY_FILE:
        return keeping.load(Path(settings.V2G_CERTIFICATE_FILE), Path(settings.V2G_KEY_FILE))
    return local(CPO_SUB_2)


def own() -> Iterator[Authority]:
    """The authorities of this server, without making any: it answers for what they have signed."""
    made = [name for name in _PLANS if keeping.is_kept(settings.V2G_DIR / name)]
    finders: list[Callable[[], Authority]] = [authority, *(partial(local, name) for name in made)]
    if settings.V2G_CERTIFICATE_FILE:
        finders.append(v2g)
    for find in finders:
        try:
            yield find()
        except Unavailable:  # its files are wrong: others can be spoken for without it
            continue


def trusted() -> tuple[x509.Certificate, ...]:
    """What contracts and vehicles may come from: our own authorities, and what stands in V2G_TRUST_FILE."""
    found = [each.certificate for each in own()]
    if settings.V2G_TRUST_FILE:
        found += _read(Path(settings.V2G_TRUST_FILE))
    return tuple(found)


@lru_cache(maxsize=4)
def _read(path: Path) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise Unavailable("The file of trusted V2G certificates cannot be read.") from error
