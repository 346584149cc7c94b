"""Invitations are kept apart by account, and an account that has members keeps an owner, whatever its members do at once.

The trigger locks the account before it looks: of two owners who leave at the same moment the second one sees that the
first is gone. It looks with the rights and the scope of who changes the membership, who sees the whole account then.
"""

from django.db import migrations
from django.db.migrations.operations.special import RunSQL

from accounts.row_level_security import protect

KEEP_AN_OWNER = RunSQL(
    sql="""
    CREATE FUNCTION accounts_membership_keeps_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM accounts_account WHERE id = OLD.account_id FOR NO KEY UPDATE;
        IF EXISTS (SELECT FROM accounts_membership WHERE account_id = OLD.account_id)
            AND NOT EXISTS (SELECT FROM accounts_membership WHERE account_id = OLD.account_id AND role = 'owner')
        THEN
            RAISE check_violation USING
                CONSTRAINT = 'accounts_membership_keeps_an_owner',
                TABLE = 'accounts_membership',
                MESSAGE = 'accounts_membership_keeps_an_owner: the account would have no owner';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER accounts_membership_keeps_an_owner AFTER DELETE OR UPDATE OF role, account_id ON accounts_membership
        FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION accounts_membership_keeps_an_owner();
    """,
    reverse_sql="""
    DROP TRIGGER accounts_membership_keeps_an_owner ON accounts_membership;
    DROP FUNCTION accounts_membership_keeps_an_owner();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_users_of_an_account")]

    operations = [protect("accounts_invitation"), KEEP_AN_OWNER]
