import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage, rewriteImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { analyzeUsage } from '../usage/analyze-usage.ts'
import { type ConfigCheckId, configChecks, type ConfigSwitch } from './config-check.ts'
import { planConfiguration, type PlanConfigurationOptions } from './plan-configuration.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'config-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const program = (content = '#!/bin/sh\n:\n', more: object = {}): FileDescription => ({
  content,
  mode: 0o755,
  ...more,
})
const folder = (mode: number, more: object = {}): FileDescription => ({ directory: true, mode, ...more })

interface Described {
  readonly files?: Readonly<Record<string, FileDescription>>
  readonly config?: Readonly<Record<string, unknown>>
  readonly history?: readonly string[]
  readonly docker?: boolean
}

function imageOf({ files = {}, config = {}, history = [], docker = false }: Described) {
  return createImage({
    docker,
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
          '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\n',
          '/etc/group': 'root:x:0:\nwww-data:x:33:\n',
          '/bin/sh': program('\u007fELF not really'),
          '/usr/bin/server': program(),
          '/usr/bin/other': program(),
          '/var/lib/dpkg/status': `Package: other\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nDescription: x\n`,
          '/var/lib/dpkg/info/other.list': '/usr/bin/other\n/usr/bin/linked\n/etc/owned.key\n',
          ...files,
        },
      },
    ],
    config: { Entrypoint: ['/usr/bin/server'], ...config },
    override: {
      history: [{ created_by: 'base' }, ...history.map((created_by) => ({ created_by, empty_layer: true }))],
    },
  })
}

async function plan(described: Described, options: PlanConfigurationOptions = {}) {
  const source = imageOf(described)
  await using image = await openImage(source, source.raw, { directory })
  const inventory = await createInventory(image)
  const analysis = await analyzeUsage(image, inventory)
  const planned = await planConfiguration({ image, inventory, analysis }, options)
  const { remove, replace, attributes, config } = planned.edit
  await using rewritten = await rewriteImage(
    image,
    { remove, replace, attributes, config, createdBy: 'test' },
    { directory },
  )
  await using result = await openImage(rewritten.image, rewritten.raw, { directory })
  const again = await planConfiguration(
    {
      image: result,
      inventory: await createInventory(result),
      analysis: await analyzeUsage(result, inventory),
    },
    options,
  )
  const texts = new Map(
    await Promise.all(
      [...replace.keys()].map(async (path) => {
        const node = result.tree.get(path)
        return [path, node && Buffer.from(await result.readFile(node)).toString()] as const
      }),
    ),
  )
  const byId = new Map(planned.checks.map((check) => [check.id, check]))
  return {
    ...planned,
    check: (id: ConfigCheckId) => byId.get(id),
    modeOf: (path: string) => result.tree.get(path)?.mode.toString(8),
    xattrsOf: (path: string) => [...(result.tree.get(path)?.xattrs.keys() ?? [])],
    has: (path: string) => result.tree.get(path) !== undefined,
    texts,
    config: result.config,
    again,
  }
}

const only = (id: ConfigCheckId, choice: ConfigSwitch = 'fix'): PlanConfigurationOptions => ({
  checks: {
    ...Object.fromEntries(Object.keys(configChecks).map((name) => [name, 'off'])),
    [id]: choice,
  },
})

describe('planConfiguration', () => {
  it('looks at everything, changes only what no program notices, and has nothing to do the second time', async () => {
    const { checks, done, again } = await plan({
      files: {
        '/usr/bin/other': program('#!/bin/sh\n', { mode: 0o4755 }),
        '/etc/shadow': 'root::19000:0:99999:7:::\nwww-data:*:1::::::\n',
        '/tmp': folder(0o777),
        '/var/cache/apk/APKINDEX.gz': 'x',
      },
      config: { Volumes: { '/proc/x': {}, '/data': {} } },
    })
    expect(checks.map(({ id }) => id)).toEqual(Object.keys(configChecks))
    expect(done).toEqual([
      'setuid-bits',
      'empty-passwords',
      'sticky-folders',
      'package-caches',
      'sensitive-volumes',
    ])
    expect(again.done).toEqual([])
  })

  it('leaves out what is switched off, and only says what is to be suggested', async () => {
    const files = { '/usr/bin/other': program('#!/bin/sh\n', { mode: 0o4755 }) }
    expect((await plan({ files }, { checks: { 'setuid-bits': 'off' } })).check('setuid-bits')).toBeUndefined()
    const suggested = await plan({ files }, only('setuid-bits', 'suggest'))
    expect(suggested.checks).toMatchObject([{ id: 'setuid-bits', state: 'suggested', count: 1 }])
    expect(suggested.edit.attributes.size).toBe(0)
  })

  it('adds changes of several checks to one path up', async () => {
    const { modeOf, texts } = await plan(
      {
        files: {
          '/usr/bin/other': program('#!/bin/sh\n', { mode: 0o6757 }),
          '/etc/passwd': 'root::0:0:root:/root:/bin/sh',
        },
        config: { Cmd: ['x'] },
      },
      { checks: { 'world-writable': 'fix', 'non-root-user': 'fix' } },
    )
    expect(modeOf('/usr/bin/other')).toBe('755')
    expect(texts.get('/etc/passwd')).toBe(
      'root:*:0:0:root:/root:/bin/sh\nnonroot:x:65532:65532:nonroot:/nonexistent:/sbin/nologin\n',
    )
  })
})

