-- The three roles of the product, and the extensions its constraints need.
--
-- Run once by a database administrator, connected to the product's own, still empty database:
--     psql --set ON_ERROR_STOP=1 --dbname fieldstone --file roles.sql
-- Then give each role its password (\password fieldstone_owner ...). The embedded server runs this same file.
-- It may be run again. Blank lines end a statement for the embedded server: none inside one.

DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['fieldstone_owner', 'fieldstone_app', 'fieldstone_partner'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOCREATEDB NOCREATEROLE', role_name);
    END IF;
  END LOOP;
  -- An administrator who is no superuser (a managed database) may hand the database only to a role it belongs to.
  IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT fieldstone_owner TO %I', current_user);
  END IF;
  EXECUTE format('ALTER DATABASE %I OWNER TO fieldstone_owner', current_database());
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  -- Imports of the office go through temporary tables; a partner needs none.
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO fieldstone_app', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO fieldstone_partner', current_database());
END
$$;

-- Every connection asks for these limits itself, but a pooler does not hand that on: so the roles carry them too.
ALTER ROLE fieldstone_app SET statement_timeout = '10s';
ALTER ROLE fieldstone_app SET lock_timeout = '3s';
ALTER ROLE fieldstone_app SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE fieldstone_app SET timezone = 'UTC';
ALTER ROLE fieldstone_app SET jit = 'off';
ALTER ROLE fieldstone_partner SET statement_timeout = '10s';
ALTER ROLE fieldstone_partner SET lock_timeout = '3s';
ALTER ROLE fieldstone_partner SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE fieldstone_partner SET timezone = 'UTC';
ALTER ROLE fieldstone_partner SET jit = 'off';

REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE EXTENSION IF NOT EXISTS pg_trgm;
