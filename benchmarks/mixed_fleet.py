"""Stations of all three versions at once, with remote commands, reports and reconnects: do both sides' books agree?

    python -m benchmarks.mixed_fleet [--minutes 10] [--stations 100] [--services]

The server is one process with SQLite, or with `--services` two processes with PostgreSQL and Redis, half of the
stations at each; commands are asked of either. Stations lose their connections all the time, and drivers come and go
ten times as fast as in life. At the end everybody has left, and then:

- no call of a station was refused, and no command but by a lost connection or a timely expiry;
- no rule of tolerance was needed, and the servers' logs have no errors;
- all sessions have ended, and the energy and the cost of each are those of the stations' own books (`books.py`), to
  the coin of the currency; those of 2.1 have counted the same by the tariff that they were sent;
- batteries in slots (2.1) are charged as sessions of their own, which go on while they are there: their energy, too.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from benchmarks.books import RATES, Account, accounts_of, differences, totals
from benchmarks.raw_client import describe_machine
from stations.emulator.client import StationClient
from stations.emulator.fleet import Fleet, Order
from stations.emulator.plan import Plan
from stations.emulator.point import calls
from stations.emulator.point.message import Charge
from stations.ocpp.frames import Payload
from tests.operator import Operator
from tests.server import ServerProcess
from tests.services import REDIS_URL, PostgresDatabase

SPEED = 10.0
VERSIONS = ("1.6", "2.0.1", "2.1")
SLOTS = 4

RECONNECTS_PER_MINUTE = 30.0
COMMANDS_PER_SECOND = 5.0
AWAY_SECONDS = (0.0, 5.0)

PATIENCE, DRAIN_SECONDS = 30.0, 300.0
"""How long the end may take: without any answer, and at all. A busy machine has much to say then."""

AT_ONCE = 200
"""Rows of a list in one answer."""

EXPECTED = frozenset({"ConnectionLost"})
"""How a command may fail: its station went away before it had answered."""

CARD = {"idToken": "04A1B2C3D4E5F6", "type": "ISO14443"}
CURVE = {"priority": 5, "yUnit": "PctMaxW", "curveData": [{"x": 50.2, "y": 100.0}]}

ASKED: tuple[tuple[str, Payload], ...] = (
    ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}),
    ("GetConfiguration", {}),
    ("GetCompositeSchedule", {"connectorId": 0, "duration": 600}),
    ("GetLocalListVersion", {}),
    ("RemoteStartTransaction", {"idTag": "04A1B2C3D4E5F6"}),
    ("ChangeConfiguration", {"key": "StopTxnSampledData", "value": "Energy.Active.Import.Register"}),
    ("Reset", {"type": "Soft"}),
    ("Reset", {"type": "Hard"}),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
    ("TriggerMessage", {"requestedMessage": "StatusNotification"}),
)
ASKED_2: tuple[tuple[str, Payload], ...] = (
    ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}),
    ("GetLocalListVersion", {}),
    ("GetTransactionStatus", {}),
    (
        "GetVariables",
        {"getVariableData": [{"component": {"name": "ChargingStation"}, "variable": {"name": "Model"}}]},
    ),
    ("RequestStartTransaction", {"remoteStartId": 1, "idToken": CARD}),
    ("Reset", {"type": "OnIdle"}),
    ("Reset", {"type": "Immediate"}),
    ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
)
ASKED_21: tuple[tuple[str, Payload], ...] = (
    ("GetDERControl", {"requestId": 2}),
    ("SetDERControl", {"isDefault": True, "controlId": "fleet", "controlType": "FreqWatt", "curve": CURVE}),
)


def asked_of(version: str) -> list[tuple[str, Payload]]:
    """What a station of this version is asked: only what it can answer."""
    said = {"1.6": ASKED, "2.0.1": ASKED_2, "2.1": ASKED_2 + ASKED_21}[version]
    return [each for each in said if each[0] in calls.ANSWERS[version]]


class Run:
    """Servers, fleets and what happens to them."""

    def __init__(self, servers: list[ServerProcess], options: argparse.Namespace) -> None:
        self._servers = servers
        first = Operator(servers[0])
        self._operators = [first, *(Operator(server, same=first) for server in servers[1:])]
        self._seconds = options.minutes * 60
        self._chance = random.Random(options.seed)
        share = options.stations // len(servers)
        self.fleets = [
            Fleet(
                Order(
                    count=share,
                    versions=VERSIONS,
                    prefix=f"MIX{number}-",
                    seed=options.seed,
                    slots=SLOTS,
                    books=True,
                    stalled_seconds=PATIENCE,
                    drain_seconds=DRAIN_SECONDS,
                ),
                Plan(url=f"{server.ws}/ocpp/", speed=SPEED),
            )
            for number, server in enumerate(servers)
        ]
        self.clients = [client for fleet in self.fleets for client in fleet.clients]
        self._rates = {client: RATES[index // len(VERSIONS) % len(RATES)] for index, client in enumerate(self.clients)}
        self._meters = {client: meters(client) for client in self.clients}
        self.commands: Counter[str] = Counter()
        self.refused: list[str] = []

    def prepare(self) -> None:
        """Each station has been there before, and has a tariff before anybody comes; 2.1 gets it when it has booted."""
        keys = {rates: self._post("tariffs", {"tariff": rates.tariff})["id"] for rates in RATES}
        for server, fleet in zip(self._servers, self.fleets, strict=True):
            for model in (client.model for client in fleet.clients):
                spoken = [Subprotocol(f"ocpp{model.version}")]
                with connect(f"{server.ws}/ocpp/{model.identity}", subprotocols=spoken):
                    pass
        for client, rates in self._rates.items():
            identity = client.model.identity
            self._post("tariff-assignments", {"tariff": keys[rates], "station": identity})
            if client.model.version == "2.1":
                self._post(f"stations/{identity}/tariffs", {"tariff": keys[rates]})

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._operators[0].post(path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def run(self) -> None:
        stop = asyncio.Event()
        fleets = [asyncio.create_task(fleet.run(stop)) for fleet in self.fleets]
        errands = (self._reconnect(), self._command(), self._report())
        trouble = [asyncio.create_task(each) for each in errands]
        await asyncio.wait([*fleets, *trouble], timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in trouble:
            task.cancel()
        for task in trouble:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        stop.set()
        await asyncio.gather(*fleets)

    async def _reconnect(self) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(RECONNECTS_PER_MINUTE / 60))
            self._chance.choice(self.clients).drop(self._chance.uniform(*AWAY_SECONDS))

    async def _command(self) -> None:
        while True:
            await asyncio.sleep(self._chance.expovariate(COMMANDS_PER_SECOND))
            client = self._chance.choice(self.clients)
            if not client.online:
                continue
            action, payload = self._chance.choice(asked_of(client.model.version))
            path, body = f"stations/{client.model.identity}/commands", {"action": action, "payload": payload}
            answer = await asyncio.to_thread(self._chance.choice(self._operators).post, path, body)
            self.commands[action] += 1
            if answer.status_code != 201:
                self.refused.append(f"{action}: {answer.status_code} {answer.text[:200]}")

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(10)
            print("  " + "; ".join(fleet.line() for fleet in self.fleets), flush=True)

    # -- the books ------------------------------------------------------------------------

    def problems(self) -> Iterator[str]:
        """What is not as it should be."""
        yield from self.refused
        for fleet in self.fleets:
            if fleet.statistics.errors:
                yield f"Calls of stations were refused: {dict(fleet.statistics.refused)}."
            if fleet.statistics.waiting:
                yield f"Messages of transactions were not sent: {dict(fleet.statistics.waiting)}."
        operator = self._operators[0]
        for command in everything(operator, "commands"):
            if command["state"] in ("failed", "timed_out") and command["result"] not in EXPECTED:
                yield f"{command['action']} at {command['station']}: {command['result']} {command['error']}"
        for client in self.clients:
            yield from self._differences(operator, client)
        for server in self._servers:
            for line in re.findall(r"^.*(?:ERROR|Traceback).*$", server.log.read_text(), re.MULTILINE)[:10]:
                yield f"{server.log.name}: {line}"

    def _differences(self, operator: Operator, client: StationClient) -> Iterator[str]:
        identity = client.model.identity
        if rules := [quirk["rule"] for quirk in operator.get(f"stations/{identity}/quirks")]:
            yield f"{identity} needed {', '.join(rules)}."
        sessions = list(everything(operator, "transactions", station=identity))
        slots = {session["reference"]: session for session in sessions if self._is_slot(client, session)}
        for difference in slot_differences(self._slot_charges(client), slots):
            yield f"{identity}: {difference}."
        sessions = [session for session in sessions if not self._is_slot(client, session)]
        if running := [session["id"] for session in sessions if session["active"]]:
            yield f"{identity}: sessions {running} have not ended."
        version, rates = client.model.version, self._rates[client]
        costs = {each["id"]: told_cost(operator, each["id"]) for each in sessions} if version == "2.1" else {}
        for difference in differences(version, rates, self._accounts(client), sessions, costs):
            yield f"{identity}: {difference}."
        told = sum(session["energy_wh"] or 0 for session in sessions)
        counted = sum(meters(client)) - sum(self._meters[client])
        if told != counted:
            yield f"{identity}: the server has {told} Wh, the meters {counted}."

    def _accounts(self, client: StationClient) -> list[Account]:
        sold = [charge for charge in client.model.books if charge.outlet <= len(client.model.outlets)]
        return list(accounts_of(client.model.version, sold, self._rates[client]))

    def _is_slot(self, client: StationClient, session: dict[str, Any]) -> bool:
        return (session["evse"] or 0) > len(client.model.outlets)

    def _slot_charges(self, client: StationClient) -> dict[str, tuple[bool, int]]:
        """Of each battery: whether it is there, and the energy that it took, in Wh; by the references."""
        model = client.model
        past = [(False, charge) for charge in model.books if charge.outlet > len(model.outlets)]
        there = [(True, charge) for charge in model.swaps.slots.charges.values()]
        return {charge.reference: (runs, charged_wh(charge)) for runs, charge in (*past, *there)}

    def summary(self) -> list[str]:
        statistics = [fleet.statistics for fleet in self.fleets]
        books = [(rates, account) for client, rates in self._rates.items() for account in self._accounts(client)]
        return [
            f"{len(self.clients)} stations, {sum(each.answered for each in statistics)} calls answered, "
            f"{sum(each.reconnects for each in statistics)} reconnects",
            f"{sum(each.ended for each in statistics)} sessions, {totals(books)}; "
            f"{sum(account.counted_here for _, account in books)} counted by their stations, too",
            f"{self.commands.total()} commands: "
            + ", ".join(f"{count} {action}" for action, count in self.commands.most_common()),
        ]


def meters(client: StationClient) -> list[int]:
    """What the meters of a station show, in Wh."""
    return [outlet.register_wh for outlet in client.model.outlets]


def charged_wh(charge: Charge) -> int:
    """From the first to the last that its station has told of it."""
    return charge.readings[-1].energy_wh - charge.readings[0].energy_wh


def slot_differences(charges: dict[str, tuple[bool, int]], sessions: dict[str, dict[str, Any]]) -> Iterator[str]:
    """How the server's sessions of a station's slots differ from those of the batteries."""
    yield from (f"the battery's session {each} is only at the server" for each in sessions.keys() - charges.keys())
    yield from (f"the battery's session {each} is only at the station" for each in charges.keys() - sessions.keys())
    for reference in charges.keys() & sessions.keys():
        session = sessions[reference]
        told = (session["active"], session["energy_wh"] or 0)
        if told != charges[reference]:
            yield f"the battery's session {reference} (runs, Wh) is {told}, at the station {charges[reference]}"


def told_cost(operator: Operator, session: int) -> float | None:
    """What its station has counted for a session."""
    told: float | None = operator.get(f"transactions/{session}/cost")["told_cost"]
    return told


def everything(operator: Operator, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """All rows of a list that comes in slices."""
    part = operator.get(path, limit=AT_ONCE, **query)
    while True:
        yield from part["results"]
        if not part["next"]:
            return
        part = operator.follow(part["next"])


@contextmanager
def serving(*, services: bool) -> Iterator[list[ServerProcess]]:
    """One process with SQLite, or two with PostgreSQL and Redis."""
    unlimited: dict[str, Any] = {"API_RATE": "1000000/min", "API_COMMAND_RATE": "1000000/min"}
    if not services:
        with ServerProcess(**unlimited) as server:
            yield [server]
        return
    with PostgresDatabase(f"smartserver_mixed_{os.getpid()}") as database:
        shared: dict[str, Any] = {"DATABASE_URL": database.url, "REDIS_URL": REDIS_URL, "DJANGO_SECRET_KEY": "x" * 50}
        with ServerProcess(**shared, **unlimited) as one, ServerProcess(**shared, **unlimited) as other:
            yield [one, other]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--stations", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--services", action="store_true", help="two processes with PostgreSQL and Redis")
    options = parser.parse_args()
    print(describe_machine())
    began = time.monotonic()
    with serving(services=options.services) as servers:
        run = Run(servers, options)
        run.prepare()
        asyncio.run(run.run())
        problems = list(run.problems())
    for line in (*run.summary(), f"{time.monotonic() - began:.0f} s, {len(problems)} problems"):
        print(line)
    for problem in problems[:50]:
        print(f"  {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
