"""Updated events that follow each other and say the same are one row; and events have one index instead of two."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def runs_of_one(apps: Any, editor: Any) -> None:
    """Going back, a run is its first event: the others are left in the message log alone."""
    events = apps.get_model("stations", "TransactionEvent").objects
    events.update(last_sequence=models.F("sequence"), last_stamp=models.F("stamp"))


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0023_charging_needs_of_part_20"),
    ]

    operations = [
        migrations.AlterField(
            "transactionevent",
            "transaction",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="stations.transaction",
            ),
        ),
        migrations.AddField(
            "transactionevent", "last_sequence", models.PositiveIntegerField(default=0), preserve_default=False
        ),
        migrations.AddField(
            "transactionevent", "last_stamp", models.CharField(default="", max_length=64), preserve_default=False
        ),
        migrations.AlterField(
            "transactionevent", "received_at", models.DateTimeField(help_text="When the first one came.")
        ),
        migrations.RunPython(runs_of_one, migrations.RunPython.noop),
    ]
