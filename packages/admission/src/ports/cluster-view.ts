import type { PullCredentials } from './image-verifier.ts'

/** Whose images are to be pulled. */
export interface PullContext {
  /** Namespace of the Pod. */
  readonly namespace?: string | undefined
  /** Service account of the Pod. Default: `default`. */
  readonly serviceAccountName?: string | undefined
  /** Names of the Pod's `imagePullSecrets`. */
  readonly imagePullSecrets: readonly string[]
}

/**
 * What a review does not say and the cluster knows. The core reads no cluster: whoever embeds it hands in what can. A
 * rejection makes the verdict `error`.
 */
export interface ClusterView {
  /** Labels of a namespace; asked only when a rule matches by them. `undefined`: not known, so that such rules give `error`. */
  namespaceLabels?(
    namespace: string,
    options: { readonly signal: AbortSignal },
  ): Promise<Readonly<Record<string, string>> | undefined>
  /** Credentials of a Pod. `undefined`: those of the verifier. */
  pullCredentials?(
    context: PullContext,
    options: { readonly signal: AbortSignal },
  ): Promise<PullCredentials | undefined>
}
