import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0012_power_with_time'),
    ]

    operations = [
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('inventory', 'inventory'), ('monitoring', 'monitoring'), ('charging_profiles', 'charging_profiles'), ('display_messages', 'display_messages'), ('customer_information', 'customer_information'), ('der_control', 'der_control')], max_length=20)),
                ('request', models.BigIntegerField(help_text='requestId')),
                ('state', models.CharField(choices=[('running', 'Running'), ('complete', 'Complete'), ('incomplete', 'Incomplete'), ('empty', 'there was nothing to report'), ('refused', 'Refused')], default='running', max_length=10)),
                ('result', models.CharField(blank=True, help_text='The answer to the request.', max_length=32)),
                ('parts', models.PositiveIntegerField(default=0, help_text='How many have come.')),
                ('last', models.BigIntegerField(blank=True, help_text='Number of the last part, when it has come.', null=True)),
                ('missing', models.JSONField(blank=True, default=list, help_text='Of an incomplete one: "4", "7-9"; "12-" is all from there on.')),
                ('text', models.TextField(blank=True, help_text='What it tells, where that is a text (customer information).')),
                ('asked_at', models.DateTimeField(blank=True, null=True)),
                ('began_at', models.DateTimeField(blank=True, help_text='When its first part came.', null=True)),
                ('changed_at', models.DateTimeField(help_text='When something of it came last.')),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('command', models.ForeignKey(blank=True, help_text='By which it was asked for.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='stations.command')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='stations.station')),
            ],
            options={
                'ordering': ('-pk',),
                'indexes': [models.Index(fields=['station', 'kind', 'request'], name='report_by_request'), models.Index(fields=['state', 'changed_at'], name='report_by_state')],
            },
        ),
        migrations.CreateModel(
            name='ReportedPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.BigIntegerField(help_text='seqNo; of kinds without it the order of arrival.')),
                ('digest', models.CharField(help_text='By which a part that is sent again is recognised.', max_length=64)),
                ('items', models.JSONField(default=list)),
                ('report', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='received_parts', to='stations.report')),
            ],
            options={
                'indexes': [models.Index(fields=['report', 'digest'], name='part_by_digest')],
                'constraints': [models.UniqueConstraint(fields=('report', 'sequence'), name='part_once_a_report')],
            },
        ),
        migrations.CreateModel(
            name='NetworkProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slot', models.IntegerField(help_text='configurationSlot')),
                ('url', models.CharField(blank=True, help_text='ocppCsmsUrl, without a password.', max_length=2000)),
                ('interface', models.CharField(blank=True, help_text='ocppInterface', max_length=20)),
                ('security_profile', models.IntegerField()),
                ('profile', models.JSONField()),
                ('confirmed_at', models.DateTimeField()),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='network_profiles', to='stations.station')),
            ],
            options={
                'ordering': ('station', 'slot'),
                'constraints': [models.UniqueConstraint(fields=('station', 'slot'), name='network_profile_once_a_slot')],
            },
        ),
        migrations.CreateModel(
            name='VariableTemplate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('vendor', models.CharField(blank=True, help_text='In any case; empty: of every vendor.', max_length=1000)),
                ('model', models.CharField(blank=True, help_text='In any case; empty: every model.', max_length=1000)),
                ('values', models.JSONField(default=list)),
                ('changed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ('name',),
            },
        ),
    ]
