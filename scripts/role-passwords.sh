#!/bin/sh
# Give the three roles their passwords, from OWNER_PASSWORD, APP_PASSWORD and PARTNER_PASSWORD; a superuser runs it once.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-fieldstone}" <<'SQL'
\getenv owner OWNER_PASSWORD
\getenv app APP_PASSWORD
\getenv partner PARTNER_PASSWORD
ALTER ROLE fieldstone_owner PASSWORD :'owner';
ALTER ROLE fieldstone_app PASSWORD :'app';
ALTER ROLE fieldstone_partner PASSWORD :'partner';
SQL
