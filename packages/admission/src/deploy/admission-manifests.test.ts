// oxlint-disable typescript/no-explicit-any -- it looks into objects of many kinds
import { Certificate, Issuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1'
import {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from 'kubernetes-models/admissionregistration.k8s.io/v1'
import { Deployment } from 'kubernetes-models/apps/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import {
  ClusterRole,
  ClusterRoleBinding,
  Role,
  RoleBinding,
} from 'kubernetes-models/rbac.authorization.k8s.io/v1'
import { Namespace, Service, ServiceAccount } from 'kubernetes-models/v1'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { admissionManifests, kustomizeBase, toYaml } from './admission-manifests.ts'
import type { DeployOptions } from './deploy-options.ts'
import type { KubernetesObject } from './kubernetes-object.ts'

const models = [
  Certificate,
  ClusterRole,
  ClusterRoleBinding,
  Deployment,
  Issuer,
  MutatingWebhookConfiguration,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  Role,
  RoleBinding,
  Service,
  ServiceAccount,
  ValidatingWebhookConfiguration,
]

/** Checks an object by the schema that the API of Kubernetes (or cert-manager) publishes for its kind. */
function validate(object: KubernetesObject): void {
  const Model = models.find(
    ({ kind, apiVersion }) => kind === object.kind && apiVersion === object.apiVersion,
  )
  if (!Model) throw new Error(`no schema of ${object.apiVersion} ${object.kind}`)
  new (Model as new (data: object) => { validate(): void })(object).validate()
}

const base: DeployOptions = {
  image: `registry.example/sallyport@sha256:${'a'.repeat(64)}`,
  files: { 'webhook.yaml': 'port: 8443\n', 'release.pub': 'public\n' },
  certificate: { type: 'cert-manager' },
}
const everything: DeployOptions = {
  ...base,
  certificate: { type: 'secret', secretName: 'own-tls', authority: '-----BEGIN CERTIFICATE-----\n' },
  name: 'gatekeeper',
  namespace: 'security',
  replicas: 5,
  exemptNamespaces: ['kube-system', 'kube-node-lease'],
  rollout: 'unsafe-observe',
  timeoutSeconds: 5,
  pullSecrets: { prod: ['pull'], stage: [] },
  namespaceLabels: true,
  registryPorts: [443, 5000],
  customResources: [{ group: 'argoproj.io', version: 'v1alpha1', resource: 'rollouts' }],
}

const find = (objects: readonly KubernetesObject[], kind: string) =>
  objects.filter((object) => object.kind === kind) as any[]

describe('admissionManifests', () => {
  it.each([
    ['with defaults', base],
    ['with everything', everything],
    [
      'with another issuer',
      { ...base, certificate: { type: 'cert-manager', issuer: { kind: 'ClusterIssuer', name: 'ca' } } },
    ],
  ] as const)('makes objects that the schemas of the API accept, %s', (_, options) => {
    const objects = admissionManifests(options)
    for (const object of objects) expect(() => validate(object), object.kind).not.toThrow()
  })

  it('has a schema check that notices what is wrong', () => {
    const [deployment] = find(admissionManifests(base), 'Deployment')
    const broken = structuredClone(deployment)
    broken.spec.template.spec.containers[0].ports[0].containerPort = 'https'
    expect(() => validate(broken)).toThrow(/containerPort/)
  })

  it('asks about every kind that holds Pods, and answers no by default', () => {
    for (const kind of ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']) {
      const [webhook] = find(admissionManifests(base), kind)[0].webhooks
      expect(webhook).toMatchObject({
        failurePolicy: 'Fail',
        sideEffects: 'None',
        matchPolicy: 'Equivalent',
        timeoutSeconds: 10,
        // The object says what whoever asks wants it to say; the stored one does not.
        matchConditions: [{ expression: expect.stringMatching(/has\(oldObject\.metadata\./) as string }],
        clientConfig: { service: { path: kind.startsWith('M') ? '/mutate' : '/validate' } },
      })
      expect(webhook.rules.flatMap(({ resources }: any) => resources)).toEqual([
        'pods',
        'pods/ephemeralcontainers',
        'podtemplates',
        'replicationcontrollers',
        'deployments',
        'replicasets',
        'statefulsets',
        'daemonsets',
        'jobs',
        'cronjobs',
      ])
      expect(webhook.namespaceSelector.matchExpressions).toEqual([
        { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['sallyport', 'kube-system'] },
      ])
    }
  })

  it('gives Pods that nothing can be done from', () => {
    const [{ spec }] = find(admissionManifests(base), 'Deployment')
    const pod = spec.template.spec
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    })
    expect(pod.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(spec.strategy.rollingUpdate.maxUnavailable).toBe(0)
  })

  it('gives rights to what is read and nothing else', () => {
    expect(find(admissionManifests(base), 'Role')).toEqual([])
    expect(find(admissionManifests(base), 'ClusterRole')).toEqual([])
    const objects = admissionManifests(everything)
    expect(find(objects, 'ClusterRole').map(({ rules }) => rules)).toEqual([
      [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get'] }],
    ])
    expect(find(objects, 'Role').map(({ metadata, rules }) => [metadata.namespace, rules[1]])).toEqual([
      ['prod', { apiGroups: [''], resources: ['secrets'], resourceNames: ['pull'], verbs: ['get'] }],
      ['stage', { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }],
    ])
    expect(find(objects, 'Deployment')[0].spec.template.spec.automountServiceAccountToken).toBe(true)
  })

  it('names things that are there', () => {
    for (const options of [base, everything]) {
      const objects = admissionManifests(options)
      const [{ metadata, spec }] = find(objects, 'Deployment')
      const { name, namespace } = metadata
      const [service] = find(objects, 'Service')
      expect(spec.template.metadata.labels).toMatchObject(service.spec.selector)
      expect(spec.template.spec.serviceAccountName).toBe(find(objects, 'ServiceAccount')[0].metadata.name)
      for (const binding of [...find(objects, 'RoleBinding'), ...find(objects, 'ClusterRoleBinding')]) {
        expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name, namespace }])
        const roles = find(objects, binding.roleRef.kind)
        expect(roles.map((role) => role.metadata.name)).toContain(binding.roleRef.name)
      }
      const hook = find(objects, 'ValidatingWebhookConfiguration')[0]
      expect(hook.webhooks[0].clientConfig.service).toMatchObject({ name: service.metadata.name, namespace })
      const [certificate] = find(objects, 'Certificate')
      if (certificate) {
        expect(certificate.spec.dnsNames[0]).toBe(`${service.metadata.name}.${namespace}.svc`)
        expect(hook.metadata.annotations).toEqual({
          'cert-manager.io/inject-ca-from': `${namespace}/${certificate.metadata.name}`,
        })
        expect(spec.template.spec.volumes[1].secret.secretName).toBe(certificate.spec.secretName)
      } else {
        expect(spec.template.spec.volumes[1].secret.secretName).toBe('own-tls')
        expect(hook.webhooks[0].clientConfig.caBundle).toBe('LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==')
      }
    }
  })

  it.each<[string, Partial<DeployOptions>, RegExp]>([
    ['an image by tag', { image: 'registry.example/sallyport:1' }, /digest/],
    ['a name that is none', { name: 'Admission' }, /no name/],
    ['a namespace that is none', { namespace: 'a/b' }, /no name/],
    ['an exempt namespace that is a pattern', { exemptNamespaces: ['*'] }, /no name/],
    ['one Pod', { replicas: 1 }, /at least 2/],
    ['too long a timeout', { timeoutSeconds: 31 }, /1 to 30/],
    ['no configuration', { files: {} }, /webhook\.yaml/],
    ['a file elsewhere', { files: { 'webhook.yaml': '', '../x': '' } }, /no file name/],
    ['a private key', { files: { 'webhook.yaml': '-----BEGIN EC PRIVATE KEY-----' } }, /private key/],
  ])('refuses %s', (_, options, message) => {
    expect(() => admissionManifests({ ...base, ...options })).toThrow(
      expect.objectContaining({
        code: 'OPTIONS_INVALID',
        message: expect.stringMatching(message) as string,
      }) as Error,
    )
  })
})

