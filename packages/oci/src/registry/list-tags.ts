import type { BlobOptions } from '@sallyport/core'
import * as z from 'zod'
import { OciError } from '../errors.ts'
import { nextPage } from '../http/parse-link.ts'
import { isTag } from '../reference/parse-reference.ts'
import { callAndRead, type RegistryContext } from './registry-context.ts'

const pageSize = 1000
const maxPages = 10_000
const maxPageBytes = 8 * 1024 * 1024
const pageSchema = z.object({ tags: z.array(z.string()).nullish() })

/** The tags of a repository, page by page, each once. A repository that the registry does not know has none. */
export async function* listTags(
  context: RegistryContext,
  { signal }: BlobOptions = {},
): AsyncGenerator<string, void, undefined> {
  const seen = new Set<string>()
  const asked = new Set<string>()
  let to: string | URL = `tags/list?n=${pageSize}`
  for (let page = 1; ; page++) {
    const { answer, bytes } = await callAndRead(
      context,
      { method: 'GET', to, access: 'pull', action: 'list the tags', expect: [200, 404], signal },
      maxPageBytes,
    )
    if (answer.status === 404 && page === 1) return
    for (const tag of readPage(context, bytes)) {
      if (seen.has(tag)) continue
      seen.add(tag)
      yield tag
    }
    const next = nextPage(answer.headers('link'), answer.url)
    if (next === undefined) return
    if (page >= maxPages || asked.has(next.href)) {
      throw new OciError('LIMIT_EXCEEDED', `${context.name}: the list of tags does not end`, {
        reference: context.name,
      })
    }
    asked.add(next.href)
    to = next
  }
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
  return (page.data.tags ?? []).filter(isTag)
}
