from django.db import migrations

from accounts.row_level_security import protect, tenant_reference


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial")]

    operations = [
        protect("imports_import"),
        tenant_reference("imports_import", "group_id", "recipients_group", on_delete="CASCADE"),
    ]
