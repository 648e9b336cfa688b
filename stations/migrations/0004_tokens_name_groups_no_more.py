from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [('stations', '0003_names_of_groups_become_rows')]

    operations = [migrations.RemoveField(model_name='idtoken', name='group_name')]
