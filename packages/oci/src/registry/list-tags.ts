import type { BlobOptions } from '@sallyport/core'
import * as z from 'zod'
import { OciError } from '../errors.ts'
import { isTag } from '../reference/parse-reference.ts'
import { readNames } from './read-names.ts'
import { callAndRead, type RegistryContext } from './registry-context.ts'

/** ECR refuses more. */
const pageSize = 1000
const maxPageBytes = 8 * 1024 * 1024
const pageSchema = z.object({ tags: z.array(z.string()).nullish() })

/** The tags of a repository, page by page, each once. A repository that the registry does not know has none. */
export async function* listTags(
  context: RegistryContext,
  { signal }: BlobOptions = {},
): AsyncGenerator<string, void, undefined> {
  let first = true
  const names = readNames({
    subject: `${context.name}: the list of tags`,
    first: `tags/list?n=${pageSize}`,
    pageSize,
    after: (tag) => `tags/list?n=${pageSize}&last=${encodeURIComponent(tag)}`,
    async ask(to) {
      const expect = first ? [200, 404] : [200]
      first = false
      const { answer, bytes } = await callAndRead(
        context,
        { method: 'GET', to, access: 'pull', action: 'list the tags', expect, signal },
        maxPageBytes,
      )
      return answer.status === 404 ? undefined : { names: readPage(context, bytes), answer }
    },
  })
  for await (const name of names) if (isTag(name)) yield name
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
