/** A package of {@link debianImage}: its files, all executable, and what else it says of itself. */
export interface DebianPackage {
  readonly version: string
  readonly files: Readonly<Record<string, string>>
  readonly depends?: string | undefined
}

/** Options of {@link debianImage}. */
export interface DebianImageOptions {
  readonly osRelease?: string | undefined
  readonly packages?: Readonly<Record<string, DebianPackage>> | undefined
  /** Replaces the package database's text. */
  readonly status?: string | undefined
  readonly platform?: string | undefined
  /** Content of `/app/data`, to tell images apart. */
  readonly data?: string | undefined
}

/** `hello` is what the entry point runs; nothing uses `leftover`. */
export const usualPackages: Readonly<Record<string, DebianPackage>> = {
  'base-files': { version: '12.4', files: { '/usr/share/base-files/profile': 'umask 022\n' } },
  dash: { version: '0.5.12-2', files: { '/usr/bin/dash': 'stands for a shell' } },
  hello: { version: '2.10-3', files: { '/usr/bin/hello': '#!/bin/sh\necho hello\n' } },
  leftover: { version: '1.0-1', files: { '/usr/bin/leftover': 'nothing runs this. '.repeat(200) } },
}

const debian12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'

/** Describes a small Debian-like image of three layers (base, packages, app), for the testkit's `createImage`. */
export function debianImage({
  osRelease = debian12,
  packages = usualPackages,
  status = Object.entries(packages).map(toStanza).join('\n'),
  platform = 'linux/amd64',
  data = 'data',
}: DebianImageOptions = {}) {
  const executable = (content: string) => ({ content, mode: 0o755 })
  const files = Object.values(packages).flatMap(({ files }) => Object.entries(files))
  const lists = Object.entries(packages).map(([name, { files }]) => [
    `/var/lib/dpkg/info/${name}.list`,
    `/.\n${Object.keys(files).join('\n')}\n`,
  ])
  return {
    platform,
    config: { Entrypoint: ['/app/run.sh'] },
    layers: [
      { files: { '/etc/os-release': osRelease, '/bin': { symlink: 'usr/bin' } } },
      {
        files: {
          ...Object.fromEntries(files.map(([path, content]) => [path, executable(content)])),
          '/usr/bin/sh': { symlink: 'dash' },
          '/var/lib/dpkg/status': status,
          ...Object.fromEntries(lists),
        },
      },
      {
        files: { '/app/run.sh': executable('#!/bin/sh\nexec /usr/bin/hello\n'), '/app/data': data },
      },
    ],
  }
}

function toStanza([name, { version, depends }]: readonly [string, DebianPackage]): string {
  return [
    `Package: ${name}`,
    'Status: install ok installed',
    'Architecture: amd64',
    `Version: ${version}`,
    ...(depends ? [`Depends: ${depends}`] : []),
    'Maintainer: Nobody <nobody@example.org>',
    `Description: ${name} of a test`,
    '',
  ].join('\n')
}

/** An advisory in OSV form about one Debian package, of critical severity and with a fix. */
export function criticalAdvisory(id: string, name: string, fixed = '99') {
  return {
    schema_version: '1.7.0',
    id,
    modified: '2026-11-24T00:00:00Z',
    published: '2026-11-01T00:00:00Z',
    summary: `a flaw of ${name}`,
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
    affected: [
      {
        package: { ecosystem: 'Debian:12', name },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
      },
    ],
  }
}
