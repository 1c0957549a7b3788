import { describe, expect, it } from 'vitest'
import { readTetragonEvents } from './read-tetragon-events.ts'
import { digest, lines, read } from './read-events.fixture.ts'

describe('readTetragonEvents', () => {
  const process = (rest: object = {}) => ({
    exec_id: 'bm9kZTo1MDox',
    parent_exec_id: 'bm9kZTo0MDox',
    pid: 50,
    uid: 0,
    cwd: '/srv',
    binary: '/usr/bin/curl',
    arguments: '-s http://a.test',
    flags: 'execve clone',
    docker: '3ad7b26ded6d',
    pod: {
      namespace: 'shop',
      name: 'cart-x2',
      container: {
        id: 'containerd://3ad7b26ded6d99',
        name: 'cart',
        image: { id: `reg.test/cart@${digest}`, name: 'reg.test/cart:2.1' },
      },
      workload: 'cart',
    },
    ...rest,
  })
  const parent = {
    exec_id: 'bm9kZTo0MDox',
    pid: 40,
    cwd: '/',
    binary: '/usr/bin/cartd',
    docker: '3ad7b26ded6d',
  }
  const time = '2026-03-01T10:00:00.5Z'
  const hook = (name: string, args: readonly object[], rest: object = {}) => ({
    process_kprobe: { process: process(), parent, function_name: name, args, ...rest },
    node_name: 'n',
    time,
  })
  it('knows the container of a process by itself or its parent, while metadata lags', async () => {
    const bare = (exec_id: string, parent_exec_id: string, binary: string) => ({
      ...process({ exec_id, parent_exec_id, binary }),
      docker: undefined,
      pod: undefined,
    })
    const all = await read(
      readTetragonEvents(
        lines(
          { process_exec: { process: process(), parent }, time },
          { process_exec: { process: bare('child', process().exec_id, '/tmp/x'), parent: process() }, time },
          { process_exec: { process: bare('grandchild', 'child', '/tmp/y') }, time },
          { process_exec: { process: bare('node', 'other', '/usr/bin/kubelet') }, time },
        ),
      ),
    )
    expect(all.map((one) => (one.type === 'exec' ? [one.path, one.container?.id] : one))).toEqual([
      ['/usr/bin/curl', '3ad7b26ded6d99'],
      ['/tmp/x', '3ad7b26ded6d99'],
      ['/tmp/y', '3ad7b26ded6d99'],
    ])
  })
  const hash = 'cd'.repeat(32)
  it.each([
    [
      'a program',
      { process_exec: { process: process(), parent }, time },
      {
        type: 'exec',
        path: '/usr/bin/curl',
        arguments: ['/usr/bin/curl', '-s', 'http://a.test'],
        origin: undefined,
        tags: [],
      },
    ],
    [
      'a wrapped number',
      { process_exec: { process: process({ pid: { value: 50 } }), parent }, time },
      { process: { pid: 50 } },
    ],
    [
      'a probe',
      {
        process_exec: {
          process: process({
            pod: { ...process().pod, container: { ...process().pod.container, maybe_exec_probe: true } },
          }),
          parent,
        },
        time,
      },
      { tags: ['probe'] },
    ],
    [
      'someone who entered',
      { process_exec: { process: process({ in_init_tree: false }), parent }, time },
      { tags: ['entered'] },
    ],
    [
      'a deleted program',
      {
        process_exec: {
          process: process({
            binary: '/memfd:x (deleted)',
            binary_properties: { file: { inode: { number: '7', links: 0 } } },
          }),
          parent,
        },
        time,
      },
      { type: 'exec', origin: 'memory' },
    ],
    [
      'a measured program',
      {
        process_exec: {
          process: process({ binary_properties: { file: { hash: { sha256: hash } } } }),
          parent,
        },
        time,
      },
      { digest: `sha256:${hash}` },
    ],
    [
      'cut arguments',
      { process_exec: { process: process({ flags: 'execve truncArgs' }), parent }, time },
      { arguments: ['/usr/bin/curl', '-s', 'http://a.test', '…'] },
    ],
    [
      'arguments that could not be read',
      { process_exec: { process: process({ flags: 'execve errorArgs' }), parent }, time },
      { arguments: undefined },
    ],
    [
      'arguments with spaces',
      { process_exec: { process: process({ arguments: '-c "import os" x' }), parent }, time },
      { arguments: ['/usr/bin/curl', '-c', 'import os', 'x'] },
    ],
    [
      'a file',
      hook('security_file_open', [{ file_arg: { path: '/etc/passwd', permission: '-rw-r--r--' } }]),
      { type: 'open', path: '/etc/passwd', writes: false },
    ],
    [
      'a file that is written',
      hook('security_file_permission', [{ file_arg: { path: '/etc/passwd' } }, { int_arg: 2 }]),
      { type: 'open', writes: true },
    ],
    [
      'a connection',
      hook('tcp_connect', [
        {
          sock_arg: {
            family: 'AF_INET',
            type: 'SOCK_STREAM',
            protocol: 'IPPROTO_TCP',
            saddr: '10.0.0.9',
            daddr: '203.0.113.7',
            sport: 51000,
            dport: 4444,
          },
        },
      ]),
      { type: 'connect', protocol: 'tcp', address: '203.0.113.7', port: 4444 },
    ],
    [
      'an address of IPv6',
      hook('security_socket_connect', [
        { sockaddr_arg: { family: 'AF_INET6', addr: '2001:DB8:0::1', port: 443 } },
      ]),
      { type: 'connect', protocol: 'unknown', address: '2001:db8::1', port: 443 },
    ],
    [
      'a listener',
      hook('inet_csk_listen_start', [
        {
          sock_arg: {
            family: 'AF_INET',
            protocol: 'IPPROTO_TCP',
            saddr: '0.0.0.0',
            sport: 9001,
            daddr: '0.0.0.0',
            dport: 0,
          },
        },
      ]),
      { type: 'listen', address: '0.0.0.0', port: 9001 },
    ],
    [
      'a capability',
      hook('cap_capable', [{ capability_arg: { value: 21, name: 'CAP_SYS_ADMIN' } }], {
        return: { int_arg: -1 },
      }),
      { type: 'capability', name: 'CAP_SYS_ADMIN' },
    ],
    [
      'a path that is not whole',
      hook('security_file_open', [{ file_arg: { path: '/tail', flags: 'unresolvedPathComponents' } }]),
      { type: 'gap', code: 'unreadable' },
    ],
    [
      'throttling',
      { process_throttle: { type: 'THROTTLE_START', cgroup: 'x' }, time },
      { type: 'gap', code: 'lost' },
    ],
    [
      'a rate limit',
      { rate_limit_info: { number_of_dropped_process_events: '42' }, time },
      { type: 'gap', code: 'lost', count: 42 },
    ],
    ['something else', { hello: 1 }, { type: 'gap', code: 'unreadable' }],
  ])('reads %s', async (_, line, expected) => {
    const all = await read(readTetragonEvents(lines(line)))
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({ ...expected, source: 'tetragon' })
    if (all[0]?.type !== 'gap')
      expect(all[0]).toMatchObject({
        container: { id: '3ad7b26ded6d99', name: 'cart', imageDigest: digest, pod: 'cart-x2' },
        process: { parents: [{ pid: 40, name: 'cartd', executable: '/usr/bin/cartd' }] },
      })
  })
  it('knows the parents of parents from earlier events', async () => {
    const grandchild = process({ exec_id: 'c', parent_exec_id: 'bm9kZTo1MDox', pid: 60, binary: '/bin/sh' })
    const all = await read(
      readTetragonEvents(
        lines(
          { process_exec: { process: process(), parent }, time },
          { process_exec: { process: grandchild, parent: process() }, time },
        ),
      ),
    )
    expect(all[1]).toMatchObject({
      process: {
        parents: [
          { pid: 50, name: 'curl' },
          { pid: 40, name: 'cartd' },
        ],
      },
    })
  })
  it('leaves out programs of the node, and files that could not be opened', async () => {
    const own = { ...process(), docker: undefined, pod: undefined }
    const failed = hook('security_file_open', [{ file_arg: { path: '/etc/shadow' } }], {
      return: { int_arg: -13 },
    })
    expect(
      await read(
        readTetragonEvents(
          lines({ process_exec: { process: own }, time }, failed, { process_exit: { process: own } }),
        ),
      ),
    ).toEqual([])
  })
})
