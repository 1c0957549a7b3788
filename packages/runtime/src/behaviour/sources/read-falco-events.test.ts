import { describe, expect, it } from 'vitest'
import { readFalcoEvents } from './read-falco-events.ts'
import { digest, lines, read } from './read-events.fixture.ts'

describe('readFalcoEvents', () => {
  const alert = (fields: object, rest: object = {}) => ({
    uuid: '4a1f',
    hostname: 'node-3',
    time: '2026-03-01T10:00:00.123456789Z',
    rule: 'Watch cart',
    priority: 'Notice',
    source: 'syscall',
    tags: [],
    output: '…',
    output_fields: {
      'container.id': '3ad7b26ded6d',
      'container.name': 'cart',
      'container.image.repository': 'reg.test/shop/cart',
      'container.image.tag': '2.1',
      'container.image.digest': digest,
      'k8s.ns.name': 'shop',
      'k8s.pod.name': 'cart-5f6d-x2',
      'proc.pid': 4242,
      'proc.name': 'sh',
      'proc.pname': 'cartd',
      'proc.ppid': 41,
      'proc.aname[2]': 'tini',
      ...fields,
    },
    ...rest,
  })
  const cases: readonly (readonly [string, object, object])[] = [
    [
      'a program of the upper layer',
      { 'evt.type': 'execve', 'proc.exepath': '/tmp/dropped', 'proc.is_exe_upper_layer': true },
      { type: 'exec', path: '/tmp/dropped', origin: 'upper-layer', tags: [] },
    ],
    [
      'a program of memory',
      { 'evt.type': 'execveat', 'proc.exepath': '/memfd:x', 'proc.is_exe_from_memfd': true },
      { type: 'exec', origin: 'memory' },
    ],
    [
      'a probe',
      {
        'evt.type': 'execve',
        'proc.exepath': '/bin/true',
        'proc.is_container_liveness_probe': true,
        'proc.tty': 0,
      },
      { type: 'exec', tags: ['probe'] },
    ],
    [
      'someone at a terminal',
      { 'evt.type': 'execve', 'proc.exepath': '/bin/sh', 'proc.tty': 34816 },
      { type: 'exec', tags: ['entered'] },
    ],
    [
      'a file that is written',
      { 'evt.type': 'openat', 'fd.name': '/etc/../etc/passwd', 'evt.arg.flags': 'O_WRONLY|O_CLOEXEC' },
      { type: 'open', path: '/etc/passwd', writes: true },
    ],
    [
      'a connection by its fields',
      { 'evt.type': 'connect', 'fd.rip': '203.0.113.7', 'fd.rport': '4444', 'fd.l4proto': 'tcp' },
      { type: 'connect', protocol: 'tcp', address: '203.0.113.7', port: 4444 },
    ],
    [
      'a connection by its name',
      { 'evt.type': 'connect', 'fd.name': '10.0.0.9:51000->198.51.100.2:443', 'fd.l4proto': 'tcp' },
      { type: 'connect', address: '198.51.100.2', port: 443 },
    ],
    [
      'a listener',
      { 'evt.type': 'listen', 'fd.sip': '0.0.0.0', 'fd.sport': 9001, 'fd.l4proto': 'tcp' },
      { type: 'listen', address: '0.0.0.0', port: 9001 },
    ],
  ]
  it.each(cases)('reads %s', async (_, fields, expected) => {
    const [partial, event, ...rest] = await read(readFalcoEvents(lines(alert(fields))))
    expect(partial).toMatchObject({ type: 'gap', code: 'partial' })
    expect(event).toMatchObject({
      ...expected,
      source: 'falco',
      time: Date.parse('2026-03-01T10:00:00.123Z'),
      container: {
        id: '3ad7b26ded6d',
        name: 'cart',
        image: 'reg.test/shop/cart:2.1',
        imageDigest: digest,
        namespace: 'shop',
        pod: 'cart-5f6d-x2',
      },
      process: { pid: 4242, parents: [{ pid: 41, name: 'cartd' }, { name: 'tini' }] },
    })
    expect(rest).toEqual([])
  })
  it('tells that a program of the upper layer runs, whatever it does', async () => {
    const connects = alert({
      'evt.type': 'connect',
      'fd.rip': '203.0.113.7',
      'fd.rport': 4444,
      'proc.exepath': '/tmp/x',
      'proc.is_exe_upper_layer': true,
    })
    const all = await read(readFalcoEvents(lines(connects)))
    expect(all.map(({ type }) => type)).toEqual(['gap', 'exec', 'connect'])
  })
  it.each([
    [
      'metadata that lags',
      alert({
        'evt.type': 'execve',
        'proc.exepath': '/bin/a',
        'container.image.digest': null,
        'k8s.pod.name': '<NA>',
      }),
      { type: 'exec', container: { pod: undefined, imageDigest: undefined } },
    ],
    [
      'a program of a pod whose container is not known yet',
      alert({ 'container.id': 'host', 'evt.type': 'execve', 'proc.exepath': '/bin/a' }),
      { type: 'exec', path: '/bin/a' },
    ],
    [
      'a program that only its own first argument names',
      alert({ 'evt.type': 'execve', 'proc.exepath': null, 'proc.exe': '/usr/sbin/nginx' }),
      { type: 'gap', code: 'unreadable' },
    ],
    [
      'a unix socket',
      alert({
        'evt.type': 'connect',
        'fd.type': 'unix',
        'fd.name': 'ffff8f->ffff90 /run/../run/docker.sock',
      }),
      { type: 'connect', protocol: 'unix', address: '/run/docker.sock' },
    ],
    [
      'a unix socket without a name',
      alert({ 'evt.type': 'connect', 'fd.typechar': 'u' }),
      { type: 'gap', code: 'unreadable' },
    ],
    ['an alert without the file', alert({ 'evt.type': 'openat' }), { type: 'gap', code: 'unreadable' }],
    [
      'dropped events',
      { rule: 'Falco internal: syscall event drop', output_fields: { n_drops: '17', n_evts: '1181' } },
      { type: 'gap', code: 'lost', count: 17 },
    ],
    ['a line that is no JSON', 'Falco initialized', { type: 'gap', code: 'unreadable' }],
    ['JSON that is no alert', { hello: 1 }, { type: 'gap', code: 'unreadable' }],
  ])('says what is missing: %s', async (_, line, expected) => {
    expect((await read(readFalcoEvents(lines(line))))[1]).toMatchObject(expected)
  })
  it.each([
    [
      'of the node',
      alert({ 'container.id': 'host', 'k8s.pod.name': null, 'evt.type': 'execve', 'proc.exepath': '/bin/a' }),
    ],
    ['of a plugin', alert({}, { source: 'k8s_audit' })],
    ['of its metrics', { rule: 'Falco internal: metrics snapshot', output_fields: {} }],
  ])('leaves out an alert %s', async (_, line) => {
    expect(await read(readFalcoEvents(lines(line)))).toHaveLength(1)
  })
})
