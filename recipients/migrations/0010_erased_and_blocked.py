from django.db import migrations, models


class Migration(migrations.Migration):
    """Who was blocked when they were erased stays blocked, though their entry on the block list is gone."""

    dependencies = [("recipients", "0009_row_level_security_of_removals")]

    operations = [
        migrations.AddField(
            model_name="erasedaddress",
            name="blocked",
            field=models.BooleanField(default=False),
        ),
    ]
