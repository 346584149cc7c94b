from django.db import migrations

from accounts.row_level_security import USER, protect


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        protect(
            "accounts_account",
            account_column="id",
            also_readable=f"""EXISTS (
                SELECT FROM accounts_membership AS m WHERE m.account_id = accounts_account.id AND m.user_id = {USER}
            )""",
        ),
        protect("accounts_membership", also_readable=f"user_id = {USER}"),
        protect("accounts_auditentry"),
    ]
