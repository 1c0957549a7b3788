import { stringify } from 'yaml'
import { type DeployOptions, resolveDeploy } from './deploy-options.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import { rbacManifests } from './rbac-manifests.ts'
import { certificateManifests, webhookManifests } from './webhook-manifests.ts'
import { workloadManifests } from './workload-manifests.ts'

/**
 * Makes the objects that run the webhook in a cluster: namespace, service account with the least rights, two Pods that
 * nothing can be done from, Service, disruption budget, network policy, certificate, and last the configurations that
 * make the API server ask. The ConfigMap of the files is made by kustomize; see {@link kustomizeBase}.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID` for what a cluster would refuse, or what would lock it.
 */
export function admissionManifests(options: DeployOptions): readonly KubernetesObject[] {
  const resolved = resolveDeploy(options)
  return [
    ...workloadManifests(resolved),
    ...rbacManifests(resolved),
    ...certificateManifests(resolved),
    ...webhookManifests(resolved),
  ]
}

/**
 * Makes a kustomize base: the text of each file by its path. The API server's configurations are in a directory of their
 * own, `webhooks`: applied before the Pods run, they would keep the Pods out.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID` as {@link admissionManifests}.
 */
export function kustomizeBase(options: DeployOptions): Readonly<Record<string, string>> {
  const { name, namespace, files: configuration } = resolveDeploy(options)
  const files: Record<string, string> = {}
  const listed: Record<'base' | 'webhooks', string[]> = { base: [], webhooks: [] }
  for (const object of admissionManifests(options)) {
    const part = object.kind.endsWith('WebhookConfiguration') ? 'webhooks' : 'base'
    const place = object.metadata.namespace
    const isElsewhere = place !== undefined && place !== namespace
    const file = `${object.kind.toLowerCase()}${isElsewhere ? `-${place}` : ''}.yaml`
    files[`${part}/${file}`] = toYaml([object])
    listed[part].push(file)
  }
  const header = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' }
  const names = Object.keys(configuration).toSorted()
  for (const file of names) files[`base/files/${file}`] = configuration[file]!
  files['base/kustomization.yaml'] = toYaml([
    {
      ...header,
      resources: listed.base,
      // Its name carries a hash of the files, so that a changed policy starts new Pods.
      configMapGenerator: [{ name, namespace, files: names.map((file) => `files/${file}`) }],
    },
  ])
  files['webhooks/kustomization.yaml'] = toYaml([{ ...header, resources: listed.webhooks }])
  return files
}

/** Writes objects as one YAML text, for `kubectl apply -f`. */
export function toYaml(objects: readonly object[]): string {
  return objects
    .map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join('---\n')
}
