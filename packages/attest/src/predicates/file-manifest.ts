import { gzipSync } from 'node:zlib'
import { type Digest, digestOf, type FileRecord } from '@sallyport/core'
import { z } from 'zod'
import { AttestError } from '../errors.ts'
import { predicateTypes } from '../statement/statement.ts'
import { digestSet, text } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { type FileLine, toFileLine } from './file-line.ts'
import { toDigestSet } from './write-fields.ts'

const mediaType = 'application/x-ndjson'

const schema = z.looseObject({
  platform: text,
  config: z.looseObject({ digest: digestSet }),
  files: z.looseObject({
    count: z.int().nonnegative(),
    size: z.int().nonnegative(),
    mediaType: z.literal(mediaType),
    encoding: z.literal('gzip'),
    digest: digestSet,
    content: text,
  }),
})

/** All files of an image of one platform, so that a container of it can be compared without its layers. */
export interface FileManifestPredicate {
  /** `os/architecture[/variant]` */
  readonly platform: string
  /** The image's config: what Docker and Kubernetes often name a running image by. */
  readonly config: { readonly digest: Readonly<Record<string, string>> }
  /** The list; `readFileManifest` reads it. */
  readonly files: {
    /** How many there are. */
    readonly count: number
    /** Bytes of the list before it was compressed. */
    readonly size: number
    /** One JSON array a line, sorted by path. */
    readonly mediaType: typeof mediaType
    readonly encoding: 'gzip'
    /** Digest of the list before it was compressed. */
    readonly digest: Readonly<Record<string, string>>
    /** base64 */
    readonly content: string
  }
}

/** What a file manifest says. */
export interface FileManifestParts {
  /** `os/architecture[/variant]` */
  readonly platform: string
  /** Digest of the image's config. */
  readonly config: Digest
  /** All files of the merged view, in any order. */
  readonly files: readonly FileRecord[]
}

/**
 * File manifest 1, a predicate of ours: a list of the files of an image, compressed inside of the statement, so that it is
 * copied, signed and verified as all other evidence is. 50,000 files take about 4 MB.
 */
export const fileManifest = defineWritablePredicate<FileManifestPredicate, FileManifestParts>(
  { name: 'file manifest 1', type: predicateTypes.fileManifest, schema },
  ({ platform, config, files }) => {
    const sorted = [...files].sort((one, other) => (one.path < other.path ? -1 : 1))
    const lines: FileLine[] = sorted.map(toFileLine)
    const list = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), 'utf8')
    if (sorted.some(({ path }, at) => path === sorted[at - 1]?.path))
      throw new AttestError('PREDICATE_INVALID', 'a path is listed twice')
    return {
      platform,
      config: { digest: toDigestSet(config) },
      files: {
        count: files.length,
        size: list.length,
        mediaType,
        encoding: 'gzip',
        digest: toDigestSet(digestOf(list)),
        content: gzipSync(list, { level: 6 }).toString('base64'),
      },
    }
  },
)
