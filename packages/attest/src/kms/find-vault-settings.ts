import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '@sallyport/oci/cloud'
import { type KmsKey, kmsError } from './kms-key.ts'
import { parseEndpoint } from './parse-endpoint.ts'

/** Where Vault is and how its transit engine is reached, where not by the environment. */
export interface VaultSettings {
  /** Default: `VAULT_ADDR`, else `BAO_ADDR`. */
  readonly address?: string | undefined
  /** Default: `VAULT_NAMESPACE`, else `BAO_NAMESPACE`, else none. */
  readonly namespace?: string | undefined
  /** Path at which the transit engine is mounted. Default: `TRANSIT_SECRET_ENGINE_PATH`, else `transit`. */
  readonly mount?: string | undefined
  /** PEM certificates of the server's own authority. Default: the file that `VAULT_CACERT` or `BAO_CACERT` names. */
  readonly ca?: string | undefined
}

const maxTokenLength = 16 * 1024

/** Address without its last slash, header fields besides the token, and path of the engine. */
export async function findVaultSettings(
  key: KmsKey,
  env: Environment,
  { address, namespace, mount, ca }: VaultSettings,
): Promise<{ endpoint: string; headers: Record<string, string>; mount: string; ca: string | undefined }> {
  const place = address || env['VAULT_ADDR'] || env['BAO_ADDR']
  if (!place) throw kmsError('KMS_UNCONFIGURED', key, 'no address of Vault: set VAULT_ADDR')
  const path = (mount || env['TRANSIT_SECRET_ENGINE_PATH'] || 'transit').replace(/^\/|\/$/g, '')
  const space = (namespace ?? (env['VAULT_NAMESPACE'] || env['BAO_NAMESPACE'])) || undefined
  for (const [what, value] of [
    ['path of the transit engine', path],
    ['namespace', space ?? 'root'],
  ] as const) {
    const isPath = value.length <= 250 && /^[\w.-]+(?:\/[\w.-]+)*\/?$/.test(value)
    if (!isPath || value.split('/').some((part) => part === '.' || part === '..')) {
      throw kmsError('KMS_UNCONFIGURED', key, `the ${what} is not a path of names`)
    }
  }
  const file = env['VAULT_CACERT'] || env['BAO_CACERT']
  return {
    endpoint: parseEndpoint(key, 'the address of Vault', place),
    headers: { 'x-vault-request': 'true', ...(space === undefined ? {} : { 'x-vault-namespace': space }) },
    mount: path,
    ca: ca ?? (file ? await read(key, file, 'the certificates of Vault') : undefined),
  }
}

/** The token of the environment, or the one that `vault login` leaves in the home folder. */
export async function findVaultToken(key: KmsKey, env: Environment): Promise<string> {
  const named = env['VAULT_TOKEN'] || env['BAO_TOKEN']
  if (named) return named
  const file = join(env['HOME'] || env['USERPROFILE'] || homedir(), '.vault-token')
  return read(key, file, 'no token of Vault: set VAULT_TOKEN, or sign in, for the token')
}

/** A token as it may stand in a header field. */
export function requireVaultToken(key: KmsKey, token: string): string {
  const plain = token.trim()
  if (plain.length <= maxTokenLength && /^[\x21-\x7e]+$/.test(plain)) return plain
  throw kmsError('KMS_UNCONFIGURED', key, 'the token of Vault is empty or can not be one')
}

async function read(key: KmsKey, path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw kmsError('KMS_UNCONFIGURED', key, `${what} in ${path} can't be read`, { cause })
  }
}
