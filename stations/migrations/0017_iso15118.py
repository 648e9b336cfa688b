from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0016_tariffs'),
    ]

    operations = [
        migrations.AddField(
            model_name='certificate',
            name='children',
            field=models.JSONField(blank=True, default=list, help_text='Of a chain for vehicles, its issuers as the station tells them (2.x M03).'),
        ),
        migrations.AddField(
            model_name='certificate',
            name='reminded_at',
            field=models.DateTimeField(blank=True, help_text='When the station was last asked for a newer one.', null=True),
        ),
        migrations.AddField(
            model_name='certificate',
            name='revoked_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='signingrequest',
            name='request',
            field=models.IntegerField(blank=True, help_text="The station's own number for it (2.1 requestId).", null=True),
        ),
        migrations.AddField(
            model_name='signingrequest',
            name='use',
            field=models.CharField(default='ChargingStationCertificate', max_length=40),
        ),
        migrations.CreateModel(
            name='CertificateStatus',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='OCSP or CRL.', max_length=4)),
                ('hash_algorithm', models.CharField(max_length=8)),
                ('issuer_name_hash', models.CharField(max_length=128)),
                ('issuer_key_hash', models.CharField(max_length=128)),
                ('serial_number', models.CharField(max_length=64)),
                ('status', models.CharField(help_text='Good, Revoked or Unknown.', max_length=8)),
                ('verified', models.BooleanField(default=False, help_text='Signed for an issuer that this server trusts.')),
                ('ocsp', models.TextField(blank=True, help_text='The OCSPResponse, DER in base64.')),
                ('responder', models.CharField(blank=True, max_length=2000)),
                ('asked_at', models.DateTimeField()),
                ('next_update', models.DateTimeField(db_index=True)),
            ],
            options={
                'ordering': ('-pk',),
                'constraints': [models.UniqueConstraint(fields=('kind', 'hash_algorithm', 'issuer_name_hash', 'issuer_key_hash', 'serial_number'), name='certificate_status_once')],
            },
        ),
        migrations.CreateModel(
            name='Contract',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('emaid', models.CharField(db_index=True, help_text='The id token of the same value decides.', max_length=255)),
                ('vehicle', models.CharField(db_index=True, help_text="The name in the vehicle's provisioning certificate (PCID).", max_length=64)),
                ('pem', models.TextField(blank=True, help_text='The certificate and its issuers; empty: not asked for yet.')),
                ('serial_number', models.CharField(blank=True, db_index=True, help_text='Hexadecimal.', max_length=64)),
                ('valid_from', models.DateTimeField(blank=True, null=True)),
                ('valid_to', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
    ]
