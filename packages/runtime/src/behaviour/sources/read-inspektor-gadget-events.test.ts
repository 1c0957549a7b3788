import { describe, expect, it } from 'vitest'
import { readInspektorGadgetEvents } from './read-inspektor-gadget-events.ts'
import { digest, lines, read } from './read-events.fixture.ts'

describe('readInspektorGadgetEvents', () => {
  const event = (rest: object) => ({
    k8s: { namespace: 'shop', podName: 'cart-x2', containerName: 'cart' },
    runtime: {
      containerId: '3ad7b26ded6d',
      containerName: 'cart',
      containerImageName: 'reg.test/cart:2.1',
      containerImageDigest: digest,
    },
    proc: { comm: 'curl', pid: 50, mntns_id: 4026532000, parent: { comm: 'cartd', pid: 40 } },
    timestamp: '2026-03-01T10:00:00.5Z',
    ...rest,
  })
  it('does not take the name that was asked for as what runs', async () => {
    const asked = event({ args: '/usr/sbin/nginx\u00a0-g', error: '' })
    expect(await read(readInspektorGadgetEvents(lines(asked)))).toMatchObject([
      { type: 'gap', code: 'partial' },
      { type: 'exec', path: '/usr/sbin/nginx' },
    ])
    for (const exepath of ['memfd:x', '/memfd:x (deleted)'])
      expect(
        await read(readInspektorGadgetEvents(lines(event({ args: '/usr/sbin/nginx', exepath, error: '' })))),
      ).toMatchObject([{ type: 'exec', path: expect.stringMatching(/^\/memfd:x/), origin: 'memory' }])
  })
  it.each([
    [
      'a program',
      event({
        args: '/usr/bin/curl\u00a0-s\u00a0a b',
        exepath: '/usr/bin/curl',
        cwd: '/',
        error: '',
        upper_layer: false,
      }),
      { type: 'exec', path: '/usr/bin/curl', arguments: ['/usr/bin/curl', '-s', 'a b'], origin: 'image' },
    ],
    [
      'a program of the upper layer',
      event({ args: 'x', exepath: '/tmp/x', error: '', upper_layer: true }),
      { type: 'exec', origin: 'upper-layer' },
    ],
    [
      'a file',
      event({ fname: 'conf', fullPath: '/srv/conf', flags: 'O_RDONLY|O_CLOEXEC', error: '', fd: 3 }),
      { type: 'open', path: '/srv/conf', writes: false },
    ],
    [
      'a cut name',
      event({ fname: `/${'a'.repeat(254)}`, flags: 'O_RDONLY', error: '' }),
      { type: 'gap', code: 'unreadable' },
    ],
    [
      'a connection in progress',
      event({
        src: { addr: '10.0.0.9', port: 51000, version: 4 },
        dst: { addr: '203.0.113.7', port: 443, version: 4 },
        error: 'EINPROGRESS',
        error_raw: 115,
      }),
      { type: 'connect', protocol: 'tcp', address: '203.0.113.7', port: 443 },
    ],
    [
      'a connection of another protocol',
      event({ dst: { addr: '203.0.113.7', port: 443, proto: 'SCTP' }, error: '' }),
      { type: 'connect', protocol: 'unknown' },
    ],
    [
      'a bound port',
      event({ addr: { addr: '::', port: 9001, proto: 'UDP' }, error: '' }),
      { type: 'listen', protocol: 'udp', address: '::', port: 9001 },
    ],
    [
      'a capability',
      event({ cap: 'NET_RAW', capable: true, syscall: 'socket' }),
      { type: 'capability', name: 'CAP_NET_RAW' },
    ],
    [
      'lost events',
      { type: 'err', message: 'lost 3 samples', lost: 3 },
      { type: 'gap', code: 'lost', count: 3 },
    ],
    ['something else', { hello: 1 }, { type: 'gap', code: 'unreadable' }],
  ])('reads %s', async (_, line, expected) => {
    const all = await read(readInspektorGadgetEvents(lines(line)))
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject(expected)
    if (all[0]?.type !== 'gap')
      expect(all[0]).toMatchObject({
        process: { pid: 50, parents: [{ pid: 40, name: 'cartd' }] },
        container: { id: '3ad7b26ded6d', imageDigest: digest },
      })
  })
  it('gives a connection the name that was looked up before', async () => {
    const answer = event({
      qr: 'R',
      qtype: 'A',
      name: 'Api.Example.TEST.',
      addresses: '203.0.113.7,203.0.113.8',
    })
    const connection = event({ dst: { addr: '203.0.113.8', port: 443 }, error: '' })
    expect(await read(readInspektorGadgetEvents(lines(answer, connection)))).toEqual([
      expect.objectContaining({ type: 'connect', name: 'api.example.test' }),
    ])
  })
  it('leaves out what failed and what others opened', async () => {
    expect(
      await read(
        readInspektorGadgetEvents(
          lines(
            event({ fname: '/x', flags: '', error: 'ENOENT' }),
            event({ type: 'accept', src: { addr: '10.0.0.1', port: 1 }, dst: { addr: '10.0.0.2', port: 2 } }),
            event({ args: '/x', exepath: '', error: 'ENOENT' }),
          ),
        ),
      ),
    ).toEqual([])
  })
})
