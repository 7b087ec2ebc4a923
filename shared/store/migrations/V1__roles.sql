-- The roles that functions connect as, and a database that is closed to everyone else.
--
--   kimochi_owner   owns every table; only `migrate` connects as it (made by bootstrap/1_owner.sql)
--   kimochi_api     functions that answer a family's requests: sees one family, by row-level security
--   kimochi_worker  functions that work for all families: may do its steps and read no transcript
--
-- Roles belong to the server, not to the database: another database of the same server may have
-- made them already, or be making them at this moment.

DO $$
DECLARE
    role_name text;
BEGIN
    IF current_user <> 'kimochi_owner' THEN
        RAISE EXCEPTION 'migrations run as kimochi_owner, not as %', current_user;
    END IF;

    FOREACH role_name IN ARRAY ARRAY['kimochi_api', 'kimochi_worker'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I LOGIN NOBYPASSRLS', role_name);
                -- A statement or a lock that takes longer is an outage of its own; a transaction
                -- left open by a sandbox that froze or died must not hold its locks.
                EXECUTE format('ALTER ROLE %I SET statement_timeout = ''5s''', role_name);
                EXECUTE format('ALTER ROLE %I SET lock_timeout = ''4s''', role_name);
                EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''10s''', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this server was quicker
            END;
        END IF;

        IF EXISTS (SELECT FROM pg_roles WHERE rolname = role_name AND (rolsuper OR rolbypassrls)) THEN
            RAISE EXCEPTION 'role % exists and is above row-level security', role_name;
        END IF;

        -- On RDS: sign in with IAM tokens.
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam')
            AND NOT pg_has_role(role_name, 'rds_iam', 'MEMBER') THEN
            EXECUTE format('GRANT rds_iam TO %I', role_name);
        END IF;

        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role_name);
    END LOOP;

    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO kimochi_api, kimochi_worker;

-- PostgreSQL lets everyone call a new function; ours are for whom a migration names.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
