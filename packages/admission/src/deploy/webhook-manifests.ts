import type { ResolvedDeploy } from './deploy-options.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import { certificateSecret, labelsOf } from './workload-manifests.ts'

const api = 'admissionregistration.k8s.io/v1'

/** What the API server is told: which objects to ask about, and what to do without an answer. */
export function webhookManifests(options: ResolvedDeploy): readonly KubernetesObject[] {
  const { name, namespace, certificate } = options
  const annotations =
    certificate.type === 'cert-manager'
      ? { 'cert-manager.io/inject-ca-from': `${namespace}/${name}` }
      : undefined
  const metadata = { name, labels: labelsOf(name), ...(annotations ? { annotations } : {}) }
  return [
    {
      apiVersion: api,
      kind: 'MutatingWebhookConfiguration',
      metadata,
      // Images that another webhook adds later are pinned as well.
      webhooks: [{ ...webhook(options, 'mutate'), reinvocationPolicy: 'IfNeeded' }],
    },
    {
      apiVersion: api,
      kind: 'ValidatingWebhookConfiguration',
      metadata,
      webhooks: [webhook(options, 'validate')],
    },
  ]
}

function webhook(options: ResolvedDeploy, phase: 'mutate' | 'validate') {
  const { name, namespace, certificate, timeoutSeconds, rollout } = options
  return {
    name: `${phase}.${name}.sallyport.dev`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: rollout === 'enforce' ? 'Fail' : 'Ignore',
    matchPolicy: 'Equivalent',
    timeoutSeconds,
    clientConfig: {
      service: { name, namespace, path: `/${phase}`, port: 443 },
      ...(certificate.type === 'secret'
        ? { caBundle: Buffer.from(certificate.authority).toString('base64') }
        : {}),
    },
    // The API server sets this label itself: nobody can move a namespace out of the check by it.
    namespaceSelector: {
      matchExpressions: [
        {
          key: 'kubernetes.io/metadata.name',
          operator: 'NotIn',
          values: [...new Set([namespace, ...options.exemptNamespaces])],
        },
      ],
    },
    matchConditions: [
      {
        // Finalizers of what goes away have to be removable, whatever its image. Only what is stored is believed.
        name: 'is-not-being-deleted',
        expression: "request.operation != 'UPDATE' || !has(oldObject.metadata.deletionTimestamp)",
      },
    ],
    rules: rules(options),
  }
}

function rules({ customResources }: ResolvedDeploy) {
  const rule = (apiGroup: string, apiVersion: string, resources: readonly string[]) => ({
    apiGroups: [apiGroup],
    apiVersions: [apiVersion],
    operations: ['CREATE', 'UPDATE'],
    resources,
    scope: 'Namespaced',
  })
  return [
    rule('', 'v1', ['pods', 'pods/ephemeralcontainers', 'podtemplates', 'replicationcontrollers']),
    rule('apps', 'v1', ['deployments', 'replicasets', 'statefulsets', 'daemonsets']),
    rule('batch', 'v1', ['jobs', 'cronjobs']),
    ...customResources.map(({ group, version, resource }) => rule(group, version, [resource])),
  ]
}

/** What cert-manager is asked for; nothing where the certificate comes from elsewhere. */
export function certificateManifests(options: ResolvedDeploy): readonly KubernetesObject[] {
  const { name, namespace, certificate } = options
  if (certificate.type !== 'cert-manager') return []
  const labels = labelsOf(name)
  const issuer = certificate.issuer ?? { kind: 'Issuer', name }
  const own: readonly KubernetesObject[] = certificate.issuer
    ? []
    : [
        {
          apiVersion: 'cert-manager.io/v1',
          kind: 'Issuer',
          metadata: { name, namespace, labels },
          spec: { selfSigned: {} },
        },
      ]
  return [
    ...own,
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name, namespace, labels },
      spec: {
        secretName: certificateSecret(options),
        issuerRef: { group: 'cert-manager.io', ...issuer },
        dnsNames: [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`],
        privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
        usages: ['server auth', 'digital signature'],
        duration: '2160h0m0s',
        renewBefore: '720h0m0s',
      },
    },
  ]
}