describe('the check of the user', () => {
  it.each([
    ['the account that owns files', { '/srv/a': { content: 'a', uid: 33, gid: 33 } }, '33:33'],
    ['a new account without', {}, '65532:65532'],
  ])('takes %s', async (_, files, user) => {
    const { config, check, again, texts } = await plan({ files }, only('non-root-user'))
    expect(config.config?.User).toBe(user)
    expect(check('non-root-user')).toMatchObject({ cis: '4.1', dockle: 'CIS-DI-0001', state: 'fixed' })
    expect(again.checks).toMatchObject([{ state: 'ok' }])
    expect(texts.get('/etc/group')?.endsWith('nonroot:x:65532:\n')).toBe(
      user === '65532:65532' ? true : undefined,
    )
  })

  it.each(['', 'root', '0', '0:0', 'root:root', ' root '])('knows %j as root', async (User) => {
    expect((await plan({ config: { User } }, only('non-root-user', 'suggest'))).checks).toMatchObject([
      { state: 'suggested' },
    ])
  })

  it.each(['33', 'www-data', '1000:0'])('is content with %j', async (User) => {
    expect((await plan({ config: { User } }, only('non-root-user'))).checks).toMatchObject([{ state: 'ok' }])
  })

  it.each<[string, Described, RegExp]>([
    ['a low port', { config: { ExposedPorts: { '80/tcp': {} } } }, /port 80/],
    ['an unknown name', { config: { User: 'nobody-here' } }, /who that is/],
    ['a volume that only root writes', { config: { Volumes: { '/data': {} } } }, /volume/],
    [
      'a script that changes the user',
      { files: { '/usr/bin/server': program('#!/bin/sh\nexec gosu www-data x\n') } },
      /gosu/,
    ],
    [
      'a script that changes owners',
      { files: { '/usr/bin/server': program('#!/bin/sh\nchown -R x /data\n') } },
      /chown/,
    ],
    [
      'a log that only root writes',
      {
        files: {
          '/usr/bin/server': program('#!/bin/sh\necho > /var/log/server/log\n'),
          '/var/log/server': folder(0o755),
        },
      },
      /can’t write/,
    ],
    [
      'a program that only root reads',
      { files: { '/usr/bin/server': program(undefined, { mode: 0o700 }) } },
      /read/,
    ],
    ['an entry point that is unknown', { config: { Entrypoint: ['/none'] } }, /can’t be told/],
  ])('is blocked by %s', async (_, described, reason) => {
    const { checks, edit } = await plan(described, only('non-root-user'))
    expect(checks).toMatchObject([
      { state: 'blocked', findings: [{ reason: expect.stringMatching(reason) }] },
    ])
    expect(edit.config).toBeUndefined()
  })
})

