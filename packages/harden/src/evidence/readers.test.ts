import { createReadStream } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readFalco } from './read-falco.ts'
import { readFatrace } from './read-fatrace.ts'
import { readInspektorGadget } from './read-inspektor-gadget.ts'
import { readKubescape } from './read-kubescape.ts'
import { readMint } from './read-mint.ts'
import { readOpensnoop } from './read-opensnoop.ts'
import { readTetragon } from './read-tetragon.ts'
import type { UsageEvidence } from './usage-evidence.ts'

const a = `sha256:${'a'.repeat(64)}` as const
const b = `sha256:${'b'.repeat(64)}` as const
const list = ({ records }: UsageEvidence) =>
  records.map(({ operation, path, exact }) => `${operation} ${path}${exact ? '' : ' ?'}`)
const lines = (...events: readonly unknown[]) => events.map((event) => JSON.stringify(event)).join('\n')

describe('readInspektorGadget', () => {
  const opened = (fname: string, more: object = {}, digest: string = a) => ({
    runtime: { containerName: 'app', containerImageDigest: digest },
    k8s: { namespace: 'shop', podName: 'web-1', containerName: 'app' },
    timestamp: '2026-01-05T19:39:18.852656724Z',
    proc: { comm: 'app', mntns_id: '4026532893' },
    fname,
    error: '',
    ...more,
  })

  it('takes files that are opened, and what was looked for in vain', async () => {
    const evidence = await readInspektorGadget(
      lines(
        opened('/etc/a'),
        opened('b/c'),
        opened(`/${'x'.repeat(253)}`),
        opened('/no', { error: 'ENOENT' }),
      ),
    )
    expect(list(evidence)).toEqual(['open /*/b/c ?', 'open /etc/a', `open /${'x'.repeat(253)}* ?`])
    expect(evidence).toMatchObject({
      images: [a],
      missing: ['/no'],
      from: '2026-01-05T19:39:18.852Z',
      gaps: [],
    })
  })

  it('takes programs that start: the file, and the name by which it was called', async () => {
    const started = {
      ...opened(''),
      fname: undefined,
      exepath: '/usr/bin/dash',
      args: '/bin/sh -c x',
      cwd: '/',
    }
    expect(list(await readInspektorGadget(lines(started)))).toEqual(['exec /bin/sh', 'exec /usr/bin/dash'])
  })

  it('takes events of older releases, with a result and a number of the name space', async () => {
    const old = (fname: string, ret: number) => ({ mntns_id: 7, ret, comm: 'x', fname, k8s: {}, runtime: {} })
    const evidence = await readInspektorGadget(lines(old('/a', 4), old('/b', -2)), {
      container: { mountNamespace: 7 },
    })
    expect([list(evidence), evidence.missing]).toEqual([['open /a'], ['/b']])
  })

  it.each([
    ['an image', { images: [a] }, ['open /one']],
    ['another image', { images: [b] }, ['open /two']],
    ['a container', { container: { namespace: 'shop', name: 'app' }, images: [a] }, ['open /one']],
    ['a container that is not there', { container: { pod: 'other' } }, []],
  ])('selects %s', async (_, options, expected) => {
    const events = lines(opened('/one'), opened('/two', {}, b))
    expect(list(await readInspektorGadget(events, options))).toEqual(expected)
  })

  it('refuses events of several images of which none is selected', async () => {
    await expect(readInspektorGadget(lines(opened('/one'), opened('/two', {}, b)))).rejects.toMatchObject({
      code: 'EVIDENCE_INVALID',
    })
  })

  it.each([
    ['no JSON', 'oops'],
    ['nested too deeply', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`],
  ])('is not complete with a line that is %s', async (_, line) => {
    const evidence = await readInspektorGadget(`${lines(opened('/a'))}\n${line}\n`, { coverage: 'complete' })
    expect(evidence).toMatchObject({ coverage: 'partial', gaps: [{ code: 'UNREADABLE', count: 1 }] })
  })

  it('takes no value out of the prototype of an event', async () => {
    const evidence = await readInspektorGadget('{"__proto__": {"fname": "/etc/shadow"}}')
    expect(list(evidence)).toEqual([])
  })
})

describe('readTetragon', () => {
  const process = {
    binary: '/usr/bin/python3',
    cwd: '/app',
    pod: {
      namespace: 'shop',
      name: 'web',
      container: { id: 'containerd://abcdef123456', name: 'app', image: { id: `docker.io/x@${a}` } },
    },
  }
  const hook = (name: string, path: string, result = 0) => ({
    process_kprobe: {
      process,
      function_name: name,
      args: [{ file_arg: { path } }, { int_arg: 4 }],
      return: { int_arg: result },
    },
    time: '2026-09-03T16:21:06Z',
  })

  it('takes programs, files of hooks, and libraries', async () => {
    const evidence = await readTetragon(
      lines(
        { process_exec: { process }, time: '2026-09-03T16:20:00Z' },
        hook('security_file_open', '/etc/a'),
        hook('security_mmap_file', '/usr/lib/b.so'),
        hook('security_bprm_check', '/usr/bin/c'),
        hook('security_file_open', '/etc/refused', -13),
        { process_loader: { process, path: '/usr/lib/d.so' } },
        { process_exec: { process: { ...process, binary: './e' } } },
      ),
      { container: { id: 'abcdef1234567890' } },
    )
    expect(list(evidence)).toEqual([
      'exec /app/./e',
      'open /etc/a',
      'stat /etc/refused',
      'exec /usr/bin/c',
      'exec /usr/bin/python3',
      'mmap /usr/lib/b.so',
      'mmap /usr/lib/d.so',
    ])
    expect(evidence).toMatchObject({ images: [a], observes: ['exec'], from: '2026-09-03T16:20:00.000Z' })
  })
})

describe('readFalco', () => {
  it('takes programs and files, and is never complete', async () => {
    const evidence = await readFalco(
      lines(
        {
          output_fields: {
            'proc.exepath': '/usr/bin/a',
            'fd.name': '/etc/b',
            'evt.type': 'openat',
            'container.image.digest': a,
          },
        },
        {
          output_fields: {
            'proc.exepath': '<NA>',
            'fd.name': '10.0.0.1:80->10.0.0.2:90',
            'evt.type': 'connect',
          },
        },
      ),
      { coverage: 'complete' },
    )
    expect(list(evidence)).toEqual(['open /etc/b', 'exec /usr/bin/a'])
    expect(evidence).toMatchObject({ images: [a], coverage: 'partial', observes: [] })
  })
})

describe('readFatrace', () => {
  it('takes what is below the roots of a real recording', async () => {
    const recording = createReadStream(new URL('__fixtures__/fatrace-0.17.0-nginx-test.txt', import.meta.url))
    const evidence = await readFatrace(recording, { roots: ['/srv/image'], images: [a] })
    expect(evidence).toMatchObject({ observes: ['open'], gaps: [], images: [a] })
    expect(list(evidence)).toContain('open /usr/sbin/nginx')
    expect(list(evidence)).toContain('open /etc/nginx/nginx.conf')
    expect(list(evidence).some((text) => text.includes('dpkg') || text.includes('/srv'))).toBe(false)
  })

  it.each([
    ['a time since the epoch', '1700000000.5 app(1): RO /r/a'],
    ['a name with parentheses', '(sd-pam) (x)(12): O   /r/a'],
    ['a user', 'app(1) [0:0]: O /r/a'],
    ['a file that is gone', 'app(1): O /r/a (deleted)'],
  ])('reads a line with %s', async (_, line) => {
    expect(list(await readFatrace(line, { roots: ['/r/'] }))).toEqual(['open /a'])
  })

  it('asks for the root of the container', async () => {
    await expect(readFatrace('', { roots: [] })).rejects.toMatchObject({ code: 'EVIDENCE_INVALID' })
  })
})

describe('readOpensnoop', () => {
  it('reads columns, names with spaces, failures, and names that may be cut', async () => {
    const long = `/${'x'.repeat(62)}`
    const evidence = await readOpensnoop(
      [
        'Attaching 6 probes...',
        'Tracing open syscalls... Hit Ctrl-C to end.',
        'PID    COMM               FD ERR PATH',
        '2440   snmpd              4   0 /etc/a b',
        '2441   tokio run 3 0       5   0 lib/c.so',
        '1 narrow 3 0 /etc/c',
        '2442   app               -1   2 /no',
        `2443   app                3   0 ${long}`,
        '2444   app                3   0 /var/lib/docker/overlay2/0123/merged/etc/d',
      ].join('\n'),
    )
    expect(list(evidence)).toEqual([
      'open /*/lib/c.so ?',
      'open /etc/a b',
      'open /etc/c',
      'open /etc/d',
      `open ${long}* ?`,
    ])
    expect(evidence).toMatchObject({ missing: ['/no'], gaps: [], observes: ['open'] })
  })

  it('is not complete after events were lost', async () => {
    const evidence = await readOpensnoop('Lost 12 events\n', { coverage: 'complete' })
    expect(evidence).toMatchObject({ coverage: 'partial', gaps: [{ code: 'LOST_EVENTS' }] })
  })
})

describe('readKubescape', () => {
  const profile = (completion: string, containers: string) => `
apiVersion: spdx.softwarecomposition.kubescape.io/v1beta1
kind: ApplicationProfile
metadata:
  name: web
  annotations: { kubescape.io/completion: ${completion}, kubescape.io/status: completed }
spec:
  architectures: [amd64]
  containers:
${containers}`
  const app = `
  - name: app
    imageID: docker.io/x@${a}
    execs: [{ path: /bin/sh, args: [/bin/sh, -c] }]
    opens: [{ path: /usr/lib/⋯/libc.so.6, flags: [O_RDONLY] }, { path: '/data/*', flags: [] }]`
  const sidecar = `
  - name: sidecar
    imageID: y@${b}
    execs: []
    opens: [{ path: /etc/b, flags: [] }]`

  it.each([
    ['complete', 'complete'],
    ['full', 'complete'],
    ['partial', 'partial'],
  ])('takes a profile that says %s as %s', async (completion, coverage) => {
    const evidence = await readKubescape(profile(completion, app))
    expect(evidence).toMatchObject({ coverage, images: [a], observes: ['exec', 'open'] })
    expect(list(evidence)).toEqual(['exec /bin/sh', 'open /data/* ?', 'open /usr/lib/⋯/libc.so.6 ?'])
  })

  it.each([
    ['by image', { images: [b] }],
    ['by name', { container: { name: 'sidecar' } }],
  ])('selects a container %s', async (_, options) => {
    expect(list(await readKubescape(profile('complete', app + sidecar), options))).toEqual(['open /etc/b'])
  })

  it('takes the profile of one container, in a list, as JSON', async () => {
    const one = {
      kind: 'ContainerProfile',
      metadata: { name: 'c' },
      spec: { imageID: a, execs: null, opens: [{ path: '/x', flags: null }] },
    }
    const evidence = await readKubescape(JSON.stringify({ kind: 'ContainerProfileList', items: [one] }))
    expect([list(evidence), evidence.coverage]).toEqual([['open /x'], 'partial'])
  })

  it.each([
    ['several images', profile('complete', app + sidecar), {}],
    ['no container that is asked for', profile('complete', app), { container: { name: 'x' } }],
    ['another kind', 'kind: Pod', {}],
    ['no YAML', ':\n  - [', {}],
    ['many aliases', `a: &a [${'1,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nc: [${'*b,'.repeat(50)}]`, {}],
  ])('refuses %s', async (_, text, options) => {
    await expect(readKubescape(text, options)).rejects.toMatchObject({ code: 'EVIDENCE_INVALID' })
  })
})

describe('readMint', () => {
  it('takes files by their flags, of an image that the caller names', async () => {
    const files = [
      { file_type: 'File', file_path: '/usr/bin/a', flags: { R: true, X: true } },
      { file_type: 'File', file_path: '/etc/b', flags: { R: true } },
      { file_type: 'Dir', file_path: '/etc' },
    ]
    const evidence = await readMint(JSON.stringify({ monitors: {}, image: { files } }), { images: [a] })
    expect([list(evidence), evidence.images]).toEqual([['open /etc/b', 'exec /usr/bin/a'], [a]])
  })

  it.each(['', '[]', '{"image":{"files":[{}]}}', '['.repeat(1000)])('refuses %j', async (text) => {
    await expect(readMint(text)).rejects.toMatchObject({ code: 'EVIDENCE_INVALID' })
  })
})
