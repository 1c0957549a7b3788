import { describe, expect, it } from 'vitest'
import { findWorkloadCommands } from './find-workload-commands.ts'

const config = (entry: object = { Entrypoint: ['/entry'], Cmd: ['serve'] }) =>
  ({ config: { config: entry } }) as unknown as Parameters<typeof findWorkloadCommands>[1]
const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  template:
    spec:
      initContainers:
        - { name: migrate, image: 'registry.example/web:1.2', command: [/app/migrate, $(DSN), '$$(DSN)'], env: [{ name: DSN, value: 'db' }] }
        - { name: wait, image: busybox, command: [sh, -c, 'sleep 1'] }
      containers:
        - name: app
          image: registry.example/web:1.2
          args: [--port, '80']
          readinessProbe: { exec: { command: [/bin/sh, -c, 'curl -f localhost'] } }
          livenessProbe: { httpGet: { path: /, port: 80 } }
          startupProbe: { exec: { command: [/bin/check, '$(DSN)'] } }
          lifecycle:
            preStop: { exec: { command: [/bin/sh, -c, sleep 5] } }
            postStart: { exec: { command: [/bin/sh, -c, sleep 5] } }
        - { name: plain, image: 'registry.example/web:1.2' }
---
apiVersion: v1
kind: Service
metadata: { name: web }
---
# nothing
`
const find = (
  manifest: string,
  image: Parameters<typeof findWorkloadCommands>[2]['image'] = 'registry.example/web',
) => findWorkloadCommands(manifest, config(), { image }).map(({ words }) => words.join(' '))

describe('findWorkloadCommands', () => {
  it('finds what a deployment runs in an image: start, init, probes, hooks; each once', () => {
    expect(findWorkloadCommands(deployment, config(), { image: ['registry.example/web'] })).toEqual([
      { words: ['/app/migrate', 'db', '$(DSN)'], source: 'Deployment web, container migrate, command' },
      { words: ['/entry', '--port', '80'], source: 'Deployment web, container app, command' },
      { words: ['/bin/check', '$(DSN)'], source: 'Deployment web, container app, startupProbe' },
      {
        words: ['/bin/sh', '-c', 'curl -f localhost'],
        source: 'Deployment web, container app, readinessProbe',
      },
      { words: ['/bin/sh', '-c', 'sleep 5'], source: 'Deployment web, container app, postStart' },
    ])
  })

  it.each([
    ['Pod', 'spec: '],
    ['PodTemplate', 'template: { spec: ', ' }'],
    ['StatefulSet', 'spec: { template: { spec: ', ' } }'],
    ['DaemonSet', 'spec: { template: { spec: ', ' } }'],
    ['ReplicaSet', 'spec: { template: { spec: ', ' } }'],
    ['Job', 'spec: { template: { spec: ', ' } }'],
    ['CronJob', 'spec: { jobTemplate: { spec: { template: { spec: ', ' } } } }'],
  ])('finds those of a %s', (kind, before, after = '') => {
    const pod = '{ containers: [{ name: a, image: x, command: [run] }] }'
    expect(find(`kind: ${kind}\nmetadata: { name: n }\n${before}${pod}${after}\n`, 'x')).toEqual(['run'])
  })

  it.each([
    ['a reference with its tag', 'registry.example:5000/web:1', 'registry.example:5000/web:1', true],
    [
      'a repository, whatever the version',
      'registry.example:5000/web',
      'registry.example:5000/web:1@sha256:0',
      true,
    ],
    ['another tag', 'web:1', 'web:2', false],
    ['a longer name', 'web', 'web-admin:1', false],
    ['a function', (reference: string) => reference.startsWith('we'), 'web:3', true],
  ])('selects containers by %s', (_, image, reference, isFound) => {
    const manifest = `kind: Pod\nspec: { containers: [{ name: a, image: '${reference}', command: [run] }] }`
    expect(find(manifest, image)).toEqual(isFound ? ['run'] : [])
  })

  it('reads lists, and JSON', () => {
    const pod = { kind: 'Pod', spec: { containers: [{ name: 'a', image: 'x', command: ['run'] }] } }
    expect(find(JSON.stringify({ kind: 'List', items: [pod] }), 'x')).toEqual(['run'])
  })

  it.each([
    ['no YAML', 'kind: [', 'MANIFEST_INVALID'],
    ['a pod without containers', 'kind: Pod\nspec: {}', 'MANIFEST_INVALID'],
    [
      'a command that is no list',
      'kind: Pod\nspec: { containers: [{ name: a, command: run }] }',
      'MANIFEST_INVALID',
    ],
    [
      'very many aliases',
      `a: &a [${'1,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nc: [${'*b,'.repeat(50)}]`,
      'MANIFEST_INVALID',
    ],
    ['a list of very many', `{"kind":"List","items":[${'0,'.repeat(10_001)}0]}`, 'LIMIT_EXCEEDED'],
    ['very many bytes', ' '.repeat(16 * 1024 * 1024 + 1), 'LIMIT_EXCEEDED'],
  ])('refuses %s', (_, manifest, code) => {
    expect(() => find(manifest)).toThrow(expect.objectContaining({ code }))
  })
})
