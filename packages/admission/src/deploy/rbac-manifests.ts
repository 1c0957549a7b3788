import type { ResolvedDeploy } from './deploy-options.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import { labelsOf } from './workload-manifests.ts'

const group = 'rbac.authorization.k8s.io'

/** The rights of the webhook: only what it reads, by name where names are given. */
export function rbacManifests(options: ResolvedDeploy): readonly KubernetesObject[] {
  const { name, namespace, pullSecrets, namespaceLabels } = options
  const labels = labelsOf(name)
  const subjects = [{ kind: 'ServiceAccount', name, namespace }]
  const get = (resource: string, names: readonly string[] = []) => ({
    apiGroups: [''],
    resources: [resource],
    ...(names.length > 0 ? { resourceNames: names } : {}),
    verbs: ['get'],
  })
  const cluster = namespaceLabels
    ? [
        {
          apiVersion: `${group}/v1`,
          kind: 'ClusterRole',
          metadata: { name, labels },
          rules: [get('namespaces')],
        },
        {
          apiVersion: `${group}/v1`,
          kind: 'ClusterRoleBinding',
          metadata: { name, labels },
          roleRef: { apiGroup: group, kind: 'ClusterRole', name },
          subjects,
        },
      ]
    : []
  const perNamespace = Object.entries(pullSecrets).flatMap(([place, names]) => {
    const metadata = { name: `${name}-pull-secrets`, namespace: place, labels }
    return [
      {
        apiVersion: `${group}/v1`,
        kind: 'Role',
        metadata,
        rules: [get('serviceaccounts'), get('secrets', names)],
      },
      {
        apiVersion: `${group}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: group, kind: 'Role', name: metadata.name },
        subjects,
      },
    ]
  })
  return [...cluster, ...perNamespace]
}
