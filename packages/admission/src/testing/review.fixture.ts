import type { AdmissionReviewResponse } from '../review/review-response.ts'

type Fields = Record<string, unknown>

/** Kinds that run images, and how their object wraps a Pod's spec. */
const podKinds: Readonly<
  Record<string, { group: string; version: string; wrap: (spec: Fields, labels: Fields) => Fields }>
> = {
  Pod: { group: '', version: 'v1', wrap: (spec, labels) => ({ metadata: { labels }, spec }) },
  PodTemplate: {
    group: '',
    version: 'v1',
    wrap: (spec, labels) => ({ template: { metadata: { labels }, spec } }),
  },
  ReplicationController: { group: '', version: 'v1', wrap: inTemplate },
  Deployment: { group: 'apps', version: 'v1', wrap: inTemplate },
  ReplicaSet: { group: 'apps', version: 'v1', wrap: inTemplate },
  StatefulSet: { group: 'apps', version: 'v1', wrap: inTemplate },
  DaemonSet: { group: 'apps', version: 'v1', wrap: inTemplate },
  Job: { group: 'batch', version: 'v1', wrap: inTemplate },
  CronJob: {
    group: 'batch',
    version: 'v1',
    wrap: (spec, labels) => ({ spec: { schedule: '0 0 * * *', jobTemplate: inTemplate(spec, labels) } }),
  },
}

function inTemplate(spec: Fields, labels: Fields): Fields {
  return { spec: { replicas: 2, template: { metadata: { labels }, spec } } }
}

/** Names of the kinds that run images. */
export const kinds: readonly string[] = Object.keys(podKinds)

/** A Pod's spec with a container of each image. */
export const podSpec = (...images: readonly unknown[]): Fields => ({
  containers: images.map((image, index) => ({ name: `c${index}`, image })),
})

/** An object of a kind. */
export function objectOf(kind: string, spec: Fields, labels: Fields = {}): Fields {
  const { group, version, wrap } = podKinds[kind]!
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind, ...wrap(spec, labels) }
}

/** A request with what differs from the creation of a Pod. */
export function reviewOf(kind: string, object: unknown, request: Fields = {}): Fields {
  const { group = '', version = 'v1' } = podKinds[kind] ?? {}
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      kind: { group, version, kind },
      resource: { group, version, resource: `${kind.toLowerCase()}s` },
      namespace: 'prod',
      operation: 'CREATE',
      userInfo: { username: 'dana@example.com' },
      object,
      oldObject: null,
      dryRun: false,
      ...request,
    },
  }
}

/** The patch of a response. */
export function patchIn({
  response,
}: AdmissionReviewResponse): { op: string; path: string; value: string }[] {
  return response.patch === undefined
    ? []
    : (JSON.parse(Buffer.from(response.patch, 'base64').toString()) as {
        op: string
        path: string
        value: string
      }[])
}
