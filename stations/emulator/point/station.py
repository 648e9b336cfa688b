"""What a station consists of, and what its parts ask of each other. Pure; see `model.py`."""

from __future__ import annotations

import random
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta
from math import floor, inf

from stations.emulator.point.access import Access
from stations.emulator.point.bank import BankCard, Provider
from stations.emulator.point.bidirectional import V2X
from stations.emulator.point.build import Build, drivers
from stations.emulator.point.charging import Charging
from stations.emulator.point.costs import Costs
from stations.emulator.point.delays import Delays
from stations.emulator.point.der import Controls
from stations.emulator.point.device_model import ONLY_21, SIGNING, device_model
from stations.emulator.point.display import Display
from stations.emulator.point.display_variables import language
from stations.emulator.point.driver import BUSY, Driver, Habits
from stations.emulator.point.effects import Effect
from stations.emulator.point.firmware import Firmware
from stations.emulator.point.gathering import Gathering
from stations.emulator.point.journal import Journal
from stations.emulator.point.logs import Logs
from stations.emulator.point.masters import Masters
from stations.emulator.point.message import Charge, Message, Moment
from stations.emulator.point.monitoring import Monitoring
from stations.emulator.point.networks import Networks
from stations.emulator.point.outbox import Outbox
from stations.emulator.point.outlet import Outlet
from stations.emulator.point.payment_variables import VARIABLES as PAYMENT_VARIABLES
from stations.emulator.point.payments import Payments
from stations.emulator.point.profiles import Profiles, Sessions
from stations.emulator.point.profiles2 import Profiles2
from stations.emulator.point.publications import Publications
from stations.emulator.point.reader import Reader
from stations.emulator.point.registration import Registration
from stations.emulator.point.reservations import Reservations
from stations.emulator.point.security import Security
from stations.emulator.point.settings import ALIGNED_SECONDS, Settings
from stations.emulator.point.smart_charging_variables import VARIABLES_21 as SMART_CHARGING_21
from stations.emulator.point.smart_charging_variables import Abilities
from stations.emulator.point.swaps import Swaps
from stations.emulator.point.tariffs import Tariffs
from stations.emulator.point.terminal import Terminal
from stations.emulator.point.v2 import Words2
from stations.emulator.point.v16 import Words16
from stations.emulator.point.variables import Variables
from stations.emulator.point.words import Plate, Reason, Status, Words
from stations.ocpp.charging import Allowance
from stations.ocpp.times import written


