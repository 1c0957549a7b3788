import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildElf, elfBase } from '../elf/elf.fixture.ts'
import { hardenImage } from '../harden-image.ts'
import type { HardenImageOptions } from '../harden-options.ts'
import { checkInvariants } from '../invariants/check-invariants.ts'
import { debianImage, type DescribedDebian, executable, libraries, program } from './debian-image.fixture.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'breakages-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

interface Breakage extends DescribedDebian {
  readonly options?: Pick<HardenImageOptions, 'commands'>
  /** Paths that must lead to a file or folder. */
  readonly stays: readonly string[]
}

/** The end of a zip archive, without an entry. */
const emptyJar = Buffer.concat([Buffer.from('PK\u0005\u0006'), Buffer.alloc(18)])
const java = '/usr/lib/jvm/java-17-openjdk-amd64'
const python = {
  python3: { files: { '/usr/bin/python3': program(), '/usr/lib/python3.11/os.py': 'import stat\n' } },
}

/** A program of Go that starts others: its texts have no end, and what uses them has their places and lengths. */
function goProgram(words: readonly string[]): Buffer {
  const file = buildElf({
    data: `\xff Go buildinf:os/exec.(*Cmd).Start#${words.join('')}#${'\0'.repeat(16 * words.length + 8)}`,
  })
  const start = Math.ceil((file.lastIndexOf('#') + 1) / 8) * 8
  for (const [index, word] of words.entries()) {
    file.writeBigUInt64LE(BigInt(elfBase + file.indexOf(word)), start + 16 * index)
    file.writeBigUInt64LE(BigInt(word.length), start + 16 * index + 8)
  }
  return file
}

