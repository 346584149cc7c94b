from django.db import migrations

from accounts.row_level_security import protect


class Migration(migrations.Migration):
    dependencies = [("recipients", "0008_change_numbers_and_erased_addresses")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE recipients_change_number", "DROP SEQUENCE recipients_change_number"),
        protect("recipients_removal"),
        protect("recipients_erasedaddress"),
    ]
