from django.db import migrations

from accounts.row_level_security import protect, tenant_reference


class Migration(migrations.Migration):
    dependencies = [("backups", "0004_pins_verification_and_drills")]

    operations = [
        protect("backups_restoredrill"),
        tenant_reference("backups_restoredrill", "backup_id", "backups_backup", on_delete="SET NULL (backup_id)"),
    ]
