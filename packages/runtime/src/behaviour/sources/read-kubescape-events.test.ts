import { describe, expect, it } from 'vitest'
import { readKubescapeEvents } from './read-kubescape-events.ts'
import { digest, read } from './read-events.fixture.ts'

describe('readKubescapeEvents', () => {
  const profile = (
    status: string,
    completion: string,
  ) => `apiVersion: spdx.softwarecomposition.kubescape.io/v1beta1
kind: ApplicationProfile
metadata:
  name: replicaset-cart-5f6d
  namespace: shop
  annotations:
    kubescape.io/status: ${status}
    kubescape.io/completion: ${completion}
spec:
  architectures: [amd64]
  containers:
  - name: cart
    imageID: reg.test/cart@${digest}
    imageTag: reg.test/cart:2.1
    capabilities: [NET_BIND_SERVICE]
    execs:
    - {path: /usr/bin/cartd, args: [/usr/bin/cartd, --port, "80"]}
    opens:
    - {path: /etc/cart.yaml, flags: [O_RDONLY]}
    - {path: /var/lib/cart/⋯/data, flags: [O_RDWR]}
    - {path: /srv/*, flags: [O_RDONLY]}
    syscalls: [openat, read]
    endpoints: null
  ephemeralContainers:
  - {name: debugger-abc, execs: [{path: /bin/sh, args: null}]}
`
  it('reads a complete profile, with a gap for paths of any depth', async () => {
    const all = await read(readKubescapeEvents(profile('completed', 'complete')))
    const container = { name: 'cart', image: 'reg.test/cart:2.1', imageDigest: digest, namespace: 'shop' }
    expect(all).toMatchObject([
      { type: 'exec', path: '/usr/bin/cartd', arguments: ['/usr/bin/cartd', '--port', '80'], container },
      { type: 'open', path: '/etc/cart.yaml', writes: false, isPattern: false },
      { type: 'open', path: '/var/lib/cart/⋯/data', writes: true, isPattern: true },
      { type: 'gap', code: 'partial' },
      { type: 'capability', name: 'CAP_NET_BIND_SERVICE' },
      { type: 'syscall', name: 'openat' },
      { type: 'syscall', name: 'read' },
      { type: 'exec', path: '/bin/sh', tags: ['debug'] },
    ])
  })
  it.each([
    ['completed', 'partial'],
    ['ready', 'complete'],
    ['too-large', 'complete'],
    ['learning', 'partial'],
  ])('begins with a gap when it is %s and %s', async (status, completion) => {
    expect((await read(readKubescapeEvents(profile(status, completion))))[0]).toMatchObject({
      type: 'gap',
      code: 'partial',
    })
  })
  it('reads the neighbours of a NetworkNeighborhood and of a ContainerProfile in a List', async () => {
    const annotations = { 'kubescape.io/status': 'completed', 'kubescape.io/completion': 'complete' }
    const egress = [
      {
        identifier: 'a',
        type: 'external',
        dns: 'api.example.test.',
        dnsNames: ['api.example.test.'],
        ipAddress: '203.0.113.7',
        ports: [{ name: 'TCP-443', protocol: 'TCP', port: 443 }],
      },
      {
        identifier: 'b',
        type: 'internal',
        dnsNames: null,
        ports: [{ name: 'UDP-53', protocol: 'UDP', port: 53 }],
        podSelector: {},
      },
    ]
    const ingress = [{ identifier: 'c', type: 'internal', ports: [{ protocol: 'TCP', port: 8080 }] }]
    const list = {
      kind: 'List',
      items: [
        {
          kind: 'NetworkNeighborhood',
          metadata: { name: 'n', annotations },
          spec: { containers: [{ name: 'cart', egress, ingress }] },
        },
        {
          kind: 'ContainerProfile',
          metadata: { name: 'p', annotations },
          spec: { name: 'cart', syscalls: ['bind'] },
        },
      ],
    }
    expect(await read(readKubescapeEvents(JSON.stringify(list)))).toMatchObject([
      { type: 'connect', protocol: 'tcp', address: '203.0.113.7', port: 443, name: 'api.example.test' },
      { type: 'gap', code: 'partial' },
      { type: 'listen', protocol: 'tcp', address: '0.0.0.0', port: 8080 },
      { type: 'syscall', name: 'bind' },
    ])
  })
  it.each([
    ['another kind', '{"kind":"Pod","metadata":{},"spec":{}}'],
    ['no object', ''],
    ['no YAML', 'a: [b'],
    ['what is nested too deeply', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`],
  ])('refuses %s', async (_, text) => {
    await expect(read(readKubescapeEvents(text))).rejects.toMatchObject({
      name: 'RuntimeError',
      code: 'EVENTS_INVALID',
    })
  })
})
