import { mkdir, writeFile } from 'node:fs/promises'
import { createImage, type FileDescription, type GeneratedImage } from '@sallyport/testkit'

interface SamplePackage {
  readonly files: Readonly<Record<string, FileDescription>>
  readonly fields?: string
}

/**
 * A program of x86-64 Linux that prints a line, with no library: what `app` is here, so that the image can be run. It
 * also holds the name of a program that it never starts.
 */
function program(line: string, name: string): Buffer {
  const code = [0xb8, 1, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0x48, 0x8d, 0x35, 16, 0, 0, 0, 0xba, line.length, 0, 0, 0]
  const end = [0x0f, 5, 0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 5]
  const bytes = Buffer.alloc(120)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  bytes.set([2, 0, 62, 0, 1], 16)
  bytes.writeBigUInt64LE(0x400078n, 24) // where it starts
  bytes.writeBigUInt64LE(64n, 32)
  bytes.set([64, 0, 56, 0, 1], 52)
  bytes.set([1, 0, 0, 0, 5], 64) // one part, to be read and run
  bytes.writeBigUInt64LE(0x400000n, 80)
  bytes.writeBigUInt64LE(0x400000n, 88)
  const all = Buffer.concat([bytes, Buffer.from([...code, ...end]), Buffer.from(`${line}\0${name}\0`)])
  all.writeBigUInt64LE(BigInt(all.length), 96)
  all.writeBigUInt64LE(BigInt(all.length), 104)
  all.writeBigUInt64LE(0x1000n, 112)
  return all
}

const executable = (content: string | Uint8Array, mode = 0o755): FileDescription => ({ content, mode })

const packages: Readonly<Record<string, SamplePackage>> = {
  'base-files': {
    files: { '/usr/lib/os-release': 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n' },
  },
  app: {
    files: {
      '/usr/bin/app': executable(program('hello\n', '/usr/bin/convert')),
      '/usr/bin/app-admin': executable(program('admin\n', ''), 0o4755),
      '/usr/share/man/man1/app.1': 'how to use app\n',
    },
    fields: 'Depends: fonts\n',
  },
  fonts: { files: { '/usr/share/fonts/sans.ttf': 'a font' } },
  converter: { files: { '/usr/bin/convert': executable(program('converted\n', '')) } },
  drain: { files: { '/usr/bin/drain': executable(program('drained\n', '')) } },
  leftover: { files: { '/usr/bin/leftover': executable(program('nobody\n', '')) } },
}

function filesOf(described: Readonly<Record<string, SamplePackage>>): Record<string, FileDescription> {
  const files: Record<string, FileDescription> = { '/etc/os-release': { symlink: '../usr/lib/os-release' } }
  const stanzas: string[] = []
  for (const [name, { files: own, fields = '' }] of Object.entries(described)) {
    Object.assign(files, own)
    files[`/var/lib/dpkg/info/${name}.list`] = `${['/.', ...Object.keys(own)].join('\n')}\n`
    stanzas.push(
      `Package: ${name}\nStatus: install ok installed\nMaintainer: Nobody <nobody@example.com>\nArchitecture: amd64\nVersion: 1.0\n${fields}Description: of an example\n`,
    )
  }
  return { ...files, '/var/lib/dpkg/status': stanzas.join('\n') }
}

const config = { Entrypoint: ['/usr/bin/app'] }

/** A small Debian: `app` runs and depends on `fonts`, `drain` is for a hook, nothing uses `leftover`. */
export const sampleImage: GeneratedImage = createImage({ config, layers: [{ files: filesOf(packages) }] })

/** The same as a tool makes it that deletes files and leaves the package database alone. */
export const brokenImage: GeneratedImage = createImage({
  config,
  layers: [{ files: withoutFile(filesOf(packages), '/usr/bin/leftover') }],
})

function withoutFile(files: Readonly<Record<string, FileDescription>>, path: string) {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== path))
}

const advisory = (id: string, name: string, fixed: string) => ({
  schema_version: '1.7.3',
  id,
  modified: '2026-11-24T00:00:00Z',
  summary: `a flaw of ${name}`,
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'Debian:12', name },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
    },
  ],
})

/** One flaw in each package, of which the mirror has a repair of `app` alone. */
export const sampleAdvisories = JSON.stringify([
  advisory('CVE-2026-0001', 'app', '1.1'),
  advisory('CVE-2026-0002', 'fonts', '9'),
  advisory('CVE-2026-0003', 'converter', '9'),
  advisory('CVE-2026-0004', 'leftover', '9'),
])

/** What `strace -f -ttt` writes when the container ran, did all it is for, and was told to end. */
const recording = `\
100 1764160000.000001 execve("/usr/bin/app", ["/usr/bin/app"], 0x7ffd /* 3 vars */) = 0
100 1764160001.000001 openat(AT_FDCWD, "/usr/share/fonts/sans.ttf", O_RDONLY) = 3
101 1764160060.000001 execve("/usr/bin/drain", ["/usr/bin/drain"], 0x7ffd /* 3 vars */) = 0
101 1764163600.000001 write(1, "drained\\n", 8) = 8
101 1764163600.000002 +++ exited with 0 +++
100 1764163600.000003 +++ exited with 0 +++
`

const manifest = `\
apiVersion: apps/v1
kind: Deployment
metadata: { name: app }
spec:
  template:
    spec:
      containers:
        - name: app
          image: registry.example/team/app:1.0
          lifecycle: { preStop: { exec: { command: [/usr/bin/drain, --wait] } } }
        - name: sidecar
          image: registry.example/team/proxy:2.0
          command: [/usr/bin/proxy]
`

/** Writes the files that the guide reads into the working folder. */
export async function writeSamples(): Promise<void> {
  await mkdir('deploy', { recursive: true })
  await writeFile('app.strace', recording)
  await writeFile('deploy/app.yaml', manifest)
}

/** The newer `app` for the mirror: the same files, but for the line that it prints. */
export const newerApp = {
  name: 'app',
  version: '1.1',
  fields: 'Depends: fonts\n',
  files: {
    '/usr/bin/app': program('hello\n', '/usr/bin/convert, version 1.1'),
    '/usr/bin/app-admin': program('admin\n', ''),
    '/usr/share/man/man1/app.1': Buffer.from('how to use app\n'),
  },
}