class Station(ABC):
    """What all the parts of one station have in common."""

    def __init__(self, identity: str, version: str, build: Build) -> None:
        self.identity = identity
        self.version = version
        self.password = build.password
        """The AuthorizationKey: as it was delivered, or as the server has set it since."""
        self.inoperative = False
        """The station as a whole (connector 0)."""
        self.without = build.without
        self.cut_reason = Reason.POWER_LOSS
        self.books: list[Charge] = []
        """The sessions that have ended, where it is built to keep them, with what its meters showed."""
        self._keeps_books = build.books
        self.outbox = Outbox()
        self.settings = Settings(NumberOfConnectors=str(build.connectors), SecurityProfile=str(build.security_profile))
        if version != "1.6":
            self.settings.put("ClockAlignedDataInterval", str(ALIGNED_SECONDS))
        is_21 = version == "2.1"
        der, slots = (build.der, build.slots) if is_21 else ((), 0)
        model = {} if version == "1.6" else device_model(build.connectors, der, slots=slots, v2x=is_21, counts=is_21)
        self.variables = Variables(self, model)
        if build.keys is not None and version != "1.6":
            self.variables.add(*SIGNING)
        if is_21:
            self.variables.add(*ONLY_21, *SMART_CHARGING_21)
        self.networks = Networks(self)
        self.access = Access(self)
        self.masters = Masters(self)
        self.reservations = Reservations()
        self.profiles: Profiles = Profiles(self.settings)
        if version != "1.6":
            delays = Delays(random.Random(f"{build.seed}/{identity}/delays"))
            self.profiles = Profiles2(self.settings, Abilities(self.variables), delays)
        self.v2x = V2X(self)
        self.tariffs = Tariffs(self)
        self.costs = Costs(self)
        self.payments = Payments(self)
        self.terminal = self._terminal(build)
        self.journal = Journal(build.journal_lines)
        self.registration = Registration(self)
        self.display = Display(self, build.display)
        if self.display.abilities.languages:
            self.variables.add(language(self.display.abilities.languages))
        self.firmware = Firmware(self, build.updates_while_charging, signed_only=build.signed_firmware_only)
        self.logs = Logs(self)
        self.publications = Publications(self)
        self.security = Security(self, build.keys)
        self._started = build.started
        self._speed = build.speed
        self._chance = random.Random(f"{build.seed}/{identity}")
        self.plate = Plate.drawn(self._chance)
        self.words: Words = (
            Words16(self.settings) if version == "1.6" else Words2(self.variables, build.keys, self.v2x.measured)
        )
        self._habits = build.habits or (Habits() if build.steady is None else BUSY)
        self.outlets = self._outlets(build)
        self.der, self.swaps = self._energy(build, der, slots)
        grid = random.Random(f"{build.seed}/{identity}/grid")
        self.charging = Charging(self, grid, 0.0 if build.manual else self._habits.limit_per_hour)
        self._online = False
        self._effects: list[Effect] = []
        self._jobs = 0
        self._steady = build.steady
        self.monitoring = Monitoring(self)
        self.gathering = Gathering(self)
        self.reader = Reader(self)

    def _outlets(self, build: Build) -> list[Outlet]:
        """The outlets, and the drivers who come to them."""
        seed, tokens = build.seed, None if build.manual else build.tokens or drivers(build.seed)
        ids = random.Random(f"{seed}/{self.identity}/{self._started.isoformat()}")
        outlets = []
        for number in range(1, build.connectors + 1):
            chance = random.Random(f"{seed}/{self.identity}/{number}")
            outlet = Outlet(number, self, chance=chance, ids=ids)
            if tokens is not None:
                outlet.driver = Driver(outlet, self._habits, chance, tokens)
                outlet.driver.pay = self._paying(number, chance) if self._takes_cards(build) else None
            outlets.append(outlet)
        return outlets

    def _takes_cards(self, build: Build) -> bool:
        return build.payments and self.version == "2.1"

    def _terminal(self, build: Build) -> Terminal:
        """One that does nothing, where there is none."""
        if not self._takes_cards(build):
            return Terminal(self, Provider(str))
        self.variables.add(*PAYMENT_VARIABLES)
        chance = random.Random(f"{build.seed}/{self.identity}/{build.started.isoformat()}/payments")
        return Terminal(self, Provider(lambda: str(uuid.UUID(int=chance.getrandbits(128), version=4))))

    def _paying(self, number: int, chance: random.Random) -> Callable[[float], None]:
        """What a driver does who pays with a bank card."""
        return lambda now: self.terminal.tap(BankCard.drawn(chance), number, now)

    def _energy(self, build: Build, modes: tuple[str, ...], slots: int) -> tuple[Controls, Swaps]:
        """What only 2.1 speaks of: the inverter's controls, the slots for batteries."""
        seed = f"{build.seed}/{self.identity}"
        der = Controls(
            self,
            modes,
            alarms_per_hour=0.0 if build.manual else self._habits.grid_alarms_per_hour,
            chance=random.Random(f"{seed}/grid"),
        )
        swaps = Swaps(
            self,
            range(build.connectors + 1, build.connectors + 1 + slots),
            tokens=None if build.manual else build.tokens or drivers(build.seed),
            idle=self._habits.idle_mean,
            chance=random.Random(f"{seed}/batteries"),
        )
        return der, swaps

    # -- time -----------------------------------------------------------------------------

    @property
    def speed(self) -> float:
        """Seconds of the station in a second of its clock."""
        return self._speed

    @property
    def online(self) -> bool:
        """Whether the server listens: connected, and the boot was accepted."""
        return self._online and self.registration.accepted

    def clock(self, now: float) -> datetime:
        return self._started + timedelta(seconds=now / self._speed)

    def when(self, moment: datetime) -> float:
        """The station's second at which its clock shows this moment."""
        return (moment - self._started).total_seconds() * self._speed

    def round_time(self, interval: int, now: float) -> float:
        """The next part of the day, counted from midnight; 0: there is none."""
        if not interval:
            return inf
        started = self._started
        midnight = started.hour * 3600 + started.minute * 60 + started.second + started.microsecond / 1e6
        return (floor(round(midnight + now, 3) / interval) + 1) * interval - midnight

    def moment(self, now: float) -> Moment:
        return Moment(written(self.clock(now)), not self.online)

    # -- what the parts ask of each other -------------------------------------------------

    def rule(self, component: str, variable: str) -> str:
        return self.variables.rule(component, variable)

    @abstractmethod
    def say(self, messages: list[Message], now: float) -> None: ...

    @abstractmethod
    def say_at_once(self, messages: list[Message], now: float) -> None: ...

    @abstractmethod
    def introduce(self, now: float) -> None: ...

    @abstractmethod
    def reset(self, kind: str, now: float) -> None: ...

    @abstractmethod
    def configure(self, name: str, value: str, now: float) -> str: ...

    def enter(self, charge: Charge) -> None:
        """A session has ended."""
        if self._keeps_books:
            self.books.append(charge)

    def outlet(self, number: int) -> Outlet:
        return self.outlets[number - 1]

    @property
    def may_ask(self) -> bool:
        """Whether the server may be asked about tokens (2.x AuthCtrlr.DisableRemoteAuthorization)."""
        return not self.variables.flag("AuthCtrlr", "DisableRemoteAuthorization")

    def has(self, number: int) -> bool:
        return 1 <= number <= len(self.outlets)

    @property
    def resumption_seconds(self) -> float:
        """How long the power may be away before sessions end (2.1 E17, TxResumptionTimeout)."""
        return float(self.variables.text("TxCtrlr", "TxResumptionTimeout")) if self.version == "2.1" else 0.0

    @property
    def resumes(self) -> bool:
        return self.resumption_seconds > 0.0

    @property
    def keeps_sessions(self) -> bool:
        """Whether sessions may go on after the power is cut as it is now."""
        return self.resumes and self.cut_reason in (Reason.RESET_AND_RESUME, Reason.POWER_LOSS)

    @property
    def status(self) -> Status:
        """Of the station as a whole: connector 0 of 1.6 knows only these (section 4.9)."""
        return Status.UNAVAILABLE if self.inoperative else Status.AVAILABLE

    @property
    def sessions(self) -> Sessions:
        return {
            outlet.number: self.profiles.session(outlet.charge)._replace(soc=outlet.soc)
            for outlet in self.outlets
            if outlet.charge is not None and outlet.charge.running
        }

    def allowance(self, number: int, phases: int, now: float) -> Allowance:
        """What the charging profiles leave to a connector."""
        if not len(self.profiles):
            return Allowance()
        return self.profiles.allowance(
            number,
            self.clock(now),
            phases=phases,
            sessions=self.sessions,
            external_first=self.v2x.external_first,
        )

    @property
    def sample_seconds(self) -> float:
        """Between the readings of a session; 0: none."""
        if not self._habits.reports:
            return 0.0
        return float(self.settings.number("MeterValueSampleInterval"))

    @property
    def look_seconds(self) -> float:
        return self._habits.tick

    def new_job(self) -> int:
        self._jobs += 1
        return self._jobs

    def want(self, effect: Effect) -> None:
        self._effects.append(effect)

    def take_effects(self) -> list[Effect]:
        effects, self._effects = self._effects, []
        return effects
