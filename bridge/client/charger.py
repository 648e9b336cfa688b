"""One charger: its files, its tasks, and how it is."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from bridge.client.answers import Executor
from bridge.client.cms import Cms, place_of
from bridge.client.commander import Commander, Intake
from bridge.client.context import Context, moment
from bridge.client.forwarder import Forwarder, Outcome
from bridge.client.hardware import Hardware
from bridge.client.journal import Journal, Lane
from bridge.client.link import Link, Task
from bridge.client.logs import Way
from bridge.client.poller import Poller
from bridge.client.pushing import Pusher
from bridge.client.spool import Bounds, Spool
from bridge.client.status import ChargerStatus
from bridge.client.store import Store, StoreError, file_name
from bridge.client.stream import EventStream, Witness
from bridge.client.tasks import Runner
from bridge.client.uploader import Uploader
from bridge.client.watch import Watch


class Charger:
    """`StoreError` where its files cannot be used. Close it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        options = context.options
        self._temporary = Path(tempfile.mkdtemp(prefix="noc-bridge-")) if options.dry_run else None
        self._stores: list[Store] = []
        try:
            self._open(self._temporary or options.spool_dir)
        except BaseException:
            self.close()
            raise

    def _open(self, folder: Path) -> None:
        """Without its tasks, which begin with `start`."""
        context, options = self.context, self.context.options
        path = folder / file_name(context.charger.host, context.charger.port)
        store = self._store(None if options.dry_run else path)
        answers = path.with_suffix(".answers")
        try:
            self._journal = Journal(store, place_of(options, context.charger).url, answers, context.clock)
        except OSError as error:
            raise StoreError(f"{answers} cannot be used ({error.strerror or error}).") from None
        if self._journal.interrupted:
            context.warn(Way.WITHIN, f"{self._journal.interrupted} commands were interrupted; this is reported")
        bounds = Bounds(options.spool_max_events, options.spool_max_bytes, options.spool_max_age)
        kept = store if options.spool else self._store(None)
        self._spool = Spool(kept, bounds, context.clock)
        self._link = Link(context)
        self._intake = Intake(context, self._journal)
        self._pusher: Pusher | None = None
        if options.push and not options.once and not options.dry_run:
            self._pusher = Pusher(context, self._link, self._intake.accept, self._intake.refuse)
        self._make_tasks(store, folder, answers)

    def _make_tasks(self, store: Store, folder: Path, answers: Path) -> None:
        """Each with connections of its own, so that none waits for another."""
        context, link, spool, pusher = self.context, self._link, self._spool, self._pusher
        self._poller = Poller(context, link, Hardware(context), self._cms(), self._intake, store, pusher)
        self._stream = EventStream(context, link, spool)
        self._witness = Witness(context, Hardware(context), spool, pusher.show if pusher else None)
        self._forwarder = Forwarder(context, link, self._cms(), spool, pusher)
        self._uploader = Uploader(context, link, Hardware(context), self._cms(), spool, folder)
        self._lanes = {
            lane: Commander(
                context,
                link,
                lane,
                self._journal,
                Executor(context, Hardware(context), answers),
                self._cms(),
                pusher,
                folder,
            )
            for lane in Lane
        }
        runs = {
            Task.STREAM: self._stream.run,
            Task.WITNESS: self._witness.run,
            Task.POLLER: self._poller.run,
            Task.FORWARDER: self._forwarder.run,
            Task.UPLOADER: self._uploader.run,
            Task.QUICK: self._lanes[Lane.QUICK].run,
            Task.FILES: self._lanes[Lane.FILES].run,
            Task.HEALTH: Watch(context, link, self._cms()).run,
        }
        if pusher is not None:
            runs[Task.PUSH] = pusher.run
        self._runners = [Runner(context, task, run) for task, run in runs.items()]

    def _cms(self) -> Cms:
        return Cms(self.context, self._link)

    def _store(self, path: Path | None) -> Store:
        store = Store(path)
        self._stores.append(store)
        return store

    # -- living -----------------------------------------------------------------------------------

    def start(self) -> None:
        for runner in self._runners:
            runner.start()

    def once(self) -> bool:
        """Version, state, the command that comes back, and whatever waits; whether the round went well."""
        is_well = self._poller.once()
        while self._witness.look():
            pass
        for lane in self._lanes.values():
            while lane.step():
                pass
        while self._forwarder.step() is Outcome.DONE:
            pass
        while self._uploader.step():
            pass
        return is_well and not self.context.stop.is_set()

    def join(self, seconds: float) -> list[Task]:
        """Those tasks that have not ended by then."""
        deadline = time.monotonic() + seconds
        return [runner.task for runner in self._runners if not runner.join(deadline - time.monotonic())]

    def close(self) -> None:
        for store in self._stores:
            store.close()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    # -- how it is --------------------------------------------------------------------------------

    @property
    def faults(self) -> int:
        """How often a task failed and began anew."""
        return sum(runner.faults for runner in self._runners)

    def status(self) -> ChargerStatus:
        events, size = self._spool.depth
        return {
            "name": self.context.label,
            "is_alive": all(runner.is_alive for runner in self._runners),
            "connections": {
                "hardware": self._poller.hardware_word,
                "events": self._stream.connection.word,
                "cms": self._link.word,
                "push": self._pusher.connection.word if self._pusher else "off",
            },
            "spool_events": events,
            "spool_bytes": size,
            "dropped_events": sum(self._spool.lost.values()),
            "last_poll": moment(self.context.last_poll),
            "last_event": moment(self.context.last_event),
        }
