import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseTrustedRoot } from '@sallyport/attest'
import { isSallyportError } from '@sallyport/core'
import { type CredentialProvider, dockerConfigCredentials, firstCredentials } from '@sallyport/oci'
import { acrCredentials } from '@sallyport/oci/acr'
import { ecrCredentials } from '@sallyport/oci/ecr'
import { garCredentials } from '@sallyport/oci/gar'
import { readDocument } from '@sallyport/policy'
import { createAdmission } from '../../create-admission.ts'
import { AdmissionError } from '../../errors.ts'
import { parseAdmissionPolicy } from '../../policy/parse-admission-policy.ts'
import { revocationFile } from '../../revoke/revocation-file.ts'
import { pullingClients } from '../../verify/pulling-clients.ts'
import { createRegistryVerifier } from '../../verify/registry-verifier.ts'
import { kubernetesClusterView } from '../cluster/kubernetes-cluster-view.ts'
import { createWebhookServer, type WebhookServer } from '../create-webhook-server.ts'
import type { WebhookEvent } from '../webhook-event.ts'
import { configurationSchema, type WebhookConfiguration } from './configuration.schema.ts'

/** Options of {@link runWebhook}. */
export interface RunWebhookOptions {
  /** Path of the configuration, in YAML or JSON. */
  readonly configuration: string
  /** Ends it: what is in flight is answered. */
  readonly signal: AbortSignal
  /** Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Sees what happens. */
  readonly onEvent?: ((event: WebhookEvent) => void) | undefined
  /** Is called once the webhook listens. */
  readonly onListening?: ((server: WebhookServer) => void) | undefined
}

const providers: Readonly<
  Record<NonNullable<WebhookConfiguration['credentials']>[number], () => CredentialProvider>
> = {
  'docker-config': () => dockerConfigCredentials(),
  ecr: () => ecrCredentials(),
  gar: () => garCredentials(),
  acr: () => acrCredentials(),
}

/**
 * Runs a webhook as its configuration says, until `signal` ends it. Policy and trusted root are read once: a changed
 * policy takes a new process, which kustomize's hashes see to. Certificate, tokens and revocations are read again.
 *
 * @throws {AdmissionError} `OPTIONS_INVALID`, `POLICY_INVALID` or `CERTIFICATE_INVALID`, naming the file and what to do.
 */
export async function runWebhook(options: RunWebhookOptions): Promise<void> {
  const { signal, env = process.env, onEvent } = options
  const configuration = await readConfiguration(options.configuration)
  const at = (path: string): string => resolve(dirname(options.configuration), path)
  const optional = <T>(path: string | undefined, read: (path: string) => T): T | undefined =>
    path === undefined ? undefined : read(at(path))
  const { cluster, tls, listen, cache } = configuration

  await using resources = new AsyncDisposableStack()
  const policy = parseAdmissionPolicy(await readBytes(at(configuration.policy)), {
    source: configuration.policy,
  })
  const root = await optional(configuration.trustedRoot, readTrustedRoot)
  const [first, ...others] = (configuration.credentials ?? ['docker-config']).map((name) => providers[name]())
  const credentials = first && firstCredentials(first, ...others)
  const clients = resources.use(pullingClients({ client: { credentials } }))
  const view =
    cluster &&
    resources.use(
      kubernetesClusterView({
        pullSecrets: cluster.pullSecrets,
        server: cluster.server,
        tokenFile: optional(cluster.tokenFile, String),
        authorityFile: optional(cluster.authorityFile, String),
        fallback: credentials,
        env,
      }),
    )
  const admission = resources.use(
    createAdmission({
      policy,
      verifier: createRegistryVerifier({ repository: clients.repository, root }),
      cluster: view && {
        pullCredentials: view.pullCredentials,
        ...(cluster?.namespaceLabels && { namespaceLabels: view.namespaceLabels }),
      },
      revocations: optional(configuration.revocations, (path) => revocationFile(path)),
      // The webhook gives each review its own, below what the API server waits.
      budgetMs: 30_000,
      cache,
    }),
  )
  const tokens = await optional(configuration.warmTokens, readLines)
  signal.throwIfAborted()
  const server = resources.use(
    await createWebhookServer({
      admission,
      tls: {
        certificate: at(tls.certificate),
        key: at(tls.key),
        clientAuthority: optional(tls.clientAuthority, String),
        clientNames: tls.clientNames,
      },
      port: listen?.port,
      host: listen?.host,
      warm: tokens && { tokens },
      onEvent,
    }),
  )
  options.onListening?.(server)
  await new Promise<void>((end) => {
    if (signal.aborted) end()
    signal.addEventListener('abort', () => end(), { once: true })
  })
  await server.close({ drainMs: configuration.drainMs ?? 5_000 })
}

async function readConfiguration(path: string): Promise<WebhookConfiguration> {
  try {
    return readDocument(await readBytes(path), { source: path, schema: configurationSchema }).data
  } catch (cause) {
    if (!isSallyportError(cause) || cause instanceof AdmissionError) throw cause
    throw new AdmissionError('OPTIONS_INVALID', cause.message, { cause })
  }
}

async function readTrustedRoot(path: string) {
  const bytes = await readBytes(path)
  try {
    return parseTrustedRoot(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'not readable'
    throw new AdmissionError('OPTIONS_INVALID', `${path}: ${message}`, { cause })
  }
}

async function readLines(path: string): Promise<readonly string[]> {
  const lines = (await readBytes(path)).toString('utf8').split('\n')
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new AdmissionError('OPTIONS_INVALID', `${path} can't be read (${code}); is it mounted?`, { cause })
  }
}
