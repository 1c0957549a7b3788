import type { Digest, RawManifest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { checkExpected, hasDigest } from '../manifest/check-expected.ts'
import type { PutManifestOptions } from '../ports/repository.ts'
import { conditionOf, neverHolds } from './conditional-write.ts'
import type { RegistryContext } from './registry-context.ts'
import { fetchManifest, pushManifest, type PushOutcome } from './registry-manifests.ts'

/** How {@link putTaggedManifest} went. */
export interface TaggedPut {
  /** Whether the registry says that it knows the manifest's subject; `undefined` when nothing had to be sent. */
  readonly subjectAcknowledged: boolean | undefined
}

/**
 * Points a tag to a manifest, if it is where `expected` says. The condition goes along as `If-Match` or
 * `If-None-Match`, so that a registry that honours it compares and sets in one step. What a registry that ignores it
 * leaves open: a writer between our read and our write is overwritten unnoticed. Which of the two it is, a caller that
 * does not want the write settled learns: the first such write is tried under a condition that never holds. A tag that is at the manifest already
 * is a success, whoever moved it there: the answer to an earlier try may have been lost.
 *
 * @throws {OciError} `TAG_CONFLICT` when the tag is elsewhere before or after, or can't be moved.
 */
export async function putTaggedManifest(
  context: RegistryContext,
  manifest: RawManifest,
  tag: string,
  { expected, settle, signal }: PutManifestOptions,
): Promise<TaggedPut> {
  const { digest } = manifest.descriptor
  const read = () => fetchManifest(context, tag, { signal })
  const push = (condition: Readonly<Record<string, string>>): Promise<PushOutcome> =>
    pushManifest(context, manifest, { tag, condition, signal })

  const before = expected === undefined ? undefined : await read()
  if (expected !== undefined) {
    if (hasDigest(before?.raw, digest)) return { subjectAcknowledged: undefined }
    checkExpected(context.name, tag, digestLike(before?.raw, expected), expected)
  }
  const condition = expected === undefined ? {} : conditionOf(before)
  const conditional = Object.keys(condition).length > 0
  const { conditions } = context.fallbackLists
  let outcome: PushOutcome | undefined
  if (
    conditional &&
    settle === false &&
    seenConditions(context) === 'unknown' &&
    !conditions.has(context.name)
  ) {
    // Once for each repository: whether conditions mean anything shows only in one that never holds.
    const impossible = await push(neverHolds)
    if (impossible.type === 'stored') {
      conditions.set(context.name, 'no')
      outcome = impossible
    } else if (impossible.error.status === 412) conditions.set(context.name, 'likely')
  }
  outcome ??= await push(condition)
  if (conditional && outcome.type === 'stored' && conditions.get(context.name) === 'likely')
    conditions.set(context.name, 'yes')
  const atomic = conditional && seenConditions(context) === 'yes'
  if (outcome.type === 'refused') {
    const { error } = outcome
    const now = await read().catch((cause: unknown) => {
      throw cause instanceof OciError ? immovable(context, tag, error) : cause
    })
    if (hasDigest(now?.raw, digest)) return { subjectAcknowledged: undefined }
    if (expected !== undefined) {
      checkExpected(context.name, tag, digestLike(now?.raw, expected), expected)
      // The tag is where it should be, so the condition holds: a registry that refuses it does not understand it.
      if (conditional && !atomic) outcome = await push({})
    }
  }
  if (outcome.type === 'refused') throw immovable(context, tag, outcome.error)
  if (expected !== undefined && !atomic && settle !== false) {
    const after = await read()
    if (!hasDigest(after?.raw, digest)) {
      throw new OciError(
        'TAG_CONFLICT',
        `${context.name}:${tag} was written, but right afterwards is at ${after?.raw.descriptor.digest ?? 'no digest'} instead of ${digest}: another writer moves it too`,
        { reference: `${context.name}:${tag}` },
      )
    }
  }
  return { subjectAcknowledged: outcome.subjectAcknowledged }
}

/** Whether a repository honours conditions, as far as it was measured or seen. */
export function seenConditions({
  name,
  capabilities,
  fallbackLists,
}: RegistryContext): 'yes' | 'no' | 'unknown' {
  const seen =
    fallbackLists.conditions.get(name) ?? capabilities.of(name)?.conditionalWrites.answer ?? 'unknown'
  return seen === 'likely' ? 'unknown' : seen
}

/** The error for a tag that the registry does not let be moved. */
export function immovable(
  { name }: RegistryContext,
  tag: string,
  cause: OciError,
  remedy = /^sha(?:256|512)-/.test(tag)
    ? 'the registry seems to keep tags immutable: exclude tags that begin with "sha256-" or "sha512-" from the rule, or write evidence as referrers alone'
    : 'the tag may be immutable, or held by another writer',
): OciError {
  return new OciError('TAG_CONFLICT', `${name}:${tag} can't be moved: ${remedy}; ${cause.message}`, {
    status: cause.status,
    reference: `${name}:${tag}`,
    cause,
  })
}

function digestLike(raw: RawManifest | undefined, expected: Digest | 'absent'): Digest | undefined {
  if (expected !== 'absent' && hasDigest(raw, expected)) return expected
  return raw?.descriptor.digest
}
