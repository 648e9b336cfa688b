"""Between two changes of the schema: PostgreSQL does not alter a table in the transaction that wrote its rows."""

from django.db import migrations


def names_to_groups(apps, schema_editor):
    token, group = apps.get_model("stations", "IdToken"), apps.get_model("stations", "IdTokenGroup")
    known = {}
    for row in token.objects.exclude(group_name="").iterator():
        name = row.group_name
        if name.lower() not in known:
            known[name.lower()] = group.objects.create(name=name)
        row.group = known[name.lower()]
        row.save(update_fields=["group"])


def groups_to_names(apps, schema_editor):
    token = apps.get_model("stations", "IdToken")
    for row in token.objects.exclude(group=None).select_related("group").iterator():
        row.group_name = row.group.name
        row.save(update_fields=["group_name"])


class Migration(migrations.Migration):

    dependencies = [('stations', '0002_commands_and_operations')]

    operations = [migrations.RunPython(names_to_groups, groups_to_names)]
