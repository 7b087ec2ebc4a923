-- Run once by the administrator, after 1_owner.sql. One statement and alone in its file, because
-- CREATE DATABASE runs neither in a transaction nor in a block. It fails when the database exists.
--
-- The database holds nothing but きもちみっけ！: its tables live in `public`, which from
-- PostgreSQL 15 on belongs to the database's owner and where nobody else can create anything.

CREATE DATABASE kimochi OWNER kimochi_owner ENCODING 'UTF8' TEMPLATE template0;
