"""Who may charge without asking the server: the local authorization list and the authorization cache. Pure.

The list goes before the cache (1.6 section 3.5.3). What 2.x adds are variables: how long the cache remembers a
token, and whether the server is asked about one that is refused here (C10, C12, C14).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from stations.emulator.point.clock import parsed

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

CACHE_LIMIT = 100
ACCEPTED = "Accepted"

CACHE, LIST = "AuthCacheCtrlr", "LocalAuthListCtrlr"
"""Components of 2.x."""


class Verdict(NamedTuple):
    """What is known of a token: an AuthorizationStatus, its parent, and until when that holds."""

    status: str
    group: str = ""
    expiry: datetime | None = None
    evses: tuple[int, ...] = ()
    """Where it may charge; none: everywhere (2.x evseId)."""
    languages: tuple[str, ...] = ()
    """The driver's, the best first (2.x)."""

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


class Cached(NamedTuple):
    verdict: Verdict
    used: float
    """The station's second in which it last was of use."""


class Access:
    def __init__(self, station: Station) -> None:
        self.version = 0
        """Of the local list."""
        self._station = station
        self._settings = station.settings
        self._list: dict[str, Verdict] = {}
        self._cache: dict[str, Cached] = {}

    def __len__(self) -> int:
        """Entries of the local list."""
        return len(self._list)

    def known(self, token: str, at: datetime) -> Verdict | None:
        """What list or cache say of a token."""
        _, verdict = self._find(token, at)
        if verdict is not None and verdict.expiry is not None and verdict.expiry <= at:
            return verdict._replace(status="Expired")
        return verdict

    def _find(self, token: str, at: datetime) -> tuple[str, Verdict | None]:
        """What is known, and where it stands."""
        key = token.casefold()
        if self._settings.flag("LocalAuthListEnabled") and key in self._list:
            return LIST, self._list[key]
        if not self._settings.flag("AuthorizationCacheEnabled") or key not in self._cache:
            return "", None
        verdict, used = self._cache[key]
        now, lifetime = self._station.when(at), float(self._station.rule(CACHE, "LifeTime") or 0.0)
        if verdict.expiry is None and 0.0 < lifetime <= now - used:
            del self._cache[key]  # not used for so long (C10, AuthCacheLifeTime)
            return "", None
        return CACHE, verdict

    def decide(self, token: str, *, online: bool, at: datetime, may_ask: bool = True) -> Verdict | None:
        """What the station decides alone; None: the server has to be asked (sections 3.5.1 to 3.5.4).

        Where it may not be asked, only list and cache count (2.x DisableRemoteAuthorization)."""
        known = self.known(token, at)
        place, _ = self._find(token, at)
        if place == CACHE:
            self._cache[token.casefold()] = self._cache[token.casefold()]._replace(used=self._station.when(at))
        if not may_ask:
            return known or Verdict("Invalid")
        if online:
            ready = known is not None and self._settings.flag("LocalPreAuthorize") and self._is_final(known, place)
            return known if ready else None
        if known is not None:
            return known if self._settings.flag("LocalAuthorizeOffline") else Verdict("Invalid", known.group)
        return Verdict(ACCEPTED if self._settings.flag("AllowOfflineTxForUnknownId") else "Invalid")

    def _is_final(self, known: Verdict, place: str) -> bool:
        """Whether the server is not asked: about what is refused here it is, unless 2.x forbids that (C10.FR.03)."""
        return known.accepted or self._station.rule(place, "DisablePostAuthorize").casefold() == "true"

    # -- cache ----------------------------------------------------------------------------

    def remember(self, token: str, verdict: Verdict, at: datetime) -> None:
        """An answer of the server; what stands in the list does not go into the cache (section 4.1)."""
        key = token.casefold()
        if key in self._list or not self._settings.flag("AuthorizationCacheEnabled"):
            return
        self._cache.pop(key, None)
        if len(self._cache) >= CACHE_LIMIT:
            del self._cache[next(iter(self._cache))]
        self._cache[key] = Cached(verdict, self._station.when(at))

    def about(self, token: str) -> list[tuple[str, str]]:
        """Where the token stands, and with which status."""
        key = token.casefold()
        found = [("Local authorization list", self._list[key].status)] if key in self._list else []
        return found + ([("Authorization cache", self._cache[key].verdict.status)] if key in self._cache else [])

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
