-- Run once per PostgreSQL server by its administrator, in any database, before 2_database.sql.
-- May be run again: what exists already stays as it is.
--
-- Makes `kimochi_owner`, which owns the database and everything in it and is what the `migrate`
-- function connects as. It may create roles, because the migrations make one role per kind of
-- function. It has no password: on RDS it signs in with an IAM token, locally over a socket that
-- only the developer can open.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kimochi_owner') THEN
        CREATE ROLE kimochi_owner LOGIN CREATEROLE;
    END IF;

    -- RDS has this role; who is a member signs in with an IAM token. The migrations pass it on.
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
        GRANT rds_iam TO kimochi_owner WITH ADMIN OPTION;
    END IF;

    -- An administrator who is no superuser (RDS) can give a database only to a role it belongs to.
    EXECUTE format('GRANT kimochi_owner TO %I', current_user);
END
$$;
