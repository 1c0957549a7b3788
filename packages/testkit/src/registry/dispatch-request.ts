import type { IncomingHttpHeaders } from 'node:http'
import type { Authenticator } from './auth/create-authenticator.ts'
import { handleBlob } from './handlers/handle-blob.ts'
import { handleCatalog, handleTags } from './handlers/handle-listing.ts'
import { handleManifest } from './handlers/handle-manifest.ts'
import { handleReferrers, loginPage } from './handlers/handle-referrers.ts'
import { handleUpload } from './handlers/handle-upload.ts'
import { type HandlerInput, methodNotAllowed, type RegistryContext } from './handlers/registry-context.ts'
import type { RegistryRequest } from './recorded-request.ts'
import { RegistryFault } from './registry-fault.ts'
import { jsonResponse, type RegistryResponse } from './registry-response.ts'
import { isRepositoryName, type Route } from './route-request.ts'

/** One request, and what it is answered with. */
export interface DispatchInput {
  readonly request: RegistryRequest
  readonly route: Route
  readonly headers: IncomingHttpHeaders
  readonly body: AsyncIterable<Uint8Array>
  readonly staleTags: boolean
  readonly context: RegistryContext
  readonly authenticator: Authenticator
  /** Told who asks, before the request is handled. */
  readonly onActor: (actor: string | undefined) => void
}

/**
 * Lets the handler of the request's path answer it.
 *
 * @throws {RegistryFault} for what is refused.
 */
export async function dispatchRequest(dispatch: DispatchInput): Promise<RegistryResponse> {
  const { request, route, headers, body, staleTags, context, authenticator, onActor } = dispatch
  if (route.kind === 'unknown') throw new RegistryFault(404, 'UNSUPPORTED', 'no such endpoint')
  if (route.kind === 'login') return loginPage()
  if (route.kind === 'token') return authenticator.issueToken(request, headers, body)
  // A redirect's target carries no credentials: its random-looking path is the permission, as with signed URLs.
  if (!request.path.startsWith('/storage/')) onActor(await authenticator.check(request, headers))
  checkSession(request, headers, context)
  const repository = route.repository ?? ''
  if (route.repository !== undefined && !(isRepositoryName(repository) && context.acceptsName(repository))) {
    throw new RegistryFault(400, 'NAME_INVALID', 'not a repository name')
  }
  const argument = route.argument ?? ''
  const input: HandlerInput = { request, headers, body, context, repository, argument, staleTags }
  switch (route.kind) {
    case 'ping':
      return input.request.method === 'GET' || input.request.method === 'HEAD'
        ? jsonResponse(200, {})
        : methodNotAllowed(input)
    case 'catalog':
      return handleCatalog(input)
    case 'tags':
      return handleTags(input)
    case 'referrers':
      return handleReferrers(input)
    case 'blob':
      return handleBlob(input)
    case 'upload':
      return handleUpload(input)
    case 'manifest':
      return handleManifest(input)
  }
}

/** Refuses writes that bring a session cookie back without the token that a browser's page would send. */
function checkSession(
  { method }: RegistryRequest,
  { cookie }: IncomingHttpHeaders,
  { quirks }: RegistryContext,
): void {
  if (!quirks.sessionCookies || cookie === undefined || method === 'GET' || method === 'HEAD') return
  throw new RegistryFault(403, 'DENIED', 'CSRF token invalid')
}
