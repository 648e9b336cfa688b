"""The messages of one station that wait to be sent or answered. Pure.

Messages of transactions are never lost: they wait while the station is offline, leave in order and
are repeated until they are answered. All others are only worth saying now. When memory is short,
every second intermediate message of the transactions goes (OCPP 2.0.1 E04.FR.07).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from stations.emulator.point.message import Message

LIMIT = 1_000
"""Messages that may wait."""


class Outbox:
    def __init__(self, limit: int = LIMIT) -> None:
        self.current: Message | None = None
        """Sent, not answered."""
        self.dropped = 0
        """Messages that nobody will ever send because the queue was full."""
        self._limit = limit
        self._first: deque[Message] = deque()
        self._queue: deque[Message] = deque()

    def __len__(self) -> int:
        return len(self._first) + len(self._queue) + (self.current is not None)

    def __iter__(self) -> Iterator[Message]:
        if self.current is not None:
            yield self.current
        yield from self._first
        yield from self._queue

    def add_first(self, message: Message) -> None:
        """For what has to be said before everything else: the boot."""
        if all(each.action != message.action for each in self._first):
            self._first.append(message)

    def add_now(self, message: Message) -> None:
        """For what the server asked for before it accepted the boot (section 4.2): it leaves all the same."""
        self._first.append(message)

    def add(self, messages: Iterable[Message], *, online: bool) -> list[Message]:
        """Queue messages; those that were not taken come back."""
        refused = []
        for message in messages:
            if not (online or message.kept):
                refused.append(message)
            elif len(self._queue) >= self._limit and not self._make_room(message):
                self.dropped += 1
                refused.append(message)
            else:
                self._queue.append(message)
        return refused

    def _make_room(self, message: Message) -> bool:
        """Whether there is room, or the message has to get in whatever the limit (starts and ends)."""
        if not message.kept:
            return False
        thinned: deque[Message] = deque()
        spare = False
        for each in self._queue:
            # What was sent once may have arrived: its repetition has to be the same message.
            if each.intermediate and not each.attempts:
                spare = not spare
                if spare:
                    self.dropped += 1
                    continue
            thinned.append(each)
        freed = len(thinned) < len(self._queue)
        self._queue = thinned
        return freed or not message.intermediate

    def next(self, *, registered: bool, transactions: bool = True) -> Message | None:
        """The message to send now, if the last one is answered. Before registration only the boot may leave;
        without `transactions` those of transactions wait."""
        if self.current is not None:
            return None
        if self._first:
            self.current = self._first.popleft()
        elif registered and transactions and self._queue:
            self.current = self._queue.popleft()
        elif registered:
            self.current = next((message for message in self._queue if not message.kept), None)
            if self.current is not None:
                self._queue.remove(self.current)
        if self.current is not None:
            self.current.attempts += 1
        return self.current

    def settle(self) -> None:
        """The message that was sent is answered."""
        self.current = None

    def put_back(self) -> None:
        """The server failed at the message of a transaction: it goes again, before those behind it."""
        assert self.current is not None
        self._queue.appendleft(self.current)
        self.current = None

    def repeat(self) -> Message | None:
        """The message that was sent gets no answer: it is sent again if it is kept, else it is returned."""
        message, self.current = self.current, None
        if message is None or not message.kept:
            return message
        self._queue.appendleft(message)
        return None

    def go_offline(self) -> list[Message]:
        """Keep what has to be kept; the messages that will not be sent again."""
        lost = [message for message in (self.repeat(), *self._first, *self._queue) if message and not message.kept]
        self._first.clear()
        self._queue = deque(message for message in self._queue if message.kept)
        return lost
