"""Indexes for what is asked every few seconds, of tables that grow for years."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0007_local_lists_report_versions_and_next_passwords")]

    operations = [
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("active", True)), fields=["station", "evse"], name="transaction_running"
            ),
        ),
        migrations.RemoveIndex(model_name="transaction", name="transaction_active"),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(fields=["station", "action", "sent_at"], name="command_by_action"),
        ),
    ]