describe('kustomizeBase', () => {
  it('lists each file once, and keeps the webhooks apart', () => {
    for (const options of [base, everything]) {
      const files = kustomizeBase(options)
      const read = (path: string) => parse(files[path]!) as any
      const [first, second] = [read('base/kustomization.yaml'), read('webhooks/kustomization.yaml')]
      const listed = [
        ...first.resources.map((file: string) => `base/${file}`),
        ...first.configMapGenerator[0].files.map((file: string) => `base/${file}`),
        ...second.resources.map((file: string) => `webhooks/${file}`),
      ]
      const isKustomization = (path: string) => path.endsWith('kustomization.yaml')
      expect(listed.toSorted()).toEqual(
        Object.keys(files)
          .filter((path) => !isKustomization(path))
          .toSorted(),
      )
      const objects = [
        ...first.resources.map((file: string) => read(`base/${file}`)),
        ...second.resources.map((file: string) => read(`webhooks/${file}`)),
      ]
      expect(objects).toEqual(admissionManifests(options))
      expect(second.resources).toHaveLength(2)
    }
  })
})

describe('toYaml', () => {
  it('separates objects', () => {
    expect(toYaml([{ a: 1 }, { b: 'x' }])).toBe('a: 1\n---\nb: x\n')
  })
})