describe('the check of setuid bits', () => {
  it('keeps those of programs in use, of their hard links, and of the list', async () => {
    const setuid = program('#!/bin/sh\nother\n', { mode: 0o4755 })
    const { check, modeOf } = await plan(
      {
        files: {
          '/usr/bin/server': setuid,
          '/usr/bin/other': program('#!/bin/sh\n', { mode: 0o4755 }),
          '/usr/bin/linked': { hardlink: '/usr/bin/other', mode: 0o4755 },
          '/usr/lib/allowed': { content: 'x', mode: 0o4755 },
          '/usr/lib/plain': { content: 'x', mode: 0o2644 },
          '/var/mail': folder(0o2775),
        },
      },
      { ...only('setuid-bits'), allowSetuid: ['/usr/lib/allowed'] },
    )
    expect(check('setuid-bits')).toMatchObject({ cis: '4.8', state: 'blocked', count: 4 })
    expect(['/usr/bin/server', '/usr/bin/linked', '/usr/lib/allowed', '/var/mail'].map(modeOf)).toEqual([
      '4755',
      '4755',
      '4755',
      '2775',
    ])
  })

  const root = {
    'security.capability': Buffer.from('AAAAAoAAIAAAAAAAAAAAAAAAAAA=', 'base64'),
    'user.note': Buffer.from('x'),
  }

  it('keeps capabilities of programs in use, of their hard links, and of the list', async () => {
    const { checks, xattrsOf } = await plan(
      {
        files: {
          '/usr/bin/server': program('#!/bin/sh\nother\n', { xattrs: root }),
          '/usr/bin/other': program('#!/bin/sh\n', { xattrs: root }),
          '/usr/bin/linked': { hardlink: '/usr/bin/other', mode: 0o755 },
          '/usr/lib/allowed': { content: 'x', xattrs: root },
        },
      },
      { ...only('file-capabilities'), allowSetuid: ['/usr/lib/allowed'] },
    )
    expect(checks).toMatchObject([{ cis: '4.8', state: 'blocked', count: 3 }])
    expect(checks[0]!.findings.map(({ subject }) => subject)).toEqual([
      '/usr/bin/linked',
      '/usr/bin/other',
      '/usr/bin/server',
    ])
    for (const path of ['/usr/bin/server', '/usr/bin/linked', '/usr/lib/allowed'])
      expect(xattrsOf(path)).toEqual(['security.capability', 'user.note'])
  })

  it.each([
    ['AAAAAoAAIAAAAAAAAAAAAAAAAAA=', 'cap_setuid, cap_sys_admin'],
    ['AAAAAgAAAABAAAAAAAAAAAAAAAA=', 'cap_setgid (inheritable)'],
    ['AQ==', 'of a form that is not known'],
  ])('takes capabilities %s, %s, and leaves other attributes', async (base64, said) => {
    const xattrs = { ...root, 'security.capability': Buffer.from(base64, 'base64') }
    const { checks, xattrsOf, modeOf, again } = await plan(
      { files: { '/usr/bin/other': program('#!/bin/sh\n', { xattrs, mode: 0o4755 }) } },
      { checks: { ...only('file-capabilities').checks, 'setuid-bits': 'fix' } },
    )
    expect(checks).toMatchObject([{ state: 'fixed' }, { id: 'file-capabilities', state: 'fixed', count: 1 }])
    expect(checks[1]!.findings[0]!.detail).toBe(`program with capabilities of its own: ${said}`)
    expect([modeOf('/usr/bin/other'), xattrsOf('/usr/bin/other')]).toEqual(['755', ['user.note']])
    expect(again.checks).toMatchObject([{ state: 'ok' }, { state: 'ok' }])
  })
})

const key = ['AKIA', 'Q3EGWLZ5XN2RTY7U'].join('')
const token = ['ghp_', 'a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8'].join('')
const privateKey = [
  '-----BEGIN RSA PRI',
  'VATE KEY-----\n',
  'MIIEowIBAAKCAQEAtest0000000000000000000000000000000000000000000000\n',
].join('')

