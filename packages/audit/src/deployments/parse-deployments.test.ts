import { describe, expect, it } from 'vitest'
import { parseDeployments } from './parse-deployments.ts'

const digest = `sha256:${'ab'.repeat(32)}`
const parse = (text: string, cluster?: string) => parseDeployments(text, { source: 'running.txt', cluster })
const json = (value: unknown) => parse(JSON.stringify(value))

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-5d4-x',
    namespace: 'shop',
    labels: { 'pod-template-hash': '5d4' },
    ownerReferences: [{ kind: 'ReplicaSet', name: 'web-5d4', controller: true }],
  },
  spec: {
    initContainers: [{ name: 'migrate', image: 'prod.example/shop/migrate:1' }],
    containers: [{ name: 'web', image: 'prod.example/shop/web:1' }],
    ephemeralContainers: [{ name: 'debug', image: 'busybox' }],
  },
  status: {
    containerStatuses: [
      { name: 'web', image: 'sha256:1', imageID: `docker-pullable://mirror.example/web@${digest}` },
    ],
    initContainerStatuses: [{ name: 'migrate', image: 'prod.example/shop/migrate:1', imageID: '' }],
    ephemeralContainerStatuses: [{ name: 'debug', imageID: `docker://${digest}` }],
  },
}
const common = { namespace: 'shop', workload: 'Deployment web' }
const ofPod = [
  { ...common, container: 'migrate', reference: 'prod.example/shop/migrate:1' },
  {
    ...common,
    container: 'web',
    reference: 'prod.example/shop/web:1',
    digest,
    pulledFrom: 'mirror.example/web',
  },
  { ...common, container: 'debug', reference: 'busybox', digest },
]

describe('parseDeployments of Kubernetes objects', () => {
  it('takes what a pod reports, and of a container that has not started what it asks for', () => {
    expect(json(pod)).toEqual(ofPod)
  })

  it.each<[string, string]>([
    ['a list', JSON.stringify({ kind: 'List', apiVersion: 'v1', items: [pod, pod] })],
    [
      'a list of one kind, as the server sends it',
      JSON.stringify({ kind: 'PodList', items: [{ ...pod, kind: undefined }] }),
    ],
    ['an array', JSON.stringify([pod])],
    ['a line each', `${JSON.stringify(pod)}\n${JSON.stringify(pod)}\n`],
    ['text with a byte order mark', `\ufeff${JSON.stringify(pod)}`],
  ])('reads %s; what pods report alike is one', (_title, text) => {
    expect(parse(text)).toEqual(ofPod)
  })

  const spec = (image: string) => ({ containers: [{ name: 'main', image }] })
  it.each([
    ['Deployment', { spec: { template: { spec: spec('a.example/x:1') } } }],
    ['StatefulSet', { spec: { template: { spec: spec('a.example/x:1') } } }],
    ['DaemonSet', { spec: { template: { spec: spec('a.example/x:1') } } }],
    ['Job', { spec: { template: { spec: spec('a.example/x:1') } } }],
    ['CronJob', { spec: { jobTemplate: { spec: { template: { spec: spec('a.example/x:1') } } } } }],
    ['PodTemplate', { template: { spec: spec('a.example/x:1') } }],
    ['Rollout', { spec: { template: { spec: spec('a.example/x:1') } } }],
  ])('takes what a %s asks for', (kind, rest) => {
    expect(json({ kind, metadata: { name: 'x', namespace: 'n' }, ...rest })).toEqual([
      { namespace: 'n', workload: `${kind} x`, container: 'main', reference: 'a.example/x:1' },
    ])
  })

  it('reads several documents of YAML, passes over other kinds, and names the cluster', () => {
    const text = `
kind: ConfigMap
metadata: { name: settings }
---
kind: Pod
metadata: { name: bare }
spec:
  containers:
    - { name: main, image: "a.example/x:1" }
  volumes:
    - { name: model, image: { reference: "a.example/model:7" } }
---
`
    expect(parse(text, 'east')).toEqual([
      { cluster: 'east', workload: 'Pod bare', container: 'main', reference: 'a.example/x:1' },
      { cluster: 'east', workload: 'Pod bare', container: 'volume model', reference: 'a.example/model:7' },
    ])
  })

  it('keeps each of several statuses of one name: none hides another', () => {
    const other = `sha256:${'cd'.repeat(32)}`
    const containerStatuses = [digest, other].map((each) => ({ name: 'web', imageID: each }))
    const spec = { containers: [{ name: 'web', image: 'prod.example/shop/web:1' }] }
    for (const each of [
      { ...pod, spec, status: { containerStatuses } },
      { ...pod, spec: {}, status: { containerStatuses } },
    ])
      expect(json(each).map((image) => image.digest)).toEqual([digest, other])
  })

  it('takes statuses alone', () => {
    const { spec: _spec, ...reported } = pod
    expect(
      json({ ...reported, metadata: { name: 'p' } }).map(({ container, digest: found }) => [
        container,
        found,
      ]),
    ).toEqual([
      ['migrate', undefined],
      ['web', digest],
      ['debug', digest],
    ])
  })

  it('keeps an image that can not be read: it runs, and is not known', () => {
    const odd = { kind: 'Pod', metadata: { name: 'p' }, spec: spec('NOT a reference\u001b[2J') }
    expect(json(odd)).toEqual([{ workload: 'Pod p', container: 'main', reference: 'NOT a reference [2J' }])
  })
})

