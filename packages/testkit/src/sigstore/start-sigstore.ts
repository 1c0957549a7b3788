import { createSigstore, type Sigstore, type SigstoreOptions } from './create-sigstore.ts'
import { serveFulcio } from './http/serve-fulcio.ts'
import { serveRekorV1 } from './http/serve-rekor-v1.ts'
import { serveRekorV2 } from './http/serve-rekor-v2.ts'
import { serveTimestamps } from './http/serve-timestamps.ts'
import {
  type ServiceHandler,
  type ServiceRequest,
  type ServiceResponse,
  startHttpService,
} from './http/start-http-service.ts'
import { serveOidcIssuer } from './oidc/start-oidc-issuer.ts'
import { createOidcIssuer, type TokenOptions } from './oidc/oidc-issuer.ts'
import { type SigningConfig, buildSigningConfig } from './trust/signing-config.ts'
import { createTufRepository, type TufRepository } from './tuf/tuf-repository.ts'

/** The services of a {@link RunningSigstore}. */
export type SigstoreServiceName = 'fulcio' | 'oidc' | 'rekor-v1' | 'rekor-v2' | 'timestamp' | 'tuf'

/** A request to one of the services; its path is the one below the service's address. */
export interface SigstoreRequest extends ServiceRequest {
  /** Which service is asked. */
  readonly service: SigstoreServiceName
}

/** Sees each request before its service does; what it returns is the answer instead of the service's. */
export type SigstoreRequestHook = (
  request: SigstoreRequest,
) => ServiceResponse | undefined | Promise<ServiceResponse | undefined>

/** Options of {@link startSigstore}. */
export interface StartSigstoreOptions extends SigstoreOptions {
  /** Default: none. */
  readonly onRequest?: SigstoreRequestHook | undefined
}

/** A Sigstore on the loopback interface. Dispose it to stop it. */
export interface RunningSigstore extends Sigstore, AsyncDisposable {
  /** Address of Fulcio, to which `/api/v2/signingCert` is appended. */
  readonly fulcioUrl: string
  /** The issuer that Fulcio believes. */
  readonly oidcUrl: string
  /** To which `/api/v1/log/entries` is appended. */
  readonly rekorV1Url: string
  /** To which `/api/v2/log/entries` is appended. */
  readonly rekorV2Url: string
  /** Whole address to which timestamp requests are posted. */
  readonly timestampUrl: string
  /** Address of the repository of The Update Framework. */
  readonly tufUrl: string
  /** It has the targets `trusted_root.json` and `signing_config.v0.2.json`. */
  readonly tuf: TufRepository
  /** Where the services are, for clients that sign. */
  readonly signingConfig: SigningConfig
  /** All requests so far, in the order in which they came. */
  readonly requests: readonly SigstoreRequest[]
  /** Issues an OIDC token that Fulcio accepts, unless the options make it otherwise. */
  issueToken(options?: TokenOptions): string
  /** Replaces the hook of the options; `undefined` removes it. */
  setRequestHook(hook: SigstoreRequestHook | undefined): void
  /** Stops it and cuts its connections. */
  close(): Promise<void>
}

/**
 * Starts an OIDC issuer, Fulcio with a log of certificates, Rekor v1 and v2, a timestamp authority and a repository of The
 * Update Framework, on one port of the loopback interface. Unlike the methods of {@link Sigstore}, they check what they
 * are sent as the real ones do. For tests only.
 */
export async function startSigstore(options: StartSigstoreOptions = {}): Promise<RunningSigstore> {
  const { clock: now = Date.now } = options
  const sigstore = createSigstore(options)
  const requests: SigstoreRequest[] = []
  let onRequest = options.onRequest
  const handlers = new Map<string, ServiceHandler>()
  const server = await startHttpService(async (request) => {
    const [, service = ''] = request.path.split('/')
    const handler = handlers.get(service)
    if (!handler) return undefined
    const path = request.path.slice(service.length + 1)
    const seen: SigstoreRequest = { ...request, path, service: service as SigstoreServiceName }
    requests.push(seen)
    return (await onRequest?.(seen)) ?? handler(seen)
  })
  const urlOf = (service: SigstoreServiceName): string => `${server.url}/${service}`

  const issuer = createOidcIssuer({ url: urlOf('oidc'), now })
  const timestampUrl = `${urlOf('timestamp')}/api/v1/timestamp`
  const signingConfig = buildSigningConfig({
    fulcioUrl: urlOf('fulcio'),
    oidcUrl: issuer.url,
    rekorUrls: { 1: urlOf('rekor-v1'), 2: urlOf('rekor-v2') },
    timestampUrl,
    operator: sigstore.operator,
    validity: sigstore.validity,
  })
  const tuf = createTufRepository({
    targets: {
      'trusted_root.json': JSON.stringify(sigstore.trustedRoot),
      'signing_config.v0.2.json': JSON.stringify(signingConfig),
    },
    now,
  })
  const services: Readonly<Record<SigstoreServiceName, ServiceHandler>> = {
    oidc: serveOidcIssuer(issuer),
    fulcio: serveFulcio(sigstore.certificateAuthority, issuer),
    'rekor-v1': serveRekorV1(sigstore.rekorV1),
    'rekor-v2': serveRekorV2(sigstore.rekorV2),
    timestamp: serveTimestamps(sigstore.timestampAuthority),
    tuf({ method, path }) {
      const body = method === 'GET' ? tuf.file(path.slice(1)) : undefined
      return body && { status: 200, body }
    },
  }
  for (const [name, handler] of Object.entries(services)) handlers.set(name, handler)

  return {
    ...sigstore,
    fulcioUrl: urlOf('fulcio'),
    oidcUrl: issuer.url,
    rekorV1Url: urlOf('rekor-v1'),
    rekorV2Url: urlOf('rekor-v2'),
    timestampUrl,
    tufUrl: urlOf('tuf'),
    tuf,
    signingConfig,
    requests,
    issueToken: issuer.issueToken,
    setRequestHook: (hook) => (onRequest = hook),
    close: server.close,
    [Symbol.asyncDispose]: server.close,
  }
}