describe('the checks of secrets', () => {
  it('finds them in the environment, takes them out on request, and never says them', async () => {
    const Env = [
      'PATH=/bin',
      'DB_PASSWORD=hunter22',
      `X=${key}`,
      'PASSWORD_FILE=/run/x',
      'API_KEY=$KEY',
      'TOKEN=',
    ]
    const { checks, config } = await plan({ config: { Env } }, only('secrets-in-environment'))
    expect(checks).toMatchObject([
      { state: 'fixed', findings: [{ subject: 'DB_PASSWORD' }, { subject: 'X' }], dockle: 'CIS-DI-0010' },
    ])
    expect(config.config?.Env).toEqual(['PATH=/bin', 'PASSWORD_FILE=/run/x', 'API_KEY=$KEY', 'TOKEN='])
    expect(JSON.stringify(checks)).not.toMatch(/hunter22|AKIA/)
  })

  it('finds them in the history, and redacts them on request', async () => {
    const history = [
      '|1 NPM_TOKEN=hunter22 /bin/sh -c npm ci',
      `RUN git clone https://me:${token}@example.com/x # buildkit`,
      '/bin/sh -c #(nop)  ENV SECRET hunter23',
      'RUN echo "PATH=$PATH" # buildkit',
    ]
    const { checks, config, again } = await plan({ history }, only('secrets-in-history'))
    expect(checks).toMatchObject([{ state: 'fixed', count: 3 }])
    expect(config.history?.slice(1, 5).map(({ created_by }) => created_by)).toEqual([
      '|1 NPM_TOKEN=*** /bin/sh -c npm ci',
      'RUN git clone ***example.com/x # buildkit',
      '/bin/sh -c #(nop)  ENV SECRET ***',
      'RUN echo "PATH=$PATH" # buildkit',
    ])
    expect(again.checks).toMatchObject([{ state: 'ok' }])
    expect(JSON.stringify(checks)).not.toContain('hunter')
  })

  it('finds them in files of no package, and takes those out on request that nothing reads', async () => {
    const files = {
      '/usr/bin/server': program('#!/bin/sh\ncat /etc/tls/server.key\n'),
      '/etc/tls/server.key': privateKey,
      '/etc/owned.key': privateKey,
      '/root/id_rsa': privateKey,
      '/root/.npmrc': '//registry.example.com/:_authToken=0123456789abcdef\n',
      '/root/.netrc': 'machine example.com login me password hunter22\n',
      '/usr/share/manual': '-----BEGIN RSA PRIVATE KEY-----\n...\n',
      '/app/readme': 'postgres://user:hunter22@db/x and AKIAIOSFODNN7EXAMPLE',
      '/app/.env': 'DATABASE=postgres://user:hunter22@db/x\n',
    }
    const { check, has } = await plan({ files }, only('secrets-in-files'))
    expect(check('secrets-in-files')?.findings.map(({ subject, state }) => `${subject} ${state}`)).toEqual([
      '/app/.env fixed',
      '/etc/tls/server.key blocked',
      '/root/.netrc fixed',
      '/root/.npmrc fixed',
      '/root/id_rsa fixed',
    ])
    expect(Object.keys(files).filter((path) => !has(path))).toEqual([
      '/root/id_rsa',
      '/root/.npmrc',
      '/root/.netrc',
      '/app/.env',
    ])
  })
})

describe('the checks of files', () => {
  it('locks empty passwords, and no other account', async () => {
    const shadow = 'a::1:::::::\nb:!:1::::::\n+::::\nc::2:::::::\n'
    const { texts, check } = await plan({ files: { '/etc/shadow': shadow } }, only('empty-passwords'))
    expect(texts.get('/etc/shadow')).toBe('a:*:1:::::::\nb:!:1::::::\n+::::\nc:*:2:::::::\n')
    expect(check('empty-passwords')).toMatchObject({ dockle: 'DKL-LI-0001', state: 'fixed', count: 2 })
  })

  it('names accounts that share a number', async () => {
    const passwd = 'root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\nbroken\n'
    const { checks } = await plan({ files: { '/etc/passwd': passwd } }, only('duplicate-ids'))
    expect(checks).toMatchObject([
      { state: 'suggested', findings: [{ detail: 'uid 0 is shared by root, toor' }] },
    ])
  })

  it('takes the bit for everybody away where the user does not need it', async () => {
    const files = {
      '/srv/open': folder(0o777),
      '/srv/file': { content: 'x', mode: 0o666 },
      '/tmp': folder(0o1777),
      '/srv/sticky': folder(0o1777),
      '/srv/own': { content: 'x', mode: 0o666, uid: 33 },
    }
    const asRoot = await plan({ files }, only('world-writable'))
    expect(Object.keys(files).map(asRoot.modeOf)).toEqual(['775', '664', '1777', '1777', '664'])
    const asUser = await plan({ files, config: { User: 'www-data' } }, only('world-writable'))
    expect(Object.keys(files).map(asUser.modeOf)).toEqual(['777', '666', '1777', '1777', '664'])
    expect(asUser.check('world-writable')?.state).toBe('blocked')
  })

  it('gives programs in use to root where others may run them', async () => {
    const owner = { uid: 33, gid: 33 }
    const { check } = await plan(
      {
        files: {
          '/usr/bin/server': program('#!/bin/sh\n/srv/closed\n', owner),
          '/srv/closed': program('#!/bin/sh\n', { ...owner, mode: 0o700 }),
          '/srv/unused.txt': { content: 'x', ...owner },
        },
        config: { User: 'www-data' },
      },
      only('program-ownership'),
    )
    expect(check('program-ownership')?.findings.map(({ subject, state }) => `${subject} ${state}`)).toEqual([
      '/srv/closed blocked',
      '/usr/bin/server fixed',
    ])
  })

  it('takes caches out, and what development left behind on request', async () => {
    const files = {
      '/usr/bin/server': program('#!/bin/sh\ncat /app/.gitignore\n'),
      '/var/lib/apt/lists/x_Packages': 'x',
      '/root/.cache/pip/a/b': 'x',
      '/app/.git/HEAD': 'x',
      '/app/.gitignore': 'x',
      '/app/Dockerfile': 'x',
    }
    const caches = await plan({ files }, only('package-caches'))
    expect(Object.keys(files).filter((path) => !caches.has(path))).toEqual([
      '/var/lib/apt/lists/x_Packages',
      '/root/.cache/pip/a/b',
    ])
    const left = await plan({ files }, only('left-behind-files'))
    expect(Object.keys(files).filter((path) => !left.has(path))).toEqual([
      '/app/.git/HEAD',
      '/app/Dockerfile',
    ])
    expect(left.check('left-behind-files')?.state).toBe('blocked')
  })
})

