"""What is known of the CMS: whether it is there, and what it understands."""

from __future__ import annotations

from enum import StrEnum

from bridge.client.context import Context
from bridge.client.logs import Way
from bridge.client.status import CONNECTED


class Task(StrEnum):
    """The tasks of one charger."""

    POLLER = "poller"
    STREAM = "stream"
    WITNESS = "witness"
    FORWARDER = "forwarder"
    UPLOADER = "uploader"
    QUICK = "commands"
    FILES = "files"
    HEALTH = "health"
    PUSH = "push"


WANT_CMS = (Task.POLLER, Task.FORWARDER, Task.UPLOADER, Task.QUICK, Task.FILES)


class Link:
    """`is_up` None: nobody has asked yet. Each answer and each failure of any task says how it is."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.is_up: bool | None = None
        self.is_pushing = False
        self.takes_gzip = False
        self.heard: float | None = None
        self.understood: float | None = None
        """When the CMS last gave an answer as it should be: what it says otherwise concerns one request alone."""

    def answered(self, *, is_there: bool) -> None:
        """A gateway that says that there is nobody behind it (502, 503, 504) is no CMS."""
        if not is_there:
            self.failed("nobody is behind its gateway")
            return
        self.heard = self._context.clock.monotonic()
        if self.is_up is not True:
            was_down, self.is_up = self.is_up is False, True
            self._context.say(Way.FROM_SERVER, "The CMS is back" if was_down else "The CMS is there")
            self._context.bells.ring(*WANT_CMS)

    def failed(self, reason: str) -> None:
        if self.is_up is not False and not self._context.stop.is_set():
            self.is_up = False
            self._context.warn(Way.FROM_SERVER, f"The CMS is away: {reason}")
            self._context.bells.ring(Task.HEALTH)

    def understands(self) -> None:
        self.understood = self._context.clock.monotonic()

    def pushes(self, *, is_open: bool) -> None:
        if self.is_pushing != is_open:
            self.is_pushing = is_open
            self._context.bells.ring(*WANT_CMS)

    @property
    def is_open(self) -> bool:
        """Whether it makes sense to send something."""
        return self.is_up is True

    @property
    def word(self) -> str:
        return {None: "not known", True: CONNECTED, False: "away"}[self.is_up]
