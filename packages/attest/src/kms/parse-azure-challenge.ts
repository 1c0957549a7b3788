/** What a vault asks for when a request has no token, or one that has ended. */
export interface AzureChallenge {
  readonly resource: string
  /** The directory that the vault belongs to. */
  readonly tenant: string | undefined
}

const maxLength = 4096

/** Reads `Bearer authorization="https://login…/TENANT", resource="https://vault.azure.net"`, or the form with `scope`. */
export function parseAzureChallenge(field: string | undefined): AzureChallenge | undefined {
  if (field === undefined || field.length > maxLength || !/^bearer /i.test(field)) return undefined
  const parameters = new Map(
    [...field.matchAll(/\b([a-z_]{1,30})="([^"]*)"/gi)].map(([, name = '', value = '']) => [name, value]),
  )
  const resource = parameters.get('resource') ?? parameters.get('scope')?.replace(/\/\.default$/, '')
  if (resource === undefined) return undefined
  const authority = parameters.get('authorization') ?? parameters.get('authorization_uri') ?? ''
  const tenant = /\/([A-Za-z0-9.-]{1,100})\/?$/.exec(authority)?.[1]
  return { resource: resource.replace(/\/$/, ''), tenant }
}
