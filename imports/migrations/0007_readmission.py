from django.db import migrations, models


class Migration(migrations.Migration):
    """Erased people come in again only when the person asks for just that."""

    dependencies = [("imports", "0006_undone_in_account")]

    operations = [
        migrations.AddField(
            model_name="import",
            name="readmit_erased",
            field=models.BooleanField(default=False),
        ),
    ]
