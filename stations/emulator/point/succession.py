"""One root of the central system after the other, where only one is believed at a time (M05.FR.09 to FR.14). Pure.

With AdditionalRootCertificateCheck a new root has to be signed by the one that it replaces. The old one stays as a way
back until the server has been reached by the new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stations.emulator.point.security import CertificateHash, Security
    from stations.emulator.point.settings import Settings


class Succession:
    def __init__(self, security: Security, settings: Settings, kind: str) -> None:
        self._security = security
        self._settings = settings
        self._kind = kind
        self._old: CertificateHash | None = None
        self._goes_back = False

    @property
    def checks(self) -> bool:
        return self._settings.flag("AdditionalRootCertificateCheck")

    def problem(self, certificate: str, now: float) -> str:
        """The status of an InstallCertificate that cannot be accepted; "": it can."""
        roots = self._roots()
        if not self.checks or not roots:
            return ""
        if self._old in roots:
            return "Failed"  # whether the last one works is not known yet
        return "" if self._security.is_issued(certificate, list(roots.values()), now) else "Rejected"

    def begin(self, new: CertificateHash) -> None:
        """A new root is there; what it replaces is the way back."""
        if self.checks:
            self._old, self._goes_back = next((each for each in self._roots() if each != new), None), False

    @property
    def anchors(self) -> list[str]:
        """The one root by which the server is believed next; none: any that there is."""
        roots = self._roots()
        if not self.checks or not roots:
            return []
        if self._old not in roots:
            return list(roots.values())
        return [text for key, text in roots.items() if (key == self._old) == self._goes_back]

    def reached(self) -> None:
        """The server was believed by the root that had its turn: what is behind the new one is not needed any more."""
        if self._old is not None and self._old in self._roots() and not self._goes_back:
            self._security.drop(self._old)
        self._goes_back = False

    def failed(self, now: float) -> None:
        """The server's certificate does not come from the root that had its turn; next the other has one (FR.14)."""
        if not self.checks or self._old not in self._roots():
            return
        if not self._goes_back:
            self._security.report("InvalidCentralSystemCertificate", now)
        self._goes_back = not self._goes_back

    def _roots(self) -> dict[CertificateHash | None, str]:
        return dict(self._security.stored(self._kind))
