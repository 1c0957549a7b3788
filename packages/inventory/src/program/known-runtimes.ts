import type { VersionMark } from './read-version-marks.ts'

/** A program that is well known and often installed without any package manager. */
export interface KnownRuntime {
  /** Name of the package, as Syft writes it. */
  readonly name: string
  /** Names of its files. One that ends in `*` begins so. */
  readonly files: readonly string[]
  readonly marks: readonly VersionMark[]
  /** `vendor:product` as the NVD lists it. */
  readonly cpes: readonly string[]
  /** Beginning of the version that the file's name tells: of `libpython3.11.so.1.0` it is `3.11`. */
  readonly versionInName?: RegExp | undefined
}

const number = String.raw`\d{1,4}\.\d{1,4}\.\d{1,4}`
const after = (anchor: string, version: string = number): VersionMark => ({
  anchor,
  pattern: new RegExp(`${anchor.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)}(${version})`),
})

/** redis and valkey write version, build host, time, changes and commit as one text; a release has no commit. */
const redisBuildId: VersionMark = {
  anchor: '00000000\0',
  before: 128,
  pattern: /(?:^|[^\d.])(\d{1,2}\.\d{1,2}\.\d{1,3})(?:[A-Za-z][\w.-]{0,63}-)?1\d{9}\d0{8}\0/,
}

