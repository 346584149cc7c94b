from django.db import migrations

from accounts.row_level_security import tenant_reference


class Migration(migrations.Migration):
    dependencies = [("imports", "0005_restores")]

    operations = [
        tenant_reference("imports_import", "undoes_id", "imports_import", on_delete="SET NULL (undoes_id)"),
    ]
