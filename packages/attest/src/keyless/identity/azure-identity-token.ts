import type { IdentityTokenSource } from '../../ports/identity-token-source.ts'
import type { AskedService } from '../../service/ask-service.ts'
import { serviceUrl } from '../../service/service-url.ts'
import { askTokenService, requireVariable } from './ask-token-service.ts'
import { readTokenFile } from './file-identity-token.ts'
import type { TokenServiceOptions } from './token-service-options.ts'

/** Options of {@link azureIdentityToken}. */
export interface AzureIdentityTokenOptions extends TokenServiceOptions {
  /** Resource (application ID URI) that the token is for. Default: the audience. */
  readonly resource?: string | undefined
  /** A user-assigned identity. Default: `AZURE_CLIENT_ID`, else the machine's own. */
  readonly clientId?: string | undefined
}

interface AzureRequest {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly resource: string
  readonly clientId: string | undefined
  readonly signal: AbortSignal | undefined
}

const service = 'Azure'

/**
 * The token of a managed identity of Azure: by workload identity where `AZURE_FEDERATED_TOKEN_FILE` is set
 * (Kubernetes), by `IDENTITY_ENDPOINT` (App Service, Container Apps), else from the machine's metadata service. The
 * certificate authority must know the tenant as an issuer, and the audience be an application there. `token` rejects
 * with `IDENTITY_UNAVAILABLE`.
 */
export function azureIdentityToken({
  env = process.env,
  resource: configured,
  clientId = env.AZURE_CLIENT_ID || undefined,
  ...options
}: AzureIdentityTokenOptions = {}): IdentityTokenSource {
  return {
    async token({ audience, signal }) {
      const azure: AzureRequest = { env, resource: configured ?? audience, clientId, signal }
      const asked = env.AZURE_FEDERATED_TOKEN_FILE
        ? await toWorkloadRequest(azure)
        : env.IDENTITY_ENDPOINT
          ? toEndpointRequest(azure)
          : toMachineRequest(azure)
      return askTokenService(service, 'access_token', asked, options)
    },
  }
}

/** Exchanges the token that Kubernetes projects (RFC 7523 client assertion). */
async function toWorkloadRequest({ env, resource, clientId, signal }: AzureRequest): Promise<AskedService> {
  const secret = await readTokenFile(requireVariable(env, 'AZURE_FEDERATED_TOKEN_FILE'), signal)
  const authority = env.AZURE_AUTHORITY_HOST || 'https://login.microsoftonline.com/'
  const tenant = encodeURIComponent(requireVariable(env, 'AZURE_TENANT_ID'))
  const body = new URLSearchParams({
    client_id: clientId ?? requireVariable(env, 'AZURE_CLIENT_ID'),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: secret,
    grant_type: 'client_credentials',
    scope: `${resource.replace(/\/$/, '')}/.default`,
  }).toString()
  const url = serviceUrl(service, authority, `/${tenant}/oauth2/v2.0/token`)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return { method: 'POST', url, headers, body, secrets: [secret], signal }
}

function toEndpointRequest({ env, resource, clientId, signal }: AzureRequest): AskedService {
  const secret = requireVariable(env, 'IDENTITY_HEADER')
  const url = serviceUrl(service, requireVariable(env, 'IDENTITY_ENDPOINT'))
  setQuery(url, { 'api-version': '2019-08-01', resource, client_id: clientId })
  const headers = { 'x-identity-header': secret }
  return { method: 'GET', url, headers, secrets: [secret], onMachine: true, signal }
}

function toMachineRequest({ env, resource, clientId, signal }: AzureRequest): AskedService {
  const host = env.AZURE_POD_IDENTITY_AUTHORITY_HOST || 'http://169.254.169.254'
  const url = serviceUrl(service, host, '/metadata/identity/oauth2/token')
  setQuery(url, { 'api-version': '2018-02-01', resource, client_id: clientId })
  return { method: 'GET', url, headers: { metadata: 'true' }, onMachine: true, signal }
}

function setQuery(url: URL, query: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, value)
}
