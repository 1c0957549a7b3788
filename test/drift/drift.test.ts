import { spawn } from 'node:child_process'
import {
  changesCollector,
  checkDrift,
  createHashCache,
  type DriftReport,
  explainDrift,
  overlayCollector,
  tarCollector,
} from '@sallyport/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Attack, attacks } from './attacks.ts'
import { type PromotedImage, promoteRealImage } from './promoted-image.ts'
import { type Container, startContainer } from './start-container.ts'

let image: PromotedImage
beforeAll(async () => {
  image = await promoteRealImage('web')
})
afterAll(() => image?.[Symbol.asyncDispose]())

const writable = ['/data']
const check = (container: Container, more: object = {}) =>
  checkDrift({ baseline: image.baseline, pid: container.pid, writable, image: image.image, ...more })

const classesOf = ({ files }: DriftReport) =>
  Object.fromEntries(
    files
      .filter(({ severity, mount }) => severity !== 'info' && mount === undefined)
      .map((file) => [file.path, [file.class, file.severity]]),
  )

function expectFound(report: DriftReport, { files, processes = [], expected = [] }: Attack) {
  expect(classesOf(report), explainDrift(report)).toEqual(files)
  expect([...new Set(report.processes.map(({ problem }) => problem))], explainDrift(report)).toEqual(
    processes,
  )
  expect(report.expected.map(({ reason }) => reason)).toEqual(expect.arrayContaining([...expected]))
  expect(report.unknown).toEqual([])
  const drifted = report.files.some(({ severity }) => severity !== 'info') || processes.length > 0
  expect(report.verdict).toBe(drifted ? 'drifted' : 'clean')
}

describe('a container that', () => {
  it.each(attacks.map((attack) => [attack.name, attack] as const))('%s', async (_name, attack) => {
    await using container = await startContainer(image.rootfs, image.directory)
    if (typeof attack.act === 'string') await container.sh(attack.act)
    else await attack.act(container)

    const upper = await check(container, { collector: overlayCollector(container.upper) })
    expectFound(upper, attack)
    const touched = upper.files.filter(({ class: kind }) => kind === 'metadata-only').map(({ path }) => path)
    expect(touched).toEqual(attack.touched ?? [])

    const root = await check(container)
    expectFound(root, attack)
    const mounted = root.files.flatMap(({ path, mount }) =>
      mount !== undefined && !path.startsWith('/mnt/') ? [path] : [],
    )
    expect(mounted, explainDrift(root)).toEqual(attack.mounted ?? [])
  })
})

describe('other ways to look at a container', () => {
  const act = `cp /bin/sleep /opt/tool; rm /usr/bin/id; rm -r /srv/www; mkdir /srv/www; echo "x" >>/etc/nginx/nginx.conf
chmod 4755 /usr/bin/env; touch /etc/passwd; echo log >>/var/log/app.log`
  const files = {
    '/opt/tool': ['binary-added', 'high'],
    '/usr/bin/env': ['permission-or-capability-changed', 'high'],
    '/etc/nginx/nginx.conf': ['script-or-config-changed', 'medium'],
    '/usr/bin/id': ['deleted', 'low'],
    '/srv/www/index.html': ['deleted', 'low'],
  }

  it('an archive of all its files says the same', async () => {
    await using container = await startContainer(image.rootfs, image.directory)
    await container.sh(act)
    async function* open() {
      // As an engine exports it: without what is mounted.
      const words = [
        '--one-file-system',
        '--xattrs',
        '--xattrs-include=security.*',
        '--numeric-owner',
        '-C',
        container.root,
      ]
      const child = spawn('tar', [...words, '-cf', '-', '.'], { stdio: ['ignore', 'pipe', 'ignore'] })
      yield* child.stdout as AsyncIterable<Uint8Array>
    }
    const report = await checkDrift({ baseline: image.baseline, writable, collector: tarCollector(open) })
    expect(classesOf(report), explainDrift(report)).toEqual(files)
    expect(report.unknown).toEqual([])
  })

  it('a list of names says the same where the names can be read, and else that it does not know', async () => {
    await using container = await startContainer(image.rootfs, image.directory)
    await container.sh(act)
    const changes = [
      ...['/opt/tool', '/srv/www', '/var/log/app.log'].map((path) => ({ path, change: 'added' as const })),
      ...['/usr/bin/env', '/etc', '/etc/nginx/nginx.conf', '/etc/passwd'].map((path) => ({
        path,
        change: 'modified' as const,
      })),
      ...['/usr/bin/id', '/srv/www/index.html'].map((path) => ({ path, change: 'deleted' as const })),
    ]
    const collector = changesCollector(changes, { root: container.root })
    const report = await checkDrift({ baseline: image.baseline, writable, collector })
    expect(classesOf(report), explainDrift(report)).toEqual(files)

    const [only] = changes.filter(({ path }) => path === '/etc/passwd')
    const blind = await checkDrift({ baseline: image.baseline, collector: changesCollector([only!]) })
    expect(blind).toMatchObject({
      verdict: 'unknown',
      unknown: [{ path: '/etc/passwd', reason: 'name-only' }],
    })
  })

  it('what is remembered changes nothing about the result', async () => {
    await using container = await startContainer(image.rootfs, image.directory)
    const cache = createHashCache()
    expect((await check(container, { cache })).verdict).toBe('clean')
    expect(cache.size).toBeGreaterThan(1000)
    await container.sh(act)
    const [again, anew] = [await check(container, { cache }), await check(container)]
    expect(classesOf(again)).toEqual(files)
    expect(again.files).toEqual(anew.files)
  })

  it('all of its files include volumes and what is hidden among devices', async () => {
    await using container = await startContainer(image.rootfs, image.directory)
    await container.sh(
      'mkdir -p /dev/shm; for d in /mnt /dev/shm; do cp /bin/sleep $d/tool; printf x >>$d/tool; done',
    )
    const { files: found, expected, verdict } = await check(container)
    expect(found).toMatchObject([
      { path: '/dev/shm/tool', class: 'binary-added', mount: '/dev' },
      { path: '/mnt/tool', class: 'binary-added', mount: '/mnt' },
    ])
    expect(verdict).toBe('drifted')
    expect(expected.map(({ reason }) => reason)).toContain('pseudo-file-system')
  })

  it('who can not see the marks of overlayfs does not call it clean', async () => {
    await using container = await startContainer(image.rootfs, image.directory)
    const collector = overlayCollector(container.upper, { seesTrusted: false })
    expect(await check(container, { collector })).toMatchObject({
      verdict: 'unknown',
      unknown: [{ path: '/', reason: 'attributes-unreadable' }],
    })
  })

  it('a process that ends while it is looked at disturbs nothing', async () => {
    await using container = await startContainer(image.rootfs, image.directory)
    await container.sh('(for i in $(seq 300); do /bin/true; done) >/dev/null 2>&1 &')
    for (let round = 0; round < 5; round++) {
      const { processes, unknown } = await check(container, { collector: overlayCollector(container.upper) })
      expect([processes, unknown]).toEqual([[], []])
    }
  })
})
