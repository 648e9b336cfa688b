"""Views of tables that people keep under a name: what is filtered, how it is sorted, which columns are shown."""

from __future__ import annotations

from typing import Any

from smartserver.accounts.models import SavedView
from smartserver.core.batch import Batch
from smartserver.core.errors import BadInput, Conflict, NotFound

MAX_VIEWS = 50
MAX_ADDRESS = 2000


def save_view(batch: Batch, *, user: Any, topic: str, name: str, address: str) -> tuple[SavedView, bool]:
    """Keep an address of a table under a name, in the place of what had this name; and whether it is a new one."""
    if not is_of_table(address, topic):
        reason = f"This is no address of the table {topic}."
        raise BadInput(reason, problems=[{"path": "address", "reason": reason}])
    mine = SavedView.objects.filter(user=user)
    if not mine.filter(topic=topic, name=name).exists() and mine.count() >= MAX_VIEWS:
        raise Conflict(f"Nobody has more than {MAX_VIEWS} views; delete one first.")
    return SavedView.objects.update_or_create(user=user, topic=topic, name=name, defaults={"address": address})


def delete_view(batch: Batch, *, user: Any, view_id: int) -> None:
    """Forget one of a user's own views."""
    gone, _ = SavedView.objects.filter(user=user, pk=view_id).delete()
    if not gone:
        raise NotFound("You have no such view.")


def is_of_table(address: str, topic: str) -> bool:
    """Whether an address is that of a table of this page, and leads nowhere else."""
    path, _, query = address.partition("?")
    return path == f"/{topic}" and "#" not in query and address.isascii() and address.isprintable() and " " not in query
