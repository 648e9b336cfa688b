import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0019_sessions_2x'),
    ]

    operations = [
        migrations.CreateModel(
            name='BatterySwap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('request', models.IntegerField(help_text='requestId')),
                ('token_status', models.CharField(blank=True, help_text='The verdict on its token when it began: Accepted, Invalid, …', max_length=32)),
                ('state', models.CharField(choices=[('requested', 'the station was asked to prepare it, and does'), ('refused', 'the station will not'), ('half', 'batteries came in or went out, and not yet the other way'), ('complete', 'Complete'), ('timed_out', 'nobody took the battery that was offered')], max_length=9)),
                ('reason', models.CharField(blank=True, help_text='Why the station refused: NoBatteryAvailable, …', max_length=20)),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('id_token', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='battery_swaps', to='stations.idtoken')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='battery_swaps', to='stations.station')),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
        migrations.CreateModel(
            name='DERAlarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('control_type', models.CharField(max_length=32)),
                ('fault', models.CharField(blank=True, help_text='OverVoltage, UnderFrequency, …', max_length=32)),
                ('ended', models.BooleanField(default=False)),
                ('info', models.CharField(blank=True, max_length=200)),
                ('stamp', models.CharField(blank=True, help_text="The station's time, as sent.", max_length=64)),
                ('occurred_at', models.DateTimeField(blank=True, help_text="By the station's clock.", null=True)),
                ('received_at', models.DateTimeField()),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='der_alarms', to='stations.station')),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
        migrations.CreateModel(
            name='DERControl',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('control_id', models.CharField(max_length=36)),
                ('type', models.CharField(blank=True, help_text='Empty: only its start or end was heard of.', max_length=32)),
                ('is_default', models.BooleanField(default=False, help_text='It holds until another takes its place.')),
                ('priority', models.PositiveIntegerField(default=0, help_text='0 is the highest.')),
                ('start_at', models.DateTimeField(blank=True, null=True)),
                ('duration_s', models.FloatField(blank=True, null=True)),
                ('setting', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('sent', 'sent; whether the station has it is not known'), ('accepted', 'the station has it'), ('active', 'the station said that it has started'), ('superseded', 'another one is in its place'), ('ended', 'its time is over'), ('cleared', 'the station has it no more')], max_length=10)),
                ('supersedes', models.JSONField(default=list, help_text='Ids of the controls that give way to it.')),
                ('started_at', models.DateTimeField(blank=True, help_text="By the station's clock.", null=True)),
                ('ended_at', models.DateTimeField(blank=True, help_text="By the station's clock.", null=True)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='der_controls', to='stations.station')),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
        migrations.CreateModel(
            name='SwappedBattery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('way', models.CharField(choices=[('in', 'put into the station'), ('out', 'taken from it'), ('left', 'offered, and not taken')], max_length=4)),
                ('slot', models.PositiveIntegerField(help_text='evseId')),
                ('serial_number', models.CharField(max_length=50)),
                ('soc', models.FloatField()),
                ('soh', models.FloatField()),
                ('produced_at', models.DateTimeField(blank=True, null=True)),
                ('vendor_info', models.CharField(blank=True, max_length=500)),
                ('received_at', models.DateTimeField()),
                ('swap', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batteries', to='stations.batteryswap')),
            ],
            options={
                'ordering': ('pk',),
            },
        ),
        migrations.AddIndex(
            model_name='batteryswap',
            index=models.Index(fields=['station', 'request'], name='battery_swap_by_request'),
        ),
        migrations.AddIndex(
            model_name='deralarm',
            index=models.Index(fields=['station', 'received_at'], name='der_alarm_by_time'),
        ),
        migrations.AddConstraint(
            model_name='dercontrol',
            constraint=models.UniqueConstraint(fields=('station', 'control_id'), name='der_control_once_a_station'),
        ),
        migrations.AddConstraint(
            model_name='swappedbattery',
            constraint=models.UniqueConstraint(fields=('swap', 'way', 'slot', 'serial_number'), name='swapped_battery_once'),
        ),
    ]
