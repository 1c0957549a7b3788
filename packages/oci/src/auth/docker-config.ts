import * as z from 'zod'
import { OciError } from '../errors.ts'
import type { CredentialQuery, Credentials } from '../ports/credential-provider.ts'

const entrySchema = z.object({
  auth: z.string().nullish(),
  username: z.string().nullish(),
  password: z.string().nullish(),
  identitytoken: z.string().nullish(),
  registrytoken: z.string().nullish(),
})
const helpersSchema = z.record(z.string(), z.string())

const configSchema = z.object({
  auths: z.record(z.string(), entrySchema.nullable()).nullish(),
  credHelpers: helpersSchema.nullish(),
  credsStore: z.string().nullish(),
})

/** The parts of a docker `config.json` (or podman `auth.json`) that are about credentials. */
export type DockerConfig = z.output<typeof configSchema>

/** What a configuration says about a registry. */
export interface DockerConfigAnswer {
  /** Program that knows the credentials, and the name under which it keeps them. */
  readonly helper?: { readonly name: string; readonly server: string } | undefined
  /** What the file itself holds; counts when there is no helper, or it knows nothing. */
  readonly credentials?: Credentials | undefined
}

/**
 * Reads the text of a configuration; an empty file is an empty configuration.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE`; the message holds nothing of the content.
 */
export function parseDockerConfig(text: string, source: string): DockerConfig {
  return text.trim() === '' ? {} : checkConfig(parseJson(text, source), source)
}

/**
 * Reads the text of a `.dockercfg`, the older form: what stands under `auths` in the newer one.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE`; the message holds nothing of the content.
 */
export function parseDockerAuths(text: string, source: string): DockerConfig {
  return checkConfig({ auths: parseJson(text, source) }, source)
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new OciError('CREDENTIALS_UNREADABLE', `${source} is not JSON`)
  }
}

function checkConfig(value: unknown, source: string): DockerConfig {
  const parsed = configSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new OciError(
    'CREDENTIALS_UNREADABLE',
    `${source}: unexpected form at ${String(parsed.error.issues[0]?.path[0] ?? 'the top')}`,
  )
}

/**
 * Looks a registry up. Hosts must be equal, port included; keys with a path are for repositories below it, the longest
 * first.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE` when the entry's `auth` can't be decoded.
 */
export function findInDockerConfig(config: DockerConfig, query: CredentialQuery): DockerConfigAnswer {
  const helper = findHelper(config, query.registry)
  for (const key of credentialKeys(query)) {
    for (const [name, entry] of ownEntries(config.auths)) {
      if (name !== key && normalizeKey(name) !== key) continue
      const credentials = entry === null ? undefined : readEntry(entry, key)
      if (credentials !== undefined) return { helper, credentials }
    }
  }
  return { helper }
}

/** The keys under which credentials for a repository may stand, most specific first. */
export function credentialKeys({ registry, repository }: CredentialQuery): readonly string[] {
  const parts = repository?.split('/') ?? []
  return [...parts.map((_, at) => [registry, ...parts.slice(0, parts.length - at)].join('/')), registry]
}

function findHelper(config: DockerConfig, registry: string): DockerConfigAnswer['helper'] {
  const server = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry
  for (const [key, name] of ownEntries(config.credHelpers)) {
    if (name !== '' && (key === server || normalizeKey(key) === registry)) return { name, server }
  }
  return config.credsStore ? { name: config.credsStore, server } : undefined
}

/**
 * `https://index.docker.io/v1/`, `http://host/v2/` and `host/` are old ways to write a host; so is a whole URL that ends
 * in a slash, which old versions of docker kept as the address of the registry's API.
 */
function normalizeKey(key: string): string {
  const api = /^https?:\/\/([^/]+)\/(?:[^/]+\/)*$/.exec(key)?.[1]
  if (api !== undefined && api !== 'index.docker.io') return api
  const bare = key
    .replace(/^https?:\/\//, '')
    .replace(/\/(?:v[12]\/?)?$/, '')
    .replace(/\/v[12]$/, '')
  return bare === 'index.docker.io' ? 'docker.io' : bare
}

function readEntry(entry: z.output<typeof entrySchema>, key: string): Credentials | undefined {
  if (entry.identitytoken) return { type: 'identity-token', identityToken: entry.identitytoken }
  if (entry.registrytoken) return { type: 'registry-token', registryToken: entry.registrytoken }
  if (entry.auth) {
    const decoded = Buffer.from(entry.auth, 'base64').toString('utf8').replace(/\0+$/, '')
    const colon = decoded.indexOf(':')
    if (colon < 0)
      throw new OciError('CREDENTIALS_UNREADABLE', `the auth entry of ${key} is not user:password in base64`)
    return { type: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
  }
  if (entry.username) return { type: 'password', username: entry.username, password: entry.password ?? '' }
  return undefined
}

/** Plain keys stand before old ways to write them. */
function ownEntries<T>(
  map: Readonly<Record<string, T>> | null | undefined,
): readonly (readonly [string, T])[] {
  const isPlain = ([key]: readonly [string, T]): boolean => normalizeKey(key) === key
  const entries = Object.entries(map ?? {})
  return [...entries.filter(isPlain), ...entries.filter((entry) => !isPlain(entry))]
}
