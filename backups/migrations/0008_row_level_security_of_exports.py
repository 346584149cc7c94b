from django.db import migrations

from accounts.row_level_security import protect, tenant_reference


class Migration(migrations.Migration):
    dependencies = [("backups", "0007_exports_and_erasures")]

    operations = [
        protect("backups_export"),
        protect("backups_erasure"),
        tenant_reference("backups_export", "group_id", "recipients_group", on_delete="CASCADE"),
        tenant_reference("backups_export", "backup_id", "backups_backup", on_delete="CASCADE"),
    ]
