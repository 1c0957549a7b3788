import type { BlobOptions } from '@sallyport/core'
import * as z from 'zod'
import { OciError } from '../errors.ts'
import { parseErrorBody, toRegistryErrors } from '../http/parse-error-body.ts'
import { isTag } from '../reference/parse-reference.ts'
import { readNames } from './read-names.ts'
import { callAndRead, type RegistryContext } from './registry-context.ts'

/** Options of {@link RegistryRepository.listTags}. */
export interface ListTagsOptions extends BlobOptions {
  /** Is told, as it stands there, what is listed and can be no tag. Default: it is left out. */
  readonly onInvalidName?: ((name: string) => void) | undefined
  /**
   * Is told the error codes of a 404, which is an empty list otherwise. `NAME_UNKNOWN` may mean a repository without tags;
   * without it, a registry may be hiding one.
   */
  readonly onMissing?: ((codes: readonly string[]) => void) | undefined
}

/** ECR refuses more. */
const pageSize = 1000
/** How registries refuse a page of that size, e.g. Quay, which gives 100 tags at most. */
const refusesPage: ReadonlySet<number> = new Set([400, 405, 413, 414, 416, 422])
const maxPageBytes = 8 * 1024 * 1024
const pageSchema = z.object({ tags: z.array(z.string()).nullish() })

/**
 * The tags of a repository, page by page, each once. A repository that the registry does not know has none. A registry
 * that refuses our size of page is left to choose its own.
 */
export async function* listTags(
  context: RegistryContext,
  { onInvalidName, onMissing, signal }: ListTagsOptions = {},
): AsyncGenerator<string, void, undefined> {
  const { refusesPageSize } = context.tagLists
  const isSized = (): boolean => !refusesPageSize.has(context.registry)
  const ask = (to: string | URL, expect: Iterable<number>) =>
    callAndRead(
      context,
      { method: 'GET', to, access: 'pull', action: 'list the tags', expect: [...expect], signal },
      maxPageBytes,
    )
  const askFirst = async () => {
    if (isSized()) {
      const sized = await ask(`tags/list?n=${pageSize}`, [200, 404, ...refusesPage])
      if (!refusesPage.has(sized.answer.status)) return sized
    }
    const plain = await ask('tags/list', [200, 404])
    // Only now it is known that it was the size.
    refusesPageSize.add(context.registry)
    return plain
  }
  let first = true
  const names = readNames({
    subject: `${context.name}: the list of tags`,
    first: 'tags/list',
    pageSize,
    after: (tag) => (isSized() ? `tags/list?n=${pageSize}&last=${encodeURIComponent(tag)}` : undefined),
    async ask(to) {
      const { answer, bytes } = first ? await askFirst() : await ask(mendLink(context, to), [200])
      first = false
      if (answer.status === 200) return { names: readPage(context, bytes), answer }
      const errors = toRegistryErrors(parseErrorBody(new TextDecoder().decode(bytes))) ?? []
      onMissing?.(errors.map(({ code }) => code))
      return undefined
    },
  })
  for await (const name of names) {
    if (isTag(name)) yield name
    else onInvalidName?.(name)
  }
}

/**
 * The next page as it was meant: Artifactory leaves the first part of the repository's name out of its links, which then
 * lead to another repository or nowhere.
 */
function mendLink({ repository }: RegistryContext, next: string | URL): string | URL {
  if (typeof next === 'string') return next
  const named = /^\/v2\/(.+)\/tags\/list$/.exec(next.pathname)?.[1]
  if (named === undefined || !repository.endsWith(`/${named}`)) return next
  const mended = new URL(next)
  mended.pathname = `/v2/${repository}/tags/list`
  return mended
}

function readPage({ name }: RegistryContext, bytes: Uint8Array): readonly string[] {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    value = undefined
  }
  const page = pageSchema.safeParse(value)
  if (!page.success) throw new OciError('REGISTRY_ERROR', `${name}: not a list of tags`, { reference: name })
  return page.data.tags ?? []
}
