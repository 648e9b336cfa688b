import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0017_iso15118'),
    ]

    operations = [
        migrations.AddField(
            model_name='filejob',
            name='checksum',
            field=models.CharField(blank=True, help_text='MD5 of the published file.', max_length=32),
        ),
        migrations.AddField(
            model_name='filejob',
            name='locations',
            field=models.JSONField(blank=True, default=list, help_text='Where other stations find the published file.'),
        ),
        migrations.AddField(
            model_name='filejob',
            name='unpublished_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='filejob',
            name='kind',
            field=models.CharField(choices=[('firmware', 'Firmware'), ('signed_firmware', 'signed firmware'), ('publication', 'firmware that a local controller publishes'), ('diagnostics', 'Diagnostics'), ('log', 'Log')], max_length=15),
        ),
        migrations.AlterField(
            model_name='filejob',
            name='log_type',
            field=models.CharField(blank=True, help_text='DiagnosticsLog, SecurityLog or DataCollectorLog.', max_length=32),
        ),
        migrations.CreateModel(
            name='DisplayMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(help_text='The id of MessageInfoType.')),
                ('priority', models.CharField(help_text='AlwaysFront, InFront or NormalCycle.', max_length=16)),
                ('state', models.CharField(blank=True, help_text='In which the station shows it; empty: in any.', max_length=16)),
                ('starts_at', models.DateTimeField(blank=True, null=True)),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('transaction', models.CharField(blank=True, help_text='The transactionId with whose end it goes.', max_length=36)),
                ('contents', models.JSONField(help_text='[{format, language, content}, …], the first in the usual language.')),
                ('display', models.JSONField(blank=True, help_text='The component that shows it; null: the only one.', null=True)),
                ('told_at', models.DateTimeField(help_text='When the station last confirmed or reported it.')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='display_messages', to='stations.station')),
            ],
            options={
                'ordering': ('station', 'number'),
                'constraints': [models.UniqueConstraint(fields=('station', 'number'), name='display_message_once')],
            },
        ),
    ]