describe('the checks of instructions', () => {
  it('drops volumes of the kernel, and no other; ports and labels stay', async () => {
    const kept = {
      ExposedPorts: { '8080/tcp': {} },
      Labels: { 'org.opencontainers.image.base.name': 'mine' },
    }
    const { config, check } = await plan(
      { config: { ...kept, Volumes: { '/dev': {}, '/data': {}, '/processes': {} } } },
      { base: { digest: 'sha256:1', name: 'debian' } },
    )
    expect(config.config).toMatchObject({ ...kept, Volumes: { '/data': {}, '/processes': {} } })
    expect(Object.keys(config.config?.Volumes as object)).toEqual(['/data', '/processes'])
    expect(check('base-labels')).toMatchObject({ state: 'ok' })
  })

  it('names the base image in labels', async () => {
    const options = { ...only('base-labels'), base: { digest: 'sha256:1', name: 'debian:12' } }
    const { config, again } = await plan({ config: { Labels: { mine: '1' } } }, options)
    expect(config.config?.Labels).toEqual({
      mine: '1',
      'org.opencontainers.image.base.digest': 'sha256:1',
      'org.opencontainers.image.base.name': 'debian:12',
    })
    expect(again.done).toEqual([])
    expect((await plan({}, only('base-labels'))).checks).toMatchObject([{ state: 'not-applicable' }])
  })

  it.each<[string, ConfigCheckId, Described, string]>([
    ['a health check of an OCI image', 'health-check', {}, 'not-applicable'],
    ['none in a Docker image', 'health-check', { docker: true }, 'suggested'],
    [
      'one in a Docker image',
      'health-check',
      { docker: true, config: { Healthcheck: { Test: ['CMD', '/usr/bin/other'] } } },
      'ok',
    ],
    ['a signal that kills', 'signals', { config: { StopSignal: 'SIGKILL' } }, 'suggested'],
    [
      'a shell around the program',
      'signals',
      { config: { Entrypoint: ['/bin/sh', '-c', 'server'] } },
      'suggested',
    ],
    ['a shell that makes way', 'signals', { config: { Entrypoint: ['/bin/sh', '-c', 'exec server'] } }, 'ok'],
    [
      'an upgrade of everything',
      'history-instructions',
      { history: ['RUN apt-get -y dist-upgrade'] },
      'suggested',
    ],
    [
      'ADD of an address',
      'history-instructions',
      { history: ['ADD https://example.com/x /x # buildkit'] },
      'suggested',
    ],
    ['ordinary lines', 'history-instructions', { history: ['RUN apt-get update', 'COPY a b'] }, 'ok'],
    ['a shell in use', 'shell', {}, 'blocked'],
    ['a tool', 'tools', { files: { '/usr/bin/curl': 'x' } }, 'blocked'],
    ['no tool', 'tools', {}, 'ok'],
  ])('judges %s', async (_, id, described, state) => {
    expect((await plan(described, only(id))).checks).toMatchObject([{ id, state }])
  })
})
