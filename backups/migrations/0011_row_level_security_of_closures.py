from django.db import migrations

from accounts.row_level_security import protect


class Migration(migrations.Migration):
    dependencies = [("backups", "0010_closing")]

    operations = [protect("backups_closure")]
