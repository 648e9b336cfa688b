"""Who may charge without asking the server: the local authorization list and the authorization cache. Pure.

The list goes before the cache (1.6 section 3.5.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from stations.emulator.point.clock import parsed
from stations.emulator.point.settings import Settings

CACHE_LIMIT = 100
ACCEPTED = "Accepted"


class Verdict(NamedTuple):
    """What is known of a token: an AuthorizationStatus, its parent, and until when that holds."""

    status: str
    group: str = ""
    expiry: datetime | None = None
    evses: tuple[int, ...] = ()
    """Where it may charge; none: everywhere (2.x evseId)."""

    @classmethod
    def read(cls, info: Mapping[str, Any]) -> Verdict:
        """From an `idTagInfo` (section 7.28)."""
        expiry = info.get("expiryDate")
        return cls(info["status"], info.get("parentIdTag", ""), parsed(expiry) if expiry else None)

    @property
    def accepted(self) -> bool:
        return self.status == ACCEPTED


Entries = list[tuple[str, Verdict | None]]
"""Tokens and what is known of them; None: one to be removed."""


def same(one: str, other: str) -> bool:
    """Tokens compare without regard to case (section 7.27, CiString)."""
    return one.casefold() == other.casefold()


class Access:
    def __init__(self, settings: Settings) -> None:
        self.version = 0
        """Of the local list."""
        self._settings = settings
        self._list: dict[str, Verdict] = {}
        self._cache: dict[str, Verdict] = {}

    def __len__(self) -> int:
        """Entries of the local list."""
        return len(self._list)

    def known(self, token: str, at: datetime) -> Verdict | None:
        """What list or cache say of a token."""
        key = token.casefold()
        verdict = None
        if self._settings.flag("LocalAuthListEnabled"):
            verdict = self._list.get(key)
        if verdict is None and self._settings.flag("AuthorizationCacheEnabled"):
            verdict = self._cache.get(key)
        if verdict is not None and verdict.expiry is not None and verdict.expiry <= at:
            return verdict._replace(status="Expired")
        return verdict

    def decide(self, token: str, *, online: bool, at: datetime, may_ask: bool = True) -> Verdict | None:
        """What the station decides alone; None: the server has to be asked (sections 3.5.1 to 3.5.4).

        Where it may not be asked, only list and cache count (2.x DisableRemoteAuthorization)."""
        known = self.known(token, at)
        if not may_ask:
            return known or Verdict("Invalid")
        if online:
            ready = known is not None and known.accepted and self._settings.flag("LocalPreAuthorize")
            return known if ready else None
        if known is not None:
            return known if self._settings.flag("LocalAuthorizeOffline") else Verdict("Invalid", known.group)
        return Verdict(ACCEPTED if self._settings.flag("AllowOfflineTxForUnknownId") else "Invalid")

    # -- cache ----------------------------------------------------------------------------

    def remember(self, token: str, verdict: Verdict) -> None:
        """An answer of the server; what stands in the list does not go into the cache (section 4.1)."""
        key = token.casefold()
        if key in self._list or not self._settings.flag("AuthorizationCacheEnabled"):
            return
        self._cache.pop(key, None)
        if len(self._cache) >= CACHE_LIMIT:
            del self._cache[next(iter(self._cache))]
        self._cache[key] = verdict

    def about(self, token: str) -> list[tuple[str, str]]:
        """Where the token stands, and with which status."""
        key = token.casefold()
        places = (("Local authorization list", self._list), ("Authorization cache", self._cache))
        return [(name, place[key].status) for name, place in places if key in place]

    def forget(self, token: str) -> None:
        """Out of the cache; the list is the server's own."""
        self._cache.pop(token.casefold(), None)

    def clear_cache(self) -> str:
        """The status of a ClearCache (section 5.5)."""
        if not self._settings.flag("AuthorizationCacheEnabled"):
            return "Rejected"
        self._cache.clear()
        return ACCEPTED

    # -- list -----------------------------------------------------------------------------

    @property
    def reported_version(self) -> int:
        """0: empty; -1: there is no such list (section 5.10)."""
        if not self._settings.flag("LocalAuthListEnabled"):
            return -1
        return self.version if self._list else 0

    def update(self, kind: str, version: int, entries: Entries) -> str:
        """The status of a SendLocalList (section 5.15; 2.x D01)."""
        if not self._settings.flag("LocalAuthListEnabled"):
            return "NotSupported"
        if version <= 0 or len(entries) > self._settings.number("SendLocalListMaxLength"):
            return "Failed"
        if kind == "Differential" and version <= self.version:
            return "VersionMismatch"
        changed = _changed({} if kind == "Full" else dict(self._list), entries, removing=kind == "Differential")
        if changed is None or len(changed) > self._settings.number("LocalAuthListMaxLength"):
            return "Failed"
        self._list, self.version = changed, version
        for key in changed:
            self._cache.pop(key, None)
        return ACCEPTED


def _changed(found: dict[str, Verdict], entries: Entries, *, removing: bool) -> dict[str, Verdict] | None:
    """The list after the change, or None where it makes no sense: a token twice, or nothing said of it."""
    if len({token.casefold() for token, _ in entries}) < len(entries):
        return None
    for token, verdict in entries:
        key = token.casefold()
        if verdict is not None:
            found[key] = verdict
        elif removing:
            found.pop(key, None)
        else:
            return None
    return found
