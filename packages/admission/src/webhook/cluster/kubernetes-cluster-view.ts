import {
  type CredentialProvider,
  dockerAuthCredentials,
  type DockerAuthText,
  firstCredentials,
} from '@sallyport/oci'
import { createSharedFlights } from '@sallyport/oci/cloud'
import type * as z from 'zod'
import { AdmissionError } from '../../errors.ts'
import type { ClusterView, PullContext } from '../../ports/cluster-view.ts'
import type { PullCredentials } from '../../ports/image-verifier.ts'
import { type ClusterApi, type ClusterApiOptions, openClusterApi } from './cluster-api.ts'
import { namespaceSchema, secretSchema, serviceAccountSchema } from './cluster.schema.ts'

/** Options of {@link kubernetesClusterView}. */
export interface KubernetesClusterViewOptions extends ClusterApiOptions {
  /**
   * Whose pull secrets are read. `none` needs no right on Secrets. A list of namespaces needs it there; elsewhere the
   * credentials of the verifier count. Default `none`.
   */
  readonly pullSecrets?: 'none' | 'all' | readonly string[] | undefined
  /** Asked after the pull secrets, as kubelet asks its credential providers: e.g. `ecrCredentials()`. Default: nobody. */
  readonly fallback?: CredentialProvider | undefined
  /** How long what was read is kept, in milliseconds. Default 30,000. */
  readonly keepMs?: number | undefined
  /** Milliseconds on a clock that does not go back. Default `performance.now`. */
  readonly elapsedMs?: (() => number) | undefined
}

/** A view of the cluster that ends what it has open. */
export interface KubernetesClusterView extends Required<ClusterView>, Disposable {}

/** Most objects that are kept. */
const maxKept = 1_000
/** Most pull secrets of a Pod. */
const maxSecrets = 20

/**
 * Reads labels of namespaces, and the pull secrets that kubelet would pull with: those that the Pod names, and where it
 * names none those of its service account. A Secret that is not there is passed over, as kubelet does.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID` outside of a cluster without `server`.
 */
export function kubernetesClusterView(options: KubernetesClusterViewOptions = {}): KubernetesClusterView {
  const { pullSecrets = 'none', fallback, keepMs = 30_000, elapsedMs = () => performance.now() } = options
  const api = openClusterApi(options)
  const read = keepAnswers(api, keepMs, elapsedMs)
  const isReadable = (namespace: string): boolean =>
    pullSecrets === 'all' || (pullSecrets !== 'none' && pullSecrets.includes(namespace))

  async function secretNames(context: PullContext, namespace: string, signal: AbortSignal) {
    if (context.imagePullSecrets.length > 0) return context.imagePullSecrets
    const path = `${pathOf(namespace)}/serviceaccounts/${segment(context.serviceAccountName ?? 'default')}`
    const account = await read(path, serviceAccountSchema, signal)
    return (account?.imagePullSecrets ?? []).flatMap(({ name }) => (name ? [name] : []))
  }

  return {
    async namespaceLabels(namespace, { signal }) {
      const found = await read(pathOf(namespace), namespaceSchema, signal)
      return found && (found.metadata.labels ?? {})
    },
    async pullCredentials(context, { signal }): Promise<PullCredentials | undefined> {
      const { namespace } = context
      if (namespace === undefined || !isReadable(namespace)) return undefined
      const names = [...new Set(await secretNames(context, namespace, signal))]
      if (names.length > maxSecrets)
        throw new AdmissionError(
          'CLUSTER_UNAVAILABLE',
          `a Pod in ${namespace} names more than ${maxSecrets} pull secrets`,
        )
      const secrets = await Promise.all(
        names.map(async (name) => {
          const secret = await read(`${pathOf(namespace)}/secrets/${segment(name)}`, secretSchema, signal)
          return secret ? [{ name, secret }] : []
        }),
      )
      const found = secrets.flat()
      if (found.length === 0) return undefined
      const provider = dockerAuthCredentials(
        found.flatMap(({ name, secret }) => toAuthText(`pull secret ${namespace}/${name}`, secret)),
      )
      const versions = found.map(({ name, secret }) => `${name}@${secret.metadata.resourceVersion ?? ''}`)
      return {
        scope: `${namespace}/${versions.join(',')}`,
        provider: fallback ? firstCredentials(provider, fallback) : provider,
      }
    },
    [Symbol.dispose]: () => api[Symbol.dispose](),
  }
}

/** Kubelet looks at the keys that go with the type; a Secret of another type holds nothing to pull with. */
function toAuthText(
  source: string,
  { type, data }: z.output<typeof secretSchema>,
): readonly DockerAuthText[] {
  const decode = (key: '.dockerconfigjson' | '.dockercfg'): string | undefined => {
    const value = data?.[key]
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8')
  }
  switch (type) {
    case 'kubernetes.io/dockerconfigjson': {
      const text = decode('.dockerconfigjson')
      return text === undefined ? [] : [{ text, source }]
    }
    case 'kubernetes.io/dockercfg': {
      const text = decode('.dockercfg')
      return text === undefined ? [] : [{ text, source, form: 'auths' }]
    }
    default:
      return []
  }
}

type ReadObject = <Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  signal: AbortSignal,
) => Promise<z.output<Schema> | undefined>

/** Reads each object once for all who ask at the same time, and keeps what was read for a while; failures are not kept. */
function keepAnswers(api: ClusterApi, keepMs: number, elapsedMs: () => number): ReadObject {
  const kept = new Map<string, { readonly value: unknown; readonly until: number }>()
  const flights = createSharedFlights<unknown>()
  return async <Schema extends z.ZodType>(path: string, schema: Schema, signal: AbortSignal) => {
    const known = kept.get(path)
    // A path is read by one schema only, so what is kept under it has the right type.
    if (known && known.until > elapsedMs()) return known.value as z.output<Schema>
    kept.delete(path)
    const value = await flights.join(path, (shared) => api.get(path, shared), signal)
    // What is not there yet may be there in a moment.
    if (value === undefined) return undefined
    const parsed = schema.safeParse(value)
    if (!parsed.success)
      throw new AdmissionError('CLUSTER_UNAVAILABLE', `${path} of the API server has an unexpected form`)
    if (kept.size >= maxKept) kept.delete(kept.keys().next().value!)
    kept.set(path, { value: parsed.data, until: elapsedMs() + keepMs })
    return parsed.data
  }
}

function pathOf(namespace: string): string {
  return `/api/v1/namespaces/${segment(namespace)}`
}

/** Names come from reviews: what is no name of Kubernetes must not become another path. */
function segment(name: string): string {
  if (/^[a-z0-9](?:[-.a-z0-9]{0,251}[a-z0-9])?$/.test(name) && !name.includes('..')) return name
  throw new AdmissionError(
    'CLUSTER_UNAVAILABLE',
    `${JSON.stringify(name.slice(0, 80))} is no name of an object`,
  )
}
