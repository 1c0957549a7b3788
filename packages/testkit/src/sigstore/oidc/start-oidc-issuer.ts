import { type ServiceHandler, startHttpService } from '../http/start-http-service.ts'
import { createOidcIssuer, type OidcIssuer, type TokenOptions } from './oidc-issuer.ts'

/** An issuer on the loopback interface. Dispose it to stop it. */
export interface RunningOidcIssuer extends AsyncDisposable {
  /** `iss` of its tokens. */
  readonly url: string
  /** Issues a token. */
  issueToken(options?: TokenOptions): string
  /** Stops it and cuts its connections. */
  close(): Promise<void>
}

/** Starts an issuer alone, for a Fulcio that runs elsewhere. */
export async function startOidcIssuer({
  clock = Date.now,
}: { readonly clock?: (() => number) | undefined } = {}): Promise<RunningOidcIssuer> {
  let handler: ServiceHandler | undefined
  const server = await startHttpService((request) => handler?.(request))
  const issuer = createOidcIssuer({ url: server.url, now: clock })
  handler = serveOidcIssuer(issuer)
  return {
    url: issuer.url,
    issueToken: issuer.issueToken,
    close: server.close,
    [Symbol.asyncDispose]: server.close,
  }
}

/** Discovery and keys of an issuer. */
export function serveOidcIssuer(issuer: OidcIssuer): ServiceHandler {
  return ({ method, path }) => {
    const body = method === 'GET' ? issuer.document(path) : undefined
    return body && { status: 200, body }
  }
}
