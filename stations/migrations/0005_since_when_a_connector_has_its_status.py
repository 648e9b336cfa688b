from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0004_tokens_name_groups_no_more")]

    operations = [
        migrations.AddField(
            model_name="connector",
            name="status_since",
            field=models.DateTimeField(
                blank=True, help_text="When the server heard of this status for the first time in a row.", null=True
            ),
        ),
    ]
