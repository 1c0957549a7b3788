import { isJsonDeeperThan } from '@sallyport/core'
import { z } from 'zod'
import { HardenError } from '../errors.ts'
import type { EvidenceSource } from './evidence-source.ts'
import { readDocument, type ReadTextOptions } from './read-lines.ts'

/**
 * Reads objects as Kubernetes' tools write them: YAML, one or several documents, or JSON; the items of a `List` instead of it.
 * What an object holds is not looked at.
 *
 * @throws {HardenError} `EVIDENCE_INVALID` when it is neither YAML nor JSON, or is nested too deeply.
 * @throws {HardenError} `LIMIT_EXCEEDED`.
 */
export async function readObjects(
  recording: EvidenceSource,
  options: ReadTextOptions,
): Promise<readonly unknown[]> {
  const text = await readDocument(recording, options)
  const { parseAllDocuments } = await import('yaml')
  const isJson = text.trimStart().startsWith('{')
  let documents: unknown[]
  try {
    if (isJson && isJsonDeeperThan(text, 64)) throw new Error('nested too deeply')
    documents = isJson
      ? [JSON.parse(text)]
      : parseAllDocuments(text).map((document) => {
          if (document.errors[0]) throw document.errors[0]
          return document.toJS({ maxAliasCount: 100 }) as unknown
        })
  } catch (cause) {
    throw new HardenError('EVIDENCE_INVALID', `${options.source}: neither YAML nor JSON`, { cause })
  }
  const list = z.object({ kind: z.string().endsWith('List'), items: z.array(z.unknown()) })
  return documents
    .flatMap((document) => {
      const found = list.safeParse(document)
      return found.success ? found.data.items : [document]
    })
    .filter((document) => document !== null)
}