const breakages: readonly (readonly [issue: string, trap: string, image: Breakage])[] = [
  [
    'slim#142',
    'a virtual machine finds its libraries by its own path',
    {
      packages: {
        jre: {
          files: { [`${java}/bin/java`]: program({ needed: ['libjli.so'], runpath: '$ORIGIN/../lib' }) },
        },
        'jre-lib': {
          files: {
            [`${java}/lib/libjli.so`]: buildElf(),
            [`${java}/lib/libjava.so`]: buildElf(),
            [`${java}/lib/server/libjvm.so`]: buildElf({ needed: ['libstdc++.so.6'] }),
          },
        },
        'libstdc++6': { files: { [`${libraries}/libstdc++.so.6`]: buildElf() } },
      },
      unowned: { '/app.jar': emptyJar },
      config: { Entrypoint: [`${java}/bin/java`, '-jar', '/app.jar'] },
      stays: [`${java}/lib/libjava.so`, `${java}/lib/server/libjvm.so`, `${libraries}/libstdc++.so.6`],
    },
  ],
  [
    'slim#80',
    'a folder of plugins of an old virtual machine is one whole',
    {
      packages: {
        jre8: { files: { '/usr/lib/jvm/java-1.8-openjdk/jre/bin/java': program() } },
        'jre8-lib': { files: { '/usr/lib/jvm/java-1.8-openjdk/jre/lib/amd64/libzip.so': buildElf() } },
      },
      unowned: { '/usr/bin/java': { symlink: '../lib/jvm/java-1.8-openjdk/jre/bin/java' } },
      config: { Cmd: ['java', 'Main'] },
      stays: ['/usr/lib/jvm/java-1.8-openjdk/jre/lib/amd64/libzip.so'],
    },
  ],
  [
    'slim#101',
    'a Python distribution has data that is no code',
    {
      packages: {
        ...python,
        'python3-certifi': {
          files: {
            '/usr/lib/python3/dist-packages/certifi/__init__.py': 'from .core import where\n',
            '/usr/lib/python3/dist-packages/certifi/cacert.pem': 'certificates',
          },
        },
      },
      unowned: { '/app/main.py': 'import certifi\n' },
      config: { Entrypoint: ['python3', '/app/main.py'] },
      stays: ['/usr/lib/python3/dist-packages/certifi/cacert.pem'],
    },
  ],
  [
    'slim#234',
    'certificates that only the first call outside needs, and modules that a path not taken reads',
    {
      packages: {
        curl: { files: { '/usr/bin/curl': program() } },
        'ca-certificates': { files: { '/usr/share/ca-certificates/root.crt': 'root' } },
      },
      unowned: {
        '/etc/ssl/certs/ca-certificates.crt': 'root',
        '/etc/ssl/certs/root.pem': { symlink: '/usr/share/ca-certificates/root.crt' },
        '/opt/jboss/modules/system/module.xml': '<module/>',
      },
      config: { Entrypoint: ['curl'] },
      stays: [
        '/etc/ssl/certs/ca-certificates.crt',
        '/etc/ssl/certs/root.pem',
        '/opt/jboss/modules/system/module.xml',
      ],
    },
  ],
  [
    'slim#267',
    'a script of the entry point runs a command in a branch',
    {
      packages: {
        coreutils: { files: { '/usr/bin/chown': program(), '/usr/bin/id': program() } },
        apache2: { files: { '/usr/sbin/apache2': program() } },
      },
      unowned: {
        '/entrypoint.sh': executable(
          '#!/bin/sh\nif [ "$(id -u)" = 0 ]; then\n  chown -R www-data .\nfi\nexec "$@"\n',
        ),
      },
      config: { Entrypoint: ['/entrypoint.sh'], Cmd: ['apache2'] },
      stays: ['/usr/bin/chown', '/usr/bin/id', '/usr/sbin/apache2'],
    },
  ],
  [
    'slim#647',
    'only the health check runs a command',
    {
      packages: {
        server: { files: { '/usr/sbin/server': program() } },
        netcat: { files: { '/usr/bin/nc': program() } },
      },
      config: {
        Entrypoint: ['/usr/sbin/server'],
        Healthcheck: { Test: ['CMD-SHELL', 'nc -z localhost 80 || exit 1'] },
      },
      stays: ['/usr/bin/nc', '/bin/sh'],
    },
  ],
  [
    'slim#26',
    'owners, modes and the sticky bit are not the default ones',
    {
      packages: {
        server: {
          files: {
            '/usr/sbin/server': { content: buildElf(), mode: 0o4755, uid: 33, gid: 33 },
            '/var/www/index.html': { content: 'x', mode: 0o640, uid: 33, gid: 33, mtime: 1234 },
          },
        },
      },
      unowned: { '/var/tmp': { directory: true, mode: 0o1777, gid: 5 } },
      config: { Entrypoint: ['/usr/sbin/server', '/var/www'], User: 'www-data' },
      stays: ['/tmp', '/var/tmp', '/var/www/index.html'],
    },
  ],
  [
    'slim#475',
    'links to folders, and folders that are empty',
    {
      packages: {
        apache2: { files: { '/usr/sbin/apache2': program({ imports: ['system'] }) }, lists: ['/var/www'] },
      },
      unowned: {
        '/var/lock': { symlink: '/run/lock' },
        '/run/lock': { directory: true, mode: 0o1777 },
        '/var/www': { directory: true, mode: 0o755 },
      },
      config: { Entrypoint: ['apache2'] },
      stays: ['/var/lock', '/run/lock', '/var/www', '/bin/sh', '/lib/x86_64-linux-gnu/libc.so.6'],
    },
  ],
  [
    'rapidfort#613',
    'a script reads in another one, from a folder that a variable names',
    {
      packages: {
        cassandra: {
          files: {
            '/usr/sbin/cassandra': executable(
              '#!/bin/sh\n. "$CASSANDRA_CONF/cassandra-env.sh"\nexec java $JVM_OPTS\n',
            ),
          },
        },
        'cassandra-conf': { files: { '/etc/cassandra/cassandra-env.sh': 'JVM_OPTS=-Xmx1g\n' } },
      },
      config: {
        Entrypoint: ['cassandra'],
        Env: ['PATH=/usr/sbin:/usr/bin', 'CASSANDRA_CONF=/etc/cassandra'],
      },
      stays: ['/etc/cassandra/cassandra-env.sh', '/bin/sh'],
    },
  ],
  [
    'distroless#150',
    'the standard library of Python starts ldconfig',
    {
      packages: {
        ...python,
        'python3-lib': {
          files: {
            '/usr/lib/python3.11/ctypes/__init__.py': 'import os\n',
            '/usr/lib/python3.11/ctypes/util.py':
              "import subprocess\ndef find():\n  subprocess.Popen(['/sbin/ldconfig', '-p'])\n",
          },
        },
        'ldconfig-tools': { files: { '/usr/sbin/ldconfig': program() } },
      },
      unowned: { '/etc/ld.so.cache': 'index', '/app/main.py': 'import ctypes.util\n' },
      config: { Entrypoint: ['python3', '/app/main.py'] },
      stays: ['/sbin/ldconfig', '/etc/ld.so.cache'],
    },
  ],
  [
    'distroless#162',
    'a Go program with C++ in it needs its library',
    {
      packages: { 'libstdc++6': { files: { [`${libraries}/libstdc++.so.6`]: buildElf() } } },
      unowned: { '/app': program({ needed: ['libstdc++.so.6'], data: 'Go build ID: "x"' }) },
      config: { Entrypoint: ['/app'] },
      stays: [`${libraries}/libstdc++.so.6`],
    },
  ],
  [
    'chisel-releases#171',
    'the link to the folder of the dynamic linker',
    {
      packages: { server: { files: { '/usr/sbin/server': program() } } },
      config: { Entrypoint: ['/usr/sbin/server'] },
      stays: ['/lib64/ld-linux-x86-64.so.2', '/lib/x86_64-linux-gnu/libc.so.6', '/bin', '/sbin'],
    },
  ],
  [
    'linkerd2#6723, llm-d-router#2960, vast-csi#24',
    'a hook that stops the container runs a shell',
    {
      packages: { coreutils: { files: { '/usr/bin/sleep': program() } } },
      unowned: { '/app': executable(buildElf()) },
      config: { Entrypoint: ['/app'] },
      options: { commands: [['/bin/sh', '-c', 'sleep 20']] },
      stays: ['/bin/sh', '/bin/sleep'],
    },
  ],
  [
    'prometheus-operator#8605',
    'a probe runs a shell and curl',
    {
      packages: {
        curl: { files: { '/usr/bin/curl': program({ needed: ['libcurl.so.4'] }) } },
        libcurl4: { files: { [`${libraries}/libcurl.so.4`]: buildElf() } },
      },
      unowned: { '/app': executable(buildElf()) },
      config: { Entrypoint: ['/app'] },
      options: {
        commands: [['sh', '-c', 'if [ -x "$(command -v curl)" ]; then exec curl --fail localhost; fi']],
      },
      stays: ['/bin/sh', '/bin/curl', `${libraries}/libcurl.so.4`],
    },
  ],
  [
    'docker-hardened-images/catalog#523, #301',
    'a program starts others by bare names, on a path that is rarely taken',
    {
      packages: {
        driver: { files: { '/usr/bin/driver': executable(goProgram(['blockdev', 'cryptsetup'])) } },
        'util-linux': { files: { '/usr/sbin/blockdev': program() } },
        'cryptsetup-bin': { files: { '/usr/sbin/cryptsetup': program() } },
      },
      config: { Entrypoint: ['driver'] },
      stays: ['/sbin/blockdev', '/sbin/cryptsetup'],
    },
  ],
  [
    'docker-hardened-images/catalog#523, in C',
    'a program looks commands up, with and without the dynamic linker',
    {
      packages: {
        driver: {
          files: {
            '/usr/bin/driver': program({ imports: ['execvp'], data: 'blockdev\0--getsize64\0' }),
            '/usr/bin/helper': executable(buildElf({ data: 'PATH\0cryptsetup\0' })),
          },
        },
        'util-linux': { files: { '/usr/sbin/blockdev': program() } },
        'cryptsetup-bin': { files: { '/usr/sbin/cryptsetup': program() } },
      },
      config: { Entrypoint: ['driver', '/usr/bin/helper'] },
      stays: ['/sbin/blockdev', '/sbin/cryptsetup'],
    },
  ],
  [
    'docker-library/openjdk#360',
    'certificates of Java are a link out of its package',
    {
      packages: {
        jre: {
          files: {
            [`${java}/bin/java`]: program(),
            [`${java}/lib/security/cacerts`]: { symlink: '/etc/java-trust/cacerts' },
          },
        },
        'java-trust': { files: { '/etc/java-trust/cacerts': 'JKS' } },
      },
      config: { Entrypoint: [`${java}/bin/java`] },
      stays: [`${java}/lib/security/cacerts`, '/etc/java-trust/cacerts'],
    },
  ],
  [
    'OSInside/kiwi#798',
    'names are looked up by a module that a configuration names',
    {
      packages: {
        server: { files: { '/usr/sbin/server': program() } },
        'resolver-modules': { files: { [`${libraries}/libnss_dns.so.2`]: buildElf() } },
      },
      unowned: { '/etc/nsswitch.conf': 'passwd: files\nhosts: files dns\n' },
      config: { Entrypoint: ['/usr/sbin/server', '/etc/nsswitch.conf'] },
      stays: [`${libraries}/libnss_dns.so.2`, '/etc/nsswitch.conf'],
    },
  ],
  [
    'slim#46, slim#459',
    'programs of another machine, which can not be run here, and no shell',
    {
      packages: {
        server: {
          files: { '/usr/sbin/server': executable(buildElf({ machine: 183, needed: ['libarm.so.1'] })) },
        },
        libarm1: { files: { '/usr/lib/aarch64-linux-gnu/libarm.so.1': buildElf({ machine: 183 }) } },
      },
      config: { Entrypoint: ['/usr/sbin/server'] },
      platform: 'linux/arm64',
      stays: ['/usr/sbin/server', '/usr/lib/aarch64-linux-gnu/libarm.so.1'],
    },
  ],
]

