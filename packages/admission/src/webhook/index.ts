export type { CertificateFiles } from './certificate-files.ts'
export type { MetricDescription, MetricLabels, MetricSample } from './metrics.ts'
export { type CloseOptions, createWebhookServer, type WebhookServer } from './create-webhook-server.ts'
export { type PushedImage, toWarmReferences } from './warm-images.ts'
export type { ReviewedObject, WebhookEvent } from './webhook-event.ts'
export type { ClusterApiOptions } from './cluster/cluster-api.ts'
export {
  kubernetesClusterView,
  type KubernetesClusterView,
  type KubernetesClusterViewOptions,
} from './cluster/kubernetes-cluster-view.ts'
export { runWebhook, type RunWebhookOptions } from './run/run-webhook.ts'
export type { WarmOptions, WebhookServerOptions, WebhookTls } from './webhook-server-options.ts'
