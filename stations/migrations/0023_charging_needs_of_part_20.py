from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0022_ways_of_energy_transfer'),
    ]

    operations = [
        migrations.AddField(
            model_name='chargingneeds',
            name='charged_wh',
            field=models.FloatField(blank=True, help_text='What the session had charged when the vehicle told its needs.', null=True),
        ),
    ]
