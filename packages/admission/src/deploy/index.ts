export { admissionManifests, kustomizeBase, toYaml } from './admission-manifests.ts'
export {
  clusterImagePolicies,
  type ClusterImagePolicyOptions,
  decisionInCue,
} from './controllers/cluster-image-policies.ts'
export type { GateCheckOptions } from './controllers/gate-checks.ts'
export {
  kyvernoClusterPolicy,
  type KyvernoClusterPolicyOptions,
} from './controllers/kyverno-cluster-policy.ts'
export { kyvernoImageValidatingPolicies } from './controllers/kyverno-image-validating-policy.ts'
export type { DeployOptions, WebhookCertificate } from './deploy-options.ts'
export type { KubernetesObject } from './kubernetes-object.ts'
