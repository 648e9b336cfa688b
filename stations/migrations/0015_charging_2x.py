from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0014_monitoring'),
    ]

    operations = [
        migrations.AddField(
            model_name='chargingprofile',
            name='limit_source',
            field=models.CharField(blank=True, help_text='2.x: who set it, by the station: CSO, EMS, SO, Other, …', max_length=20),
        ),
        migrations.CreateModel(
            name='ChargingLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('evse', models.PositiveIntegerField(help_text='0: the station as a whole.')),
                ('source', models.CharField(help_text='CSO, EMS, SO, Other; in 2.1 any text.', max_length=20)),
                ('is_local_generation', models.BooleanField(default=False, help_text='It is added to what may be charged.')),
                ('is_grid_critical', models.BooleanField(blank=True, null=True)),
                ('schedules', models.JSONField(default=list, help_text='As they were sent; none where the station tells no numbers.')),
                ('received_at', models.DateTimeField()),
                ('cleared_at', models.DateTimeField(blank=True, null=True)),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='charging_limits', to='stations.station')),
            ],
            options={
                'ordering': ('station', 'evse', 'source'),
                'constraints': [models.UniqueConstraint(fields=('station', 'evse', 'source', 'is_local_generation'), name='charging_limit_once_a_source')],
            },
        ),
        migrations.CreateModel(
            name='ChargingNeeds',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('evse', models.PositiveIntegerField()),
                ('energy_transfer', models.CharField(help_text='requestedEnergyTransfer', max_length=16)),
                ('departure_at', models.DateTimeField(blank=True, null=True)),
                ('max_periods', models.PositiveIntegerField(blank=True, help_text='maxScheduleTuples', null=True)),
                ('needs', models.JSONField(help_text='chargingNeeds, as it was sent.')),
                ('result', models.CharField(help_text='The answer: Accepted, Rejected or Processing.', max_length=16)),
                ('remark', models.CharField(blank=True, help_text='Why.', max_length=255)),
                ('received_at', models.DateTimeField()),
                ('command', models.ForeignKey(blank=True, help_text='By which the plan was sent.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='stations.command')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='charging_needs', to='stations.station')),
                ('transaction', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='charging_needs', to='stations.transaction')),
            ],
            options={
                'ordering': ('station', 'evse'),
                'constraints': [models.UniqueConstraint(fields=('station', 'evse'), name='charging_needs_once_an_evse')],
            },
        ),
        migrations.CreateModel(
            name='EVSchedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('evse', models.PositiveIntegerField()),
                ('begins_at', models.DateTimeField(help_text='timeBase')),
                ('schedule', models.JSONField(help_text='As it was sent.')),
                ('chosen', models.PositiveIntegerField(blank=True, help_text='The id of the schedule of its charging profile that the vehicle chose.', null=True)),
                ('tolerance_accepted', models.BooleanField(blank=True, null=True)),
                ('received_at', models.DateTimeField()),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ev_schedules', to='stations.station')),
                ('transaction', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ev_schedules', to='stations.transaction')),
            ],
            options={
                'verbose_name': 'EV schedule',
                'ordering': ('station', 'evse'),
                'constraints': [models.UniqueConstraint(fields=('station', 'evse'), name='ev_schedule_once_an_evse')],
            },
        ),
        migrations.CreateModel(
            name='ChargingTerms',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('priority', models.BooleanField(blank=True, help_text='Null: nobody has spoken of it.', null=True)),
                ('priority_by', models.CharField(blank=True, choices=[('server', 'by the server'), ('station', 'at the station')], max_length=7)),
                ('priority_at', models.DateTimeField(blank=True, null=True)),
                ('allowed_energy_transfer', models.JSONField(blank=True, default=list, help_text='Empty: nothing was told.')),
                ('allowed_at', models.DateTimeField(blank=True, null=True)),
                ('transaction', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='charging_terms', to='stations.transaction')),
            ],
            options={
                'verbose_name_plural': 'charging terms',
            },
        ),
    ]
