#!/bin/bash
# Makes the system tables in an empty data directory, runs what lies in /docker-entrypoint-initdb.d, then starts the server.
set -eo pipefail
shopt -s nullglob

log() {
	echo "$(date --rfc-3339=seconds) [$1] $2" >&2
}

client() {
	mariadb --socket=/run/mysqld/mysqld.sock -u root "$@"
}

make_database() {
	log Note 'making the system tables'
	mariadb-install-db --user=mysql --datadir="$DATADIR" --skip-test-db --auth-root-authentication-method=normal >/dev/null
	mariadbd --user=mysql --skip-networking --socket=/run/mysqld/mysqld.sock &
	local server=$! i
	for i in {120..0}; do
		if client -e 'SELECT 1' >/dev/null 2>&1; then break; fi
		sleep 0.25
	done
	if [ "$i" = 0 ]; then
		log Error 'the server does not start'
		exit 1
	fi
	client <<-SQL
		CREATE DATABASE \`$MARIADB_DATABASE\`;
		CREATE USER '$MARIADB_USER'@'%' IDENTIFIED BY '$MARIADB_PASSWORD';
		GRANT ALL ON \`$MARIADB_DATABASE\`.* TO '$MARIADB_USER'@'%';
	SQL
	local file
	for file in /docker-entrypoint-initdb.d/*; do
		case "$file" in
			*.sh) . "$file" ;;
			*.sql) client "$MARIADB_DATABASE" <"$file" ;;
			*.sql.gz) gunzip -c "$file" | client "$MARIADB_DATABASE" ;;
		esac
	done
	kill -TERM "$server"
	wait "$server"
}

if [ "${1:0:1}" = '-' ]; then
	set -- mariadbd "$@"
fi
if [ "$1" = 'mariadbd' ]; then
	mkdir -p "$DATADIR" /run/mysqld
	if [ "$(id -u)" = '0' ]; then
		find "$DATADIR" /run/mysqld \! -user mysql -exec chown mysql:mysql '{}' +
		exec gosu mysql "${BASH_SOURCE[0]}" "$@"
	fi
	if [ ! -d "$DATADIR/mysql" ]; then
		make_database
	fi
fi
exec "$@"
