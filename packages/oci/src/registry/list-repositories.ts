import * as z from 'zod'
import { OciError } from '../errors.ts'
import type { RegistryHttp } from '../http/registry-http.ts'
import { checkRepositoryName } from '../reference/parse-reference.ts'
import { readNames } from './read-names.ts'

/** Options of {@link RegistryClient.listRepositories}. */
export interface ListRepositoriesOptions {
  /** Only repositories whose name begins so. */
  readonly prefix?: string | undefined
  /** Is told, as it stands there, what is listed and can be no name of a repository. Default: it is left out. */
  readonly onInvalidName?: ((name: string) => void) | undefined
  /** Ends the listing; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

const pageSize = 1000
const maxPageBytes = 8 * 1024 * 1024
const pageSchema = z.object({ repositories: z.array(z.string()).nullish() })

/** The repositories of a registry from its catalog, page by page, each once. */
export async function* listRepositories(
  http: RegistryHttp,
  registry: string,
  origin: URL,
  { prefix = '', onInvalidName, signal }: ListRepositoriesOptions,
): AsyncGenerator<string, void, undefined> {
  const names = readNames({
    subject: `${registry}: the catalog`,
    first: `_catalog?n=${pageSize}`,
    pageSize,
    after: (name) => `_catalog?n=${pageSize}&last=${encodeURIComponent(name)}`,
    async ask(to) {
      const { answer, bytes } = await http.sendAndRead(
        {
          method: 'GET',
          url: typeof to === 'string' ? new URL(`/v2/${to}`, origin) : to,
          need: { registry, origin, repository: '', scopes: ['registry:catalog:*'] },
          subject: { action: 'list the repositories', reference: registry, notFound: 'REGISTRY_ERROR' },
          expect: [200, 404, 405, 501],
          signal,
        },
        maxPageBytes,
      )
      if (answer.status !== 200) throw noCatalog(registry, answer.status)
      return { names: readPage(registry, bytes), answer }
    },
  })
  for await (const name of names) {
    if (!name.startsWith(prefix)) continue
    if (isRepository(registry, name)) yield name
    else onInvalidName?.(name)
  }
}

function readPage(registry: string, bytes: Uint8Array): readonly string[] {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    value = undefined
  }
  const page = pageSchema.safeParse(value)
  if (!page.success) throw noCatalog(registry, 200)
  return page.data.repositories ?? []
}

function isRepository(registry: string, repository: string): boolean {
  try {
    checkRepositoryName({ registry, repository })
    return true
  } catch {
    return false
  }
}

function noCatalog(registry: string, status: number): OciError {
  return new OciError(
    'UNSUPPORTED',
    `${registry} has no catalog of its repositories (status ${status}); name the repositories instead`,
    { status, reference: registry },
  )
}