describe('parseDeployments of plain lists', () => {
  const expected = [
    {
      cluster: 'east',
      namespace: 'shop',
      workload: 'web',
      reference: 'a.example/web:1',
      digest,
      platform: 'linux/arm64',
    },
    { workload: 'job, nightly', reference: digest, digest },
  ]
  it.each<[string, string]>([
    [
      'CSV',
      `cluster,namespace,workload,image,imageID,platform\r\neast,shop,web,a.example/web:1,${digest},linux/arm64\r\n,,"job, nightly",,${digest},\r\n`,
    ],
    [
      'JSON',
      JSON.stringify([
        {
          cluster: 'east',
          namespace: 'shop',
          workload: 'web',
          image: 'a.example/web:1',
          imageID: digest,
          platform: 'linux/arm64',
        },
        { workload: 'job, nightly', imageID: digest, namespace: null },
      ]),
    ],
    [
      'JSON lines',
      `{"cluster":"east","namespace":"shop","workload":"web","image":"a.example/web:1","image_id":"${digest}","platform":"linux/arm64"}\n\n{"workload":"job, nightly","imageId":"${digest}"}`,
    ],
  ])('reads %s', (_title, text) => {
    expect(parse(text)).toEqual(expected)
  })

  it('names a workload that nobody named', () => {
    expect(parse('image\na.example/web:1\n')).toEqual([{ workload: 'unnamed', reference: 'a.example/web:1' }])
  })
})

describe('parseDeployments refuses', () => {
  it.each<[string, string, string]>([
    ['nothing', '', 'running.txt: it names no image'],
    ['an empty list', '{"kind":"List","items":[]}', 'running.txt: it names no image'],
    ['an empty array', '[]', 'running.txt: it names no image'],
    ['objects without pods', 'kind: Service\nmetadata: { name: x }', 'running.txt: it names no image'],
    ['a header alone', 'workload,image\n', 'running.txt: it names no image'],
    ['broken JSON', '{"kind":', 'running.txt: '],
    ['a broken line of JSON', '{"image":"a.example/x"}\n{"image"', 'running.txt:2: '],
    ['deep JSON', `${'['.repeat(100)}`, 'running.txt: nested deeper'],
    ['broken YAML', 'kind: Pod\n\tspec: {', 'running.txt:2: '],
    ['deep YAML', `a: ${'['.repeat(20_000)}`, 'running.txt'],
    [
      'many aliases',
      `a: &a [x]\nb: &b [${'*a,'.repeat(50)}]\nc: &c [${'*b,'.repeat(50)}]\nd: [${'*c,'.repeat(50)}]`,
      'running.txt: ',
    ],
    ['text', 'just some words', 'running.txt:1: expected an object'],
    ['a pod without spec', '{"kind":"Pod"}', 'running.txt spec: '],
    [
      'a malformed pod',
      'kind: Pod\nspec:\n  containers:\n    - image: 5',
      'running.txt:4 spec.containers[0].image: ',
    ],
    [
      'a malformed status',
      JSON.stringify({ ...pod, status: { containerStatuses: {} } }),
      'running.txt status.containerStatuses: ',
    ],
    ['an item that is none', '{"kind":"List","items":[7]}', 'running.txt items[0]: expected an object'],
    [
      'a list in a list',
      '{"kind":"List","items":[{"kind":"List","items":[]}]}',
      'running.txt items[0]: a list in a list',
    ],
    [
      'an unknown column',
      `image,imageDigest\na.example/x,${digest}`,
      'running.txt:2: unknown field "imageDigest"',
    ],
    [
      'a column twice, of which one would hide the other',
      'image,workload,image\na.example/x,web,b.example/x',
      'running.txt:1: the column "image" is there twice',
    ],
    [
      'a field twice, by two names',
      JSON.stringify([{ imageID: digest, image_id: `sha256:${'cd'.repeat(32)}` }]),
      'running.txt [0]: imageID is there twice',
    ],
    [
      'a line without an image',
      'workload,image\nweb,a.example/x\njob,\n',
      'running.txt:3: neither image nor imageID',
    ],
    [
      'a line with a value too many',
      'workload,image\nweb,a.example/x,1\n',
      'running.txt:2: 3 values under 2 columns',
    ],
    [
      'a quote without an end',
      'workload,image\n"web,a.example/x\n',
      'running.txt: line 2: a quote has no end',
    ],
    ['a value that is no text', '[{"image":["a.example/x"]}]', 'running.txt [0]: image: expected text'],
  ])('%s', (_title, text, message) => {
    let error: unknown
    try {
      parse(text)
    } catch (cause) {
      error = cause
    }
    expect(error).toMatchObject({ name: 'AuditError', code: 'DEPLOYMENTS_INVALID' })
    expect((error as Error).message.slice(0, message.length)).toBe(message)
  })
})
