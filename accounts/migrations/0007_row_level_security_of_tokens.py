from django.db import migrations

from accounts.row_level_security import protect, tenant_reference


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_interface_tokens")]

    operations = [
        protect("accounts_apitoken"),
        protect("accounts_apianswer"),
        tenant_reference("accounts_apianswer", "token_id", "accounts_apitoken", on_delete="CASCADE"),
    ]
