# Read in by the entry script.
psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$POSTGRES_USER" -d "$POSTGRES_DB" >&2 <<-SQL
	CREATE FUNCTION doors() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM door) || '' doors''; END';
	COPY (SELECT 'written by a hook') TO PROGRAM 'cat >/tmp/hook.txt';
SQL
