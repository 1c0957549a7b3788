import type { ResolvedDeploy } from './deploy-options.ts'
import type { KubernetesObject } from './kubernetes-object.ts'

/** Labels that all objects of a webhook carry. */
export function labelsOf(name: string): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'sallyport' }
}

/** Name of the Secret that the certificate is in. */
export function certificateSecret({ certificate, name }: ResolvedDeploy): string {
  return (certificate.type === 'secret' ? certificate.secretName : undefined) ?? `${name}-tls`
}

/** Whether the webhook asks the API server for anything. */
function readsCluster({ pullSecrets, namespaceLabels }: ResolvedDeploy): boolean {
  return namespaceLabels || Object.keys(pullSecrets).length > 0
}

/** The Pods of the webhook and what goes with them. */
export function workloadManifests(options: ResolvedDeploy): readonly KubernetesObject[] {
  const { name, namespace, replicas } = options
  const labels = labelsOf(name)
  const metadata = { name, namespace, labels }
  const selector = { 'app.kubernetes.io/name': name }
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: namespace,
        labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'restricted' },
      },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    deployment(options),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector, ports: [{ name: 'https', port: 443, targetPort: 'https', protocol: 'TCP' }] },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { maxUnavailable: Math.max(1, Math.floor(replicas / 3)), selector: { matchLabels: selector } },
    },
    networkPolicy(options),
  ]
}

function deployment(options: ResolvedDeploy): KubernetesObject {
  const { name, namespace, replicas, image, command } = options
  const labels = labelsOf(name)
  const selector = { matchLabels: { 'app.kubernetes.io/name': name } }
  const spread = (topologyKey: string) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: selector,
  })
  const probe = (path: string, more: object) => ({
    httpGet: { path, port: 'https', scheme: 'HTTPS' },
    ...more,
  })
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector,
      // A new Pod is ready before an old one goes: without one nothing starts in the cluster.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: readsCluster(options),
          priorityClassName: 'system-cluster-critical',
          terminationGracePeriodSeconds: 60,
          topologySpreadConstraints: [
            spread('kubernetes.io/hostname'),
            spread('topology.kubernetes.io/zone'),
          ],
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            fsGroup: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'webhook',
              image,
              command,
              ports: [{ name: 'https', containerPort: 8443, protocol: 'TCP' }],
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              resources: { requests: { cpu: '200m', memory: '256Mi' }, limits: { memory: '1Gi' } },
              startupProbe: probe('/readyz', { periodSeconds: 2, failureThreshold: 30 }),
              readinessProbe: probe('/readyz', { periodSeconds: 5, failureThreshold: 2, timeoutSeconds: 3 }),
              livenessProbe: probe('/healthz', { periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 }),
              volumeMounts: [
                { name: 'configuration', mountPath: '/etc/sallyport', readOnly: true },
                { name: 'certificate', mountPath: '/etc/sallyport-tls', readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'configuration', configMap: { name } },
            { name: 'certificate', secret: { secretName: certificateSecret(options) } },
          ],
        },
      },
    },
  }
}

function networkPolicy(options: ResolvedDeploy): KubernetesObject {
  const { name, namespace, registryPorts } = options
  const tcp = (port: number | string) => ({ protocol: 'TCP', port })
  // The API server's own ports are where clusters put it: 443 by its Service, 6443 behind it.
  const ports = new Set([...registryPorts, ...(readsCluster(options) ? [443, 6443] : [])])
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels: labelsOf(name) },
    spec: {
      podSelector: { matchLabels: { 'app.kubernetes.io/name': name } },
      policyTypes: ['Ingress', 'Egress'],
      // The API server is no Pod that a selector could name.
      ingress: [{ ports: [tcp('https')] }],
      egress: [
        { ports: [{ protocol: 'UDP', port: 53 }, tcp(53)] },
        { ports: [...ports].map((port) => tcp(port)) },
      ],
    },
  }
}
