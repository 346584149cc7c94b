from django.db import migrations

TAKEN_AWAY = "DROP INDEX CONCURRENTLY IF EXISTS recipients_recipient_by_id"


class Migration(migrations.Migration):
    """The index for a primary key that does not begin with the account (ADR 25), built while recipients are written."""

    atomic = False
    dependencies = [("recipients", "0012_operators_pages")]

    operations = [
        migrations.RunSQL(
            [
                "SET lock_timeout = 0",  # it waits for transactions that are open, and nobody waits for it meanwhile
                TAKEN_AWAY,  # what a build that was cut short left behind is not valid
                "CREATE UNIQUE INDEX CONCURRENTLY recipients_recipient_by_id ON recipients_recipient (id, account_id)",
                "RESET lock_timeout",
            ],
            TAKEN_AWAY,
        )
    ]
