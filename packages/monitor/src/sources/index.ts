export { artifactoryAccessLog } from './artifactory/artifactory-access-log.ts'
export { artifactoryRequestLog } from './artifactory/artifactory-request-log.ts'
export { artifactoryWebhook, type PlacedWebhookOptions } from './artifactory/artifactory-webhook.ts'
export { acrEventGrid } from './azure/acr-event-grid.ts'
export { acrRepositoryEvents } from './azure/acr-repository-events.ts'
export { acrWebhook, type AcrSourceOptions } from './azure/acr-webhook.ts'
export {
  distributionAccessLog,
  type DistributionAccessLogOptions,
} from './distribution/distribution-access-log.ts'
export {
  distributionNotifications,
  type RegistrySourceOptions,
} from './distribution/distribution-notifications.ts'
export { dockerHubWebhook } from './docker-hub/docker-hub-webhook.ts'
export { ecrCloudTrail } from './ecr/ecr-cloud-trail.ts'
export { ecrEventBridge } from './ecr/ecr-event-bridge.ts'
export { ghcrWebhook, type GhcrWebhookOptions } from './github/ghcr-webhook.ts'
export { gitlabAudit } from './gitlab/gitlab-audit.ts'
export { gitlabNotifications } from './gitlab/gitlab-notifications.ts'
export { garAuditLog } from './google/gar-audit-log.ts'
export { garPubSub } from './google/gar-pub-sub.ts'
export { harborAuditLog } from './harbor/harbor-audit-log.ts'
export { harborWebhook, type HarborWebhookOptions } from './harbor/harbor-webhook.ts'
export {
  createReceiver,
  type Receiver,
  type ReceiverOptions,
  type RefusedDelivery,
} from './http/create-receiver.ts'
export type { LineFormat } from './lines/line-format.ts'
export { parseLogLines, type ParseLogLinesOptions } from './lines/parse-log-lines.ts'
export { nexusWebhook } from './nexus/nexus-webhook.ts'
export { quayLogs } from './quay/quay-logs.ts'
export { quayNotification } from './quay/quay-notification.ts'
export type { ActorDraft, EventDraft } from './read/create-event.ts'
export type { ImagePlace, PlacedSourceOptions, PlaceImage } from './read/place-image.ts'
export type { TokenKey } from './sender/json-web-token.ts'
export { type FindTokenKeysOptions, oidcToken, type OidcTokenOptions } from './sender/oidc-token.ts'
export type { Secrets } from './sender/secrets.ts'
export { fetchedByCaller, type SenderCheck, type SenderOptions } from './sender/sender-check.ts'
export { basicCredentials, bearerToken, secretInQuery, tokenInHeader } from './sender/shared-secret.ts'
export {
  artifactorySignature,
  githubSignature,
  nexusSignature,
  signedBody,
  type SignedBodyOptions,
} from './sender/signed-body.ts'
export { toPushEvent } from './to-push-event.ts'
export { zotAuditLog } from './zot/zot-audit-log.ts'
export { zotEvents } from './zot/zot-events.ts'
