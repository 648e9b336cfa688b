from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0021_payments'),
    ]

    operations = [
        migrations.AddField(
            model_name='idtoken',
            name='energy_transfer',
            field=models.JSONField(blank=True, default=list, help_text='In which ways its sessions may transfer energy (2.1): AC_BPT, DC, …; none: nothing is said of it.'),
        ),
        migrations.AlterField(
            model_name='chargingneeds',
            name='result',
            field=models.CharField(help_text='The answer: Accepted, Processing, Rejected or NoChargingProfile.', max_length=32),
        ),
    ]
