from django.db import migrations

from accounts.row_level_security import protect, tenant_reference


class Migration(migrations.Migration):
    dependencies = [("backups", "0001_initial")]

    operations = [
        protect("backups_backup"),
        tenant_reference("backups_backup", "group_id", "recipients_group", on_delete="CASCADE"),
    ]