/** The marks that are looked for; the tests show each as it stands in a build. */
export const knownRuntimes: readonly KnownRuntime[] = [
  {
    name: 'node',
    files: ['node', 'nodejs', 'libnode.so*'],
    marks: [after('node.js/v')],
    cpes: ['nodejs:node.js'],
  },
  { name: 'deno', files: ['deno'], marks: [after('Deno/')], cpes: ['deno:deno'] },
  {
    name: 'python',
    files: ['python2.*', 'python3.*', 'libpython*'],
    versionInName: /^(?:lib)?python(\d\.\d{1,2})/,
    // Linkers may keep the version as the end of a folder's name: /opt/pyenv/versions/3.13.0
    marks: ['\x002.7', '\x003.', '/2.7', '/3.'].map((anchor) => ({
      anchor,
      pattern: /^[\0/]((?:2\.7|3\.\d{1,2})\.\d{1,3}(?:(?:a|b|rc)\d{1,2})?)\+?\0/,
    })),
    cpes: ['python:python', 'python_software_foundation:python'],
  },
  {
    name: 'php',
    files: ['php', 'php-cgi', 'php-fpm*', 'php5*', 'php7*', 'php8*', 'libphp*'],
    marks: [after('X-Powered-By: PHP/', String.raw`${number}(?:(?:alpha|beta|RC)\d{1,2})?`)],
    cpes: ['php:php'],
  },
  {
    name: 'ruby',
    files: ['ruby', 'ruby2.*', 'ruby3.*', 'ruby4.*', 'libruby*'],
    marks: [
      {
        anchor: 'ruby ',
        pattern: new RegExp(`ruby (${number}(?:(?:p|preview|rc|dev)\\d{0,5})?) \\(\\d{4}-\\d\\d-\\d\\d`),
      },
    ],
    cpes: ['ruby-lang:ruby'],
  },
  {
    name: 'perl',
    files: ['perl', 'perl5*', 'libperl.so*'],
    marks: [after('/lib/perl5/'), after('/perl5/site_perl/'), after('/local/share/perl/')],
    cpes: ['perl:perl'],
  },
  {
    name: 'nginx',
    files: ['nginx', 'nginx-debug'],
    marks: [after('nginx version: nginx/')],
    cpes: ['f5:nginx', 'nginx:nginx'],
  },
  {
    name: 'httpd',
    files: ['httpd', 'apache2'],
    marks: [after('Apache/')],
    cpes: ['apache:http_server'],
  },
  {
    name: 'lighttpd',
    files: ['lighttpd'],
    marks: [after('lighttpd/')],
    cpes: ['lighttpd:lighttpd'],
  },
  {
    name: 'haproxy',
    files: ['haproxy'],
    marks: [
      {
        anchor: ', released 20',
        before: 64,
        pattern: /version (\d{1,2}\.\d{1,3}(?:\.|-dev|-rc)\d{1,3})[-~+\w.]{0,40}, released 20/,
      },
      after('HA-Proxy version ', String.raw`\d{1,2}\.\d{1,3}\.\d{1,3}`),
      {
        anchor: ' 20',
        before: 48,
        pattern: /(?:^|\0)(\d\.\d{1,2}\.\d{1,3})-[\w~+.-]{1,32} 20\d\d\/\d\d\/\d\d\0/,
      },
    ],
    cpes: ['haproxy:haproxy'],
  },
  {
    name: 'redis',
    files: ['redis-server', 'redis-cli', 'redis-check-rdb', 'redis-check-aof'],
    marks: [redisBuildId, after('Redis version ')],
    cpes: ['redis:redis', 'redislabs:redis'],
  },
  {
    name: 'valkey',
    files: ['valkey-server', 'valkey-cli', 'valkey-check-rdb', 'valkey-check-aof'],
    marks: [redisBuildId],
    cpes: ['lfprojects:valkey', 'linuxfoundation:valkey', 'valkey-io:valkey'],
  },
  {
    name: 'memcached',
    files: ['memcached'],
    marks: [after('memcached ')],
    cpes: ['memcached:memcached'],
  },
  {
    name: 'postgresql',
    files: ['postgres'],
    marks: [
      {
        anchor: 'PostgreSQL ',
        pattern: /PostgreSQL (\d{1,2}(?:\.\d{1,3}){0,2}(?:(?:alpha|beta|rc)\d{1,2})?) (?:\(|on )/,
      },
    ],
    cpes: ['postgresql:postgresql'],
  },
  {
    name: 'mariadb',
    files: ['mariadb', 'mariadbd', 'mysql', 'mysqld'],
    marks: [{ anchor: '-MariaDB', before: 16, pattern: new RegExp(`(?:^|[^\\d.])(${number})-MariaDB`) }],
    cpes: ['mariadb:mariadb'],
  },
  {
    name: 'mysql',
    files: ['mysql', 'mysqld'],
    marks: [{ ...after('/mysql-'), pattern: new RegExp(`/mysql-(${number})/`) }],
    cpes: ['oracle:mysql'],
  },
  {
    name: 'busybox',
    files: ['busybox'],
    marks: [after('BusyBox v')],
    cpes: ['busybox:busybox'],
  },
  {
    name: 'bash',
    files: ['bash'],
    marks: [after('@(#)Bash version ')],
    cpes: ['gnu:bash'],
  },
  {
    name: 'curl',
    files: ['curl', 'libcurl*'],
    marks: [after('libcurl/'), after('curl/')],
    cpes: ['haxx:curl'],
  },
  {
    name: 'openssl',
    files: ['openssl', 'libcrypto*', 'libssl*'],
    marks: [
      {
        anchor: 'OpenSSL ',
        // With its date, so that it is not the name of an interface or of another library.
        pattern:
          /OpenSSL (\d\.\d{1,2}\.\d{1,3}(?:[a-z]{1,2}|-(?:alpha|beta|pre|rc|dev)\d{0,2})?)(?:\+[\w.]{1,16})? {1,2}\d{1,2} [A-Z][a-z]{2} 20\d\d/,
      },
    ],
    cpes: ['openssl:openssl'],
  },
  {
    name: 'rust',
    files: ['libstd-*', 'librustc_driver-*'],
    marks: [{ anchor: 'rustc version ', pattern: new RegExp(`rustc version (${number}) \\([0-9a-f]{9}`) }],
    cpes: ['rust-lang:rust'],
  },
]
