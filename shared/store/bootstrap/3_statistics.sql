-- Run once by the administrator, after 2_database.sql; may be run again. Lets the weekly report tell which statements take
-- the most time. Without it the report says that it cannot tell.
--
-- The server must have pg_stat_statements loaded (shared_preload_libraries; RDS does that by itself).

\connect kimochi

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') THEN
        RAISE NOTICE 'this server has no pg_stat_statements';
        RETURN;
    END IF;
    CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA public;
    -- The functions of V20__reports.sql run as the owner, and read statements of every role.
    BEGIN
        GRANT pg_read_all_stats TO kimochi_owner;
    EXCEPTION WHEN insufficient_privilege THEN
        GRANT pg_monitor TO kimochi_owner; -- an administrator on RDS may pass on this one only
    END;
END
$$;
