"""The round of the original: the state of the hardware to the CMS, the next command back."""

from __future__ import annotations

import math

from bridge import push, wire
from bridge.client.backoff import grown
from bridge.client.cms import Cms, Fate
from bridge.client.commander import Intake
from bridge.client.context import Context
from bridge.client.hardware import Hardware, HardwareError
from bridge.client.journal import Verdict
from bridge.client.link import Link, Task
from bridge.client.logs import Way
from bridge.client.pushing import Pusher
from bridge.client.status import CONNECTED
from bridge.client.store import Store
from bridge.client.transport import TransportError
from bridge.outlets import StateError, guns, read_state
from bridge.wire import BadCommand, Gun, LiveFeed, WireError

PUSHED_POLLS = 5
"""While the push channel is open, so many polling intervals lie between two polls."""

NEXT_SECONDS = 1.0
"""After a poll that brought a command: there may be another one."""

FACT = "charger"


class Poller:
    """The task `poller`."""

    def __init__(
        self,
        context: Context,
        link: Link,
        hardware: Hardware,
        cms: Cms,
        intake: Intake,
        store: Store,
        pusher: Pusher | None,
    ) -> None:
        self._context = context
        self._link = link
        self._hardware = hardware
        self._cms = cms
        self._intake = intake
        self._store = store
        self._pusher = pusher
        self._is_asked = False
        self._is_reported = False
        self._failures = 0
        self._fed = -math.inf
        self.hardware_word = "not known"

    def run(self) -> None:
        while not self._context.stop.is_set():
            self._context.wait(Task.POLLER, self.round())

    def round(self) -> float:
        """One look at the hardware, and what follows from it; the seconds until the next one."""
        options = self._context.options
        self._identify()
        if not self._context.name:
            return min(options.sleep_time, grown(options.retry_time, 1))
        state, outlets = self._look()
        if self._pusher is not None and state is not None:
            self._pusher.show(state)
        now = self._context.clock.monotonic()
        wait = self._feed_wait()
        if self._link.is_pushing and now - self._fed < wait:
            return min(push.TELEMETRY_SECONDS, options.polling_interval)
        if self._link.is_up is False:
            return wait  # whoever notices that it is back rings
        is_taken, verdict = self.feed(outlets)
        if not is_taken:
            self._failures += 1
            longest = max(options.retry_time, options.polling_interval)
            return min(grown(options.retry_time, self._failures), longest)
        self._failures = 0
        self._fed = now
        if verdict is Verdict.NEW:
            return NEXT_SECONDS
        return min(push.TELEMETRY_SECONDS, options.polling_interval) if self._link.is_pushing else wait

    def once(self) -> bool:
        """One round without any wait; whether all of it went well."""
        self._identify()
        if not self._context.name:
            return False
        state, outlets = self._look()
        return self.feed(outlets)[0] and self._is_reported and state is not None

    def _feed_wait(self) -> float:
        options = self._context.options
        return options.polling_interval * (PUSHED_POLLS if self._link.is_pushing else 1)

    # -- the hardware -----------------------------------------------------------------------------

    def _identify(self) -> None:
        """The charger's id: from the hardware, and while that is away the one it had before."""
        if self._is_asked:
            return
        try:
            name = self._hardware.identity()
        except HardwareError as error:
            self.hardware_word = "away"
            self._context.warn(Way.FROM_HARDWARE, f"No id: {error}")
            name = self._context.name or self._store.fact(FACT)
            self._named(name)
            return
        self._is_asked = True
        if name != self._store.fact(FACT):
            self._store.set_fact(FACT, name)
        self._named(name)

    def _named(self, name: str) -> None:
        if name and name != self._context.name:
            self._context.name, self._is_reported = name, False
            self._context.say(Way.FROM_HARDWARE, f"This charger is {name}")
            self._context.bells.ring(Task.PUSH, Task.FORWARDER)

    def _look(self) -> tuple[str | None, tuple[Gun, ...]]:
        """The text of /state and its guns; no gun is known where it cannot be read."""
        try:
            text = self._hardware.state()
            outlets = read_state(text)
        except HardwareError as error:
            self.hardware_word, self._is_asked = "away", False  # another one may come back
            self._context.warn(Way.FROM_HARDWARE, f"No state: {error}")
            return None, ()
        except StateError as error:
            self.hardware_word = "not understood"
            self._context.warn(Way.FROM_HARDWARE, f"The state is not understood: {error}")
            return None, ()
        self.hardware_word = CONNECTED
        for outlet in outlets:
            if outlet.oddities:
                fields = ", ".join(outlet.oddities)
                self._context.warn(Way.FROM_HARDWARE, f"Outlet {outlet.number}: not understood: {fields}")
        return text, guns(outlets)

    # -- the CMS ----------------------------------------------------------------------------------

    def feed(self, outlets: tuple[Gun, ...]) -> tuple[bool, Verdict | None]:
        """Whether the CMS took the live feed, and what became of the command that came back."""
        try:
            if not self._is_reported:
                self._is_reported = self._cms.log_version().fate is Fate.TAKEN
            reply = self._cms.live_feed(LiveFeed(self._context.name, outlets))
        except TransportError:
            return False, None
        if reply.fate is not Fate.TAKEN:
            self._explain(reply.status)
            return False, None
        self._context.last_poll = self._context.clock.now()
        try:
            command = wire.read_command(reply.body)
        except BadCommand as error:
            self._link.understands()
            self._intake.refuse(error)
            return True, None
        except WireError as error:
            self._context.warn(Way.FROM_SERVER, f"The answer to LiveFeeds is not understood: {error}")
            return False, None
        self._link.understands()
        return True, self._intake.accept(command) if command else None

    def _explain(self, status: int) -> None:
        if status in (401, 403):
            text = f"The CMS does not let {self._context.name} in ({status}): is CMS_KEY right?"
        elif status == 404:
            text = f"The CMS does not know {self._context.name}, or SERVER_URL is not its address ({status})"
        elif 300 <= status < 400:
            text = f"The CMS is somewhere else ({status}): SERVER_URL has to be its own address"
        else:
            return
        self._context.warn(Way.FROM_SERVER, text)
