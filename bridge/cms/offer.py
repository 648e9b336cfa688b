"""The command that a push channel offers its bridge: one at a time, each once over one channel.

Which one that is stands in the database (`channels.next_command`): the same one until its result has come, over
whichever wire. So this asks whenever something may have changed, and sends what it has not sent yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridge import push
from bridge.cms.services import channels
from bridge.cms.services.channels import Turn

Done = Callable[[Turn | None, BaseException | None], None]


class Offer:
    """`ask(done)` looks into the database, `send(payload)` sends a command."""

    def __init__(self, ask: Callable[[Done], None], send: Callable[[dict[str, Any]], None]) -> None:
        self._ask = ask
        self._send = send
        self._sent: int | None = None
        self._asking = False
        self._again = False
        self._over = False

    def look(self) -> None:
        """Something may have changed."""
        if self._asking:
            self._again = True
        elif not self._over:
            self._asking, self._again = True, False
            self._ask(self._asked)

    def end(self) -> None:
        """The channel is closed. A command that was not sent any more goes over the next one."""
        self._over = True

    def _asked(self, turn: Turn | None, error: BaseException | None) -> None:
        self._asking = False
        command = turn.command if turn is not None else None
        if command is not None and not self._over and command.execution_id != self._sent:
            self._sent = command.execution_id
            if channels.fits(command):  # else it goes with the reply to a live feed
                self._send(push.write_command(command))
        if self._again:
            self.look()
