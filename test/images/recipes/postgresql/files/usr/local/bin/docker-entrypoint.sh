#!/usr/bin/env bash
# Makes a database in an empty data directory, runs what lies in /docker-entrypoint-initdb.d, then starts the server.
set -Eeuo pipefail

log() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}

# The value of NAME, or the content of the file that NAME_FILE names.
file_env() {
	local name="$1" fallback="${2:-}" file
	file="${name}_FILE"
	if [ "${!name:-}" ] && [ "${!file:-}" ]; then
		log "$name and $file exclude each other"
		exit 1
	fi
	local value="$fallback"
	if [ "${!name:-}" ]; then
		value="${!name}"
	elif [ "${!file:-}" ]; then
		value="$(cat "${!file}")"
	fi
	export "$name"="$value"
}

make_directories() {
	mkdir -p "$PGDATA" /var/run/postgresql
	chmod 00700 "$PGDATA" || :
	chmod 03775 /var/run/postgresql || :
	if [ "$(id -u)" = '0' ]; then
		find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
		find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
	fi
}

make_database() {
	file_env POSTGRES_PASSWORD
	file_env POSTGRES_USER postgres
	file_env POSTGRES_DB "$POSTGRES_USER"
	initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
		--auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >&2
	{
		printf '\n# TLS, with the certificate that was made for this image.\n'
		printf 'ssl = on\nssl_cert_file = %s\nssl_key_file = %s\n' "'$TLS_DIRECTORY/server.crt'" "'$TLS_DIRECTORY/server.key'"
	} >>"$PGDATA/postgresql.conf"
	pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432" -w start >&2
	if [ "$POSTGRES_DB" != 'postgres' ]; then
		psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$POSTGRES_USER" -d postgres -c "CREATE DATABASE \"$POSTGRES_DB\"" >&2
	fi
	local file
	for file in /docker-entrypoint-initdb.d/*; do
		case "$file" in
			*.sh) log "running $file"; . "$file" ;;
			*.sql) log "running $file"; psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f "$file" >&2 ;;
			*.sql.gz) log "running $file"; gunzip -c "$file" | psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$POSTGRES_USER" -d "$POSTGRES_DB" >&2 ;;
			*) log "ignoring $file" ;;
		esac
	done
	pg_ctl -D "$PGDATA" -m fast -w stop >&2
}

if [ "${1:0:1}" = '-' ]; then
	set -- postgres "$@"
fi
if [ "$1" = 'postgres' ]; then
	make_directories
	if [ "$(id -u)" = '0' ]; then
		exec gosu postgres "$BASH_SOURCE" "$@"
	fi
	if [ ! -s "$PGDATA/PG_VERSION" ]; then
		make_database
	fi
fi
exec "$@"
