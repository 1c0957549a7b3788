import { type Digest, isDigest, parseStrictJson } from '@sallyport/core'
import { z } from 'zod'
import { AttestError } from '../errors.ts'
import { toCanonicalJson } from '../internal/canonical-json.ts'
import { predicateTypes, type Statement } from '../statement/statement.ts'

const type = 'cosign container image signature'

const payloadSchema = z.object({
  critical: z.object({
    identity: z.object({ 'docker-reference': z.string() }),
    image: z.object({ 'docker-manifest-digest': z.custom<Digest>(isDigest, 'not a digest') }),
    type: z.literal(type),
  }),
  optional: z.record(z.string(), z.unknown()).nullish(),
})

/** What a `.sig` signature says about an image. */
export interface SimpleSigning {
  readonly image: Digest
  /** Repository that the signature names; cosign does not look at it, podman does. */
  readonly reference: string
  readonly annotations: Readonly<Record<string, string>>
}

/** The payload of a `.sig` signature, with sorted keys. */
export function createSimpleSigning({ image, reference, annotations }: SimpleSigning): Uint8Array {
  return Buffer.from(
    toCanonicalJson({
      critical: {
        identity: { 'docker-reference': reference },
        image: { 'docker-manifest-digest': image },
        type,
      },
      optional: Object.keys(annotations).length === 0 ? null : annotations,
    }),
    'utf8',
  )
}

/**
 * Reads the payload of a `.sig` signature as the statement that it amounts to.
 *
 * @throws {AttestError} `STATEMENT_INVALID` when it is not a simple signing payload.
 */
export function parseSimpleSigning(payload: Uint8Array): Statement<Record<string, never>> {
  let parsed: z.infer<typeof payloadSchema>
  try {
    parsed = payloadSchema.parse(parseStrictJson(payload))
  } catch {
    throw new AttestError('STATEMENT_INVALID', 'the payload is not a simple signing payload')
  }
  const { identity, image } = parsed.critical
  const [algorithm = '', hex = ''] = image['docker-manifest-digest'].split(':')
  const annotations = Object.fromEntries(
    Object.entries(parsed.optional ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      {
        name: identity['docker-reference'],
        digest: { [algorithm]: hex },
        ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      },
    ],
    predicateType: predicateTypes.cosignSign,
    predicate: {},
  }
}
