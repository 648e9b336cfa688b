"""Tokens of all kinds, and what 2.x tells of sessions."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


def tell_apart(apps: Any, editor: Any) -> None:
    """Going back: values were unique, so what stands there with several types gets its type into the value."""
    tokens = apps.get_model("stations", "IdToken").objects
    known = set()
    for token in tokens.order_by("pk").iterator():
        if token.value.lower() in known:
            token.value = f"{token.value} ({token.type} {token.pk})"
            token.save(update_fields=["value"])
        known.add(token.value.lower())


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0018_display_messages"),
    ]

    operations = [
        migrations.AddField("idtokengroup", "master", models.BooleanField(default=False, help_text="Master pass: its tokens may stop any session, and start none (2.x).")),
        migrations.AlterField("idtoken", "type", models.CharField(blank=True, help_text="2.x: ISO14443, eMAID, KeyCode, …; empty: any.", max_length=32)),
        migrations.AddField("idtoken", "additional_info", models.JSONField(blank=True, default=list, help_text="What has to be shown along with it (2.x): additionalIdToken and type each.")),
        migrations.AddField("idtoken", "evses", models.JSONField(blank=True, default=list, help_text="Numbers of the EVSEs where it may charge, at each station; none: all.")),
        migrations.AddField("idtoken", "priority", models.SmallIntegerField(blank=True, help_text="chargingPriority of 2.x, from -9 to 9.", null=True)),
        migrations.AddField("idtoken", "language1", models.CharField(blank=True, help_text="Of the driver (2.x): de, en-GB, ….", max_length=8)),
        migrations.AddField("idtoken", "language2", models.CharField(blank=True, help_text="The driver's second choice.", max_length=8)),
        migrations.AddField("idtoken", "message", models.CharField(blank=True, help_text="Shown to the driver (2.x personalMessage).", max_length=512)),
        migrations.AddField("idtoken", "limits", models.JSONField(blank=True, default=dict, help_text="Of each session (2.1 transactionLimit): maxCost, maxEnergy, maxTime, maxSoC.")),
        migrations.RunPython(migrations.RunPython.noop, tell_apart),
        migrations.RemoveConstraint("idtoken", "id_token_once_in_any_case"),
        migrations.AddConstraint("idtoken", models.UniqueConstraint(django.db.models.functions.text.Lower("value"), django.db.models.functions.text.Lower("type"), name="id_token_once_a_type")),
        migrations.AddField("transaction", "remote_start_number", models.BigIntegerField(blank=True, help_text="remoteStartId", null=True)),
        migrations.AddField("transaction", "remote_start", models.ForeignKey(blank=True, help_text="The command that began it.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="stations.command")),
        migrations.AddField("transaction", "charging_seconds", models.PositiveIntegerField(blank=True, help_text="timeSpentCharging", null=True)),
        migrations.AddField("transaction", "phases_used", models.PositiveIntegerField(blank=True, help_text="numberOfPhasesUsed", null=True)),
        migrations.AddField("transaction", "cable_max_current_a", models.PositiveIntegerField(blank=True, help_text="cableMaxCurrent", null=True)),
        migrations.AddField("transaction", "operation_mode", models.CharField(blank=True, help_text="operationMode (2.1)", max_length=32)),
        migrations.AddField("transaction", "tariff", models.CharField(blank=True, help_text="tariffId (2.1)", max_length=60)),
        migrations.AddField("transaction", "limits", models.JSONField(blank=True, default=dict, help_text="transactionLimit (2.1), as the station has it.")),
        migrations.AddField("transaction", "wanted_limits", models.JSONField(blank=True, default=dict, help_text="The same, as an operator wants it.")),
        migrations.AddField("transaction", "missing_events", models.PositiveIntegerField(default=0, help_text="Of which the sequence shows that there were.")),
        migrations.AddField("transactionevent", "charging_state", models.CharField(blank=True, max_length=32)),
        migrations.AddField("transactionevent", "details", models.JSONField(blank=True, default=dict)),
        migrations.AddField("reservation", "connector_type", models.CharField(blank=True, help_text="2.x: cCCS2, sType2, …; empty: any.", max_length=20)),
        migrations.AddField("locallist", "ocpp_version", models.CharField(default="1.6", help_text="In whose words they are.", max_length=8, verbose_name="OCPP version")),
    ]
