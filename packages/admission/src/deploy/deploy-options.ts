import { AdmissionError } from '../errors.ts'

/** Where the certificate of the webhook comes from. */
export type WebhookCertificate =
  | {
      /** cert-manager issues and renews it, and tells the API server its authority. */
      readonly type: 'cert-manager'
      /** Default: an Issuer of its own that signs itself. */
      readonly issuer?: { readonly kind: 'Issuer' | 'ClusterIssuer'; readonly name: string } | undefined
    }
  | {
      /** It is in a Secret of type `kubernetes.io/tls` that somebody else renews. */
      readonly type: 'secret'
      /** Name of the Secret. Default: name of the webhook with `-tls`. */
      readonly secretName?: string | undefined
      /** PEM of the authority that signed it. */
      readonly authority: string
    }

/** Options of {@link admissionManifests}. */
export interface DeployOptions {
  /** Image that holds Node and `@sallyport/admission`, by digest: what guards images is no moving tag itself. */
  readonly image: string
  /**
   * Files of the webhook by name, such as `admission.yaml`, `revoked.yaml`, or what `tls.clientAuthority` of the
   * configuration names: they go into a ConfigMap, beside the configuration. No secrets.
   */
  readonly files: Readonly<Record<string, string>>
  /** Which of `files` is the configuration. Default `webhook.yaml`. */
  readonly configuration?: string | undefined
  /** Where the certificate of the webhook comes from. */
  readonly certificate: WebhookCertificate
  /** Default `sallyport-admission`. */
  readonly name?: string | undefined
  /** Default `sallyport`. */
  readonly namespace?: string | undefined
  /** Default 2; at least 2, so that a node can be drained. */
  readonly replicas?: number | undefined
  /** Program and arguments. Default `sallyport-admission --config /etc/sallyport/<configuration>`. */
  readonly command?: readonly string[] | undefined
  /**
   * Namespaces that are never asked about, besides the webhook's own: what has to start when the webhook can't. Whoever
   * may create Pods there bypasses the check. Default `kube-system`.
   */
  readonly exemptNamespaces?: readonly string[] | undefined
  /**
   * `enforce`: nothing starts that was not judged. `unsafe-observe`: what the webhook does not answer starts all the same;
   * for the first days, beside rules with mode `audit` or `warn`. Default `enforce`.
   */
  readonly rollout?: 'enforce' | 'unsafe-observe' | undefined
  /** How long the API server waits, in seconds, from 1 to 30. Default 10. */
  readonly timeoutSeconds?: number | undefined
  /**
   * Whose pull secrets the webhook may read: by namespace, the names of the Secrets. An empty list of names is all
   * Secrets of the namespace. Default: none, and the webhook has credentials of its own.
   */
  readonly pullSecrets?: Readonly<Record<string, readonly string[]>> | undefined
  /** Whether rules match by labels of namespaces, which takes the right to read them. Default `false`. */
  readonly namespaceLabels?: boolean | undefined
  /** Port of the registries, for the NetworkPolicy. Default 443. */
  readonly registryPorts?: readonly number[] | undefined
  /** Custom resources whose Pods are judged too. Default: none. */
  readonly customResources?:
    | readonly { readonly group: string; readonly version: string; readonly resource: string }[]
    | undefined
}

/** Options with their defaults. */
export type ResolvedDeploy = {
  readonly [Name in keyof DeployOptions]-?: Exclude<DeployOptions[Name], undefined>
}

/**
 * Fills defaults in.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID` for what a cluster would refuse, or what would lock it.
 */
export function resolveDeploy(options: DeployOptions): ResolvedDeploy {
  const { name = 'sallyport-admission', namespace = 'sallyport', configuration = 'webhook.yaml' } = options
  const {
    replicas = 2,
    timeoutSeconds = 10,
    rollout = 'enforce',
    exemptNamespaces = ['kube-system'],
  } = options
  const { pullSecrets = {}, namespaceLabels = false, registryPorts = [443], customResources = [] } = options
  const command = options.command ?? ['sallyport-admission', '--config', `/etc/sallyport/${configuration}`]
  for (const label of [name, namespace, ...exemptNamespaces, ...Object.keys(pullSecrets)])
    if (!/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(label))
      throw invalid(`${JSON.stringify(label)} is no name`)
  if (!/^[^\s@]+@sha256:[0-9a-f]{64}$/.test(options.image))
    throw invalid(`image: expected a reference with a digest, got ${options.image}`)
  if (!(configuration in options.files)) throw invalid(`files: ${configuration} is not among them`)
  for (const file of Object.keys(options.files))
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(file) || file.startsWith('.'))
      throw invalid(`files: ${file} is no file name`)
  if (Object.values(options.files).some((content) => /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(content)))
    throw invalid('files: a private key has no place in a ConfigMap')
  if (!Number.isInteger(replicas) || replicas < 2)
    throw invalid('replicas: at least 2, so that a node can be drained')
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 1 || timeoutSeconds > 30)
    throw invalid('timeoutSeconds: from 1 to 30')
  const resolved = { ...options, name, namespace, configuration, replicas, timeoutSeconds, rollout, command }
  return { ...resolved, exemptNamespaces, pullSecrets, namespaceLabels, registryPorts, customResources }
}

function invalid(message: string): AdmissionError {
  return new AdmissionError('OPTIONS_INVALID', message)
}
