"""Push channels: which one counts, whether it lives, and the command that leaves over it.

Each has a generation, which is given out here, so all processes agree on the newest. An open channel carries the
commands instead of the replies to live feeds; one whose process died tells nobody, so it only counts while something
was heard over it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, QuerySet
from django.db.models.functions import Coalesce

from bridge import push
from bridge.cms import language
from bridge.cms.language import NAME
from bridge.cms.models import Charger
from bridge.cms.services import admission, commands
from bridge.wire import RemoteCommand
from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_CHARGERS
from stations.models import Command, Station
from stations.services import messages
from stations.services.equipment.enrolment import NOBODY


class Turn(NamedTuple):
    """What a channel may do now. `current`: it counts; `command`: the one that is on its way."""

    current: bool
    command: RemoteCommand | None = None


def patience() -> timedelta:
    """After so long without a sign of life a channel counts as closed."""
    return timedelta(seconds=2 * push.SILENCE_SECONDS)


def open_channel(batch: Batch, *, station_id: int, now: datetime) -> int:
    """The channel of this charger is about to open. Returns its generation: the highest one counts."""
    charger = admission.note_presence(batch, station_id=station_id, now=now)
    charger.push += 1
    charger.pushed_since = charger.push_heard_at = now
    charger.save(update_fields=("push", "pushed_since", "push_heard_at"))
    messages.note_alive(batch, station_id=station_id)
    return charger.push


def close_channel(batch: Batch, *, station_id: int, generation: int) -> None:
    """A channel is closed. Only the newest one's close counts: now live feeds are answered with the commands."""
    if Charger.objects.filter(station=station_id, push=generation).update(pushed_since=None):
        batch.changed(TOPIC_CHARGERS, station_id)


def close_all(batch: Batch) -> None:
    """The only server process starts: no channel can be open."""
    Charger.objects.exclude(pushed_since=None).update(pushed_since=None)


def close_silent(batch: Batch, *, now: datetime) -> None:
    """Channels over which nothing was heard: their processes have died, and cannot say so."""
    silent = Charger.objects.exclude(pushed_since=None).filter(push_heard_at__lt=now - patience())
    stations = list(silent.values_list("station_id", flat=True))
    silent.update(pushed_since=None)
    for station_id in stations:
        batch.changed(TOPIC_CHARGERS, station_id)


def note_alive(batch: Batch, *, station_id: int, generation: int, now: datetime) -> Turn:
    """Something came over the channel, which is open, even if it was taken for dead."""
    since = Coalesce("pushed_since", now)
    if not _newest(station_id, generation).update(push_heard_at=now, pushed_since=since):
        return Turn(current=False)
    batch.changed(TOPIC_CHARGERS, station_id)
    messages.note_alive(batch, station_id=station_id)
    return Turn(current=True)


def is_open(charger: Charger, now: datetime) -> bool:
    """Whether its channel carries the commands."""
    heard = charger.push_heard_at
    return charger.pushed_since is not None and heard is not None and now - heard <= patience()


def next_command(batch: Batch, *, station_id: int, generation: int, now: datetime) -> Turn:
    """The command that is to be on its way now; when it is already, the same one again."""
    list(Station.objects.select_for_update().filter(pk=station_id))  # whoever opens a channel holds it, too
    if not _newest(station_id, generation).exists():
        return Turn(current=False)
    return Turn(True, commands.next_command(batch, station_id=station_id, ours=True, now=now))


def _newest(station_id: int, generation: int) -> QuerySet[Charger]:
    """The charger, if this is its newest channel, and nobody is about to remove it (`enrolment.lock_out`)."""
    removed = Station.objects.filter(pk=station_id, password_hash=NOBODY)
    return Charger.objects.filter(~Exists(removed), station=station_id, push=generation)


def fits(command: RemoteCommand) -> bool:
    """Whether a command is short enough for a frame (`push.MAX_FRAME`), with room for the frame's other fields."""
    return (
        len(push.Envelope(push.COMMAND, "", 0, push.write_command(command)).encode().encode()) < push.MAX_FRAME - 4096
    )


def too_long_command(station_id: int) -> RemoteCommand | None:
    """The command that is on its way and does not fit into a frame: it goes with a reply to a live feed after all."""
    sent = (
        Command.objects.filter(station=station_id, state=Command.State.SENT, ocpp_version=NAME).order_by("pk").first()
    )
    if sent is None:
        return None
    command = language.remote_command(sent.pk, sent.action, sent.payload)
    return None if fits(command) else command