describe('what slimming broke elsewhere', () => {
  describe.each(['closed', 'relaxed'] as const)('%s', (mode) => {
    it.each(breakages)('%s: %s', async (_issue, _trap, { options, stays, ...described }) => {
      const source = debianImage(described)
      await using image = await openImage(source, source.raw, { directory })
      const inventory = await createInventory(image)
      const { image: after, ...result } = await hardenImage(image, inventory, {
        ...options,
        mode,
        directory,
        smoke: { elsewhere: 'the laws of this test' },
      })
      await using _after = after
      expect(result.report.unchangedBecause).toBeUndefined()
      expect(stays.filter((path) => image.tree.resolve(path) === undefined)).toEqual([])
      expect(stays.filter((path) => after!.tree.resolve(path) === undefined)).toEqual([])
      expect(result.report.removed.map(({ name }) => name)).toContain('unused')
      expect(after!.tree.get('/usr/bin/unused')).toBeUndefined()
      expect(after!.config.config).toEqual(image.config.config)
      for (const node of after!.tree.entries()) {
        const { mode: bits, uid, gid, mtime } = node
        expect({ path: node.path, bits, uid, gid, mtime }).toEqual({
          path: node.path,
          bits: image.tree.get(node.path)!.mode,
          uid: image.tree.get(node.path)!.uid,
          gid: image.tree.get(node.path)!.gid,
          mtime: image.tree.get(node.path)!.mtime,
        })
      }
      const { laws } = await checkInvariants(
        { image, inventory },
        { image: after!, inventory: result.inventory! },
        { ...result.report, ...options },
      )
      expect(laws.filter(({ holds }) => !holds)).toEqual([])
    })
  })

  it('slim#315: an init system is refused, or what its units start stays', async () => {
    const source = debianImage({
      packages: {
        systemd: { files: { '/usr/lib/systemd/systemd': program() } },
        service: {
          files: {
            '/usr/sbin/serviced': program(),
            '/usr/lib/systemd/system/service.service': '[Service]\nExecStart=/usr/sbin/serviced -n\n',
          },
        },
      },
      unowned: {
        '/sbin/init': { symlink: '../lib/systemd/systemd' },
        '/etc/systemd/system/multi-user.target.wants/service.service': {
          symlink: '/usr/lib/systemd/system/service.service',
        },
      },
      config: { Entrypoint: ['/sbin/init'] },
    })
    await using image = await openImage(source, source.raw, { directory })
    const { report, image: after } = await hardenImage(image, await createInventory(image), { directory })
    await using _after = after
    expect(report.removed.map(({ name }) => name)).not.toContain('service')
    if (!after) expect(report.unchangedBecause).toMatch(/can't be known|systemd|init/)
  })

  it('slim#409, trivy#355: scanners see exactly what stayed', async () => {
    const source = debianImage({
      packages: { server: { files: { '/usr/sbin/server': program() }, fields: 'Depends: libc6\n' } },
      config: { Entrypoint: ['/usr/sbin/server'] },
    })
    await using image = await openImage(source, source.raw, { directory })
    const inventory = await createInventory(image)
    const { report, image: after } = await hardenImage(image, inventory, { directory })
    await using _after = after
    const seen = await createInventory(after!)
    const removed = new Set(report.removed.map(({ purl }) => purl))
    const left = inventory.packages.filter(({ purl }) => !removed.has(purl))
    expect(seen.packages.map(({ purl }) => purl)).toEqual(left.map(({ purl }) => purl))
    expect(seen.distro).toEqual(inventory.distro)
    expect(seen.gaps).toEqual(inventory.gaps)
    for (const { name } of left) expect(after!.tree.get(`/var/lib/dpkg/info/${name}.md5sums`)).toBeDefined()
    for (const { name } of report.removed)
      expect(after!.tree.get(`/var/lib/dpkg/info/${name}.md5sums`)).toBeUndefined()
  })
})
