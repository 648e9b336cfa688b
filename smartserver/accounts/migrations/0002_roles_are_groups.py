"""The groups by which people have their roles. A group of that name that is there already is taken as it is."""

from django.db import migrations

NAMES = ("viewer", "operator", "administrator")


def make_groups(apps, schema_editor):
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for name in NAMES:
        groups.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]

    # Backwards the groups stay: they may have had members before.
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
