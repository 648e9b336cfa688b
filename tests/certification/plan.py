"""The cases of the test plan: their numbers, and what they are about in our own words.

The plan has been published in several editions. Where a newer one splits a case (007 into 007_1 and 007_2), the parts
are listed, and `once` is the number that they have had together; where one joins several, the single ones are listed.
Some cases are in the plan for one side only; here most of them are tests for both, because both sides can be shown.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """`not_central`, `not_station`: why there is nothing to test on that side."""

    number: str
    name: str
    once: str = ""
    not_central: str = ""
    not_station: str = ""


class Section(NamedTuple):
    title: str
    cases: tuple[Case, ...]


DECIDED_THERE = "The station decides alone; the server only hears of the start, as in 003."

SECTIONS = (
    Section(
        "Boot",
        (
            Case("001", "Cold boot: accepted, then the status of every connector"),
            Case("002", "Cold boot: pending, configured meanwhile, then accepted"),
        ),
    ),
    Section(
        "Sessions",
        (
            Case("003", "Plug in, then identify"),
            Case("004_1", "Identify, then plug in"),
            Case("004_2", "Identify, and never plug in: the connection time-out"),
            Case("005_1", "Unplugged at the vehicle: the transaction ends, the connector unlocks"),
            Case("005_2", "Unplugged at the vehicle: the transaction ends, the connector stays locked"),
            Case("005_3", "Unplugged at the vehicle: the transaction goes on"),
            Case("023_1", "Start with an unknown id"),
            Case("023_2", "Start with an expired id"),
            Case("023_3", "Start with a blocked id"),
            Case("023_4", "Start on site with an id that is not accepted"),
            Case("023_5", "Remote start with an id that is not accepted"),
            Case("024", "The connector's lock fails at the start"),
            Case("041", "Nobody can start on a faulted connector"),
            Case("068", "The id that began the transaction ends it, another one does not"),
            Case("069", "An id of the same parent ends the transaction"),
            Case("070", "Meter values at intervals"),
            Case("071", "Meter values aligned to the clock"),
        ),
    ),
    Section(
        "Authorization cache",
        (
            Case("007_1", "Start on site with a cached id", once="007"),
            Case("007_2", "Remote start with a cached id", once="007"),
            Case("061_1", "Clear the cache: an id has to be asked for again on site", once="061"),
            Case("061_2", "Clear the cache: an id has to be asked for again at a remote start", once="061"),
        ),
    ),
    Section(
        "Remote start and stop",
        (
            Case("010", "Remote start with the cable plugged in"),
            Case("011_1", "Remote start, then plug in"),
            Case("011_2", "Remote start, and never plug in"),
            Case("012", "Remote stop"),
            Case("026", "Remote start rejected"),
            Case("027", "Remote start of connector 0"),
            Case("028", "Remote stop rejected"),
        ),
    ),
    Section(
        "Reset",
        (
            Case("013", "Hard reset without a transaction"),
            Case("014", "Soft reset without a transaction"),
            Case("015", "Hard reset with a transaction"),
            Case("016", "Soft reset with a transaction"),
        ),
    ),
    Section(
        "Unlock",
        (
            Case("017_1", "Unlock without a session"),
            Case("017_2", "Unlock without a session, fixed cable"),
            Case("018_1", "Unlock with a session"),
            Case("018_2", "Unlock with a session, fixed cable"),
            Case("030", "The lock fails to open"),
            Case("031", "Unlock a connector that there is not"),
        ),
    ),
    Section(
        "Configuration",
        (
            Case("019_1", "Read all configuration keys", once="019"),
            Case("019_2", "Read one configuration key", once="019"),
            Case("021", "Change a configuration key"),
            Case("040_1", "Change a key that the station does not have"),
            Case("040_2", "Change a key to a value that makes no sense"),
        ),
    ),
    Section(
        "Power failure",
        (
            Case("032_1", "Power fails: the transaction's end is told before the station goes down"),
            Case("032_2", "Power fails: the transaction's end is told after the next boot"),
            Case("034", "Power fails: an unavailable connector stays unavailable"),
        ),
    ),
    Section(
        "Offline",
        (
            Case("036", "The connection is lost during a transaction"),
            Case("037_1", "Started offline, id accepted later"),
            Case("037_2", "Started offline, id refused later, the transaction goes on without energy"),
            Case("037_3", "Started offline, id refused later, the transaction ends"),
            Case("038", "Ended offline"),
            Case("039", "Started and ended offline"),
        ),
    ),
    Section(
        "Local authorization list",
        (
            Case("008_1", "Start on site with an id of the list", not_central=DECIDED_THERE),
            Case("008_2", "Remote start with an id of the list", not_central=DECIDED_THERE),
            Case("042_1", "Read the version: there is no list"),
            Case("042_2", "Read the version: the list is empty"),
            Case("043_1", "Send the list: not supported"),
            Case("043_2", "Send the list: the version does not fit"),
            Case("043_3", "Send the list: failed"),
            Case("043_4", "Send the whole list", once="043"),
            Case("043_5", "Send what has changed", once="043"),
        ),
    ),
    Section(
        "Firmware and diagnostics",
        (
            Case("044_1", "Firmware update: fetched and installed"),
            Case("044_2", "Firmware update: cannot be fetched"),
            Case("044_3", "Firmware update: cannot be installed"),
            Case("045_1", "Diagnostics: delivered"),
            Case("045_2", "Diagnostics: cannot be delivered"),
        ),
    ),
    Section(
        "Reservation",
        (
            Case("046_1", "Reserved connector: started on site", once="046"),
            Case("046_2", "Reserved connector: started remotely", once="046"),
            Case("047", "Reserved connector: the reservation expires"),
            Case("048_1", "Reserve a connector: it is faulted"),
            Case("048_2", "Reserve a connector: it is occupied"),
            Case("048_3", "Reserve a connector: it is unavailable"),
            Case("048_4", "Reserve a connector: the station does not want to"),
            Case("049", "Reserve the station as a whole"),
            Case("050_1", "Reserve the station as a whole: it is faulted"),
            Case("050_2", "Reserve the station as a whole: it is occupied"),
            Case("050_3", "Reserve the station as a whole: it is unavailable"),
            Case("050_4", "Reserve the station as a whole: it does not want to"),
            Case("051", "Cancel a reservation"),
            Case("052", "Cancel a reservation that there is not"),
            Case("053_1", "Reserved for a parent id: started on site", once="053"),
            Case("053_2", "Reserved for a parent id: started remotely", once="053"),
        ),
    ),
    Section(
        "Remote trigger",
        (
            Case("054", "Have each kind of message sent"),
            Case("055", "Have a message sent: rejected"),
        ),
    ),
    Section(
        "Smart charging",
        (
            Case("056", "A default profile, without a transaction"),
            Case("057", "A profile for the transaction"),
            Case("058_1", "A profile for a transaction, and none runs"),
            Case("058_2", "A profile for another transaction than the one that runs"),
            Case("059", "Remote start with a profile"),
            Case("060", "Remote start with a profile of the wrong purpose"),
            Case("066", "Composite schedule"),
            Case("067", "Clear profiles"),
            Case("072", "Profiles on top of each other"),
            Case("082", "A default profile, during a transaction"),
        ),
    ),
    Section(
        "Data transfer",
        (
            Case("062", "The central system transfers data of a vendor that the station does not know"),
            Case("064", "The station transfers data of a vendor that the central system does not know"),
        ),
    ),
    Section(
        "Security",
        (
            Case("073", "Change the password"),
            Case("074", "Renew the station's certificate when the central system asks for it"),
            Case("075_1", "Install a root certificate of the manufacturer"),
            Case("075_2", "Install a root certificate of the central system"),
            Case("076", "Delete a certificate"),
            Case("077", "A wrong station certificate: security event"),
            Case("078", "A wrong central system certificate: security event"),
            Case("079", "Fetch the security log"),
            Case("080", "Secure firmware update"),
            Case("081", "Secure firmware update with a wrong signature"),
            Case("083", "Raise the security profile"),
            Case("084", "Lower the security profile: rejected"),
            Case("085", "Basic authentication"),
            Case("086", "TLS: the central system's certificate"),
            Case("087", "TLS: the station's certificate"),
            Case("088", "The version is agreed upon in the handshake"),
        ),
    ),
)

CASES = {case.number: case for section in SECTIONS for case in section.cases}
