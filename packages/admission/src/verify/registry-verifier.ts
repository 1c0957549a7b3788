import {
  createImageVerifier,
  createVerificationCache,
  type EvidenceLimits,
  type ImageVerdict,
  type Requirement,
  type TrustedRoot,
  type VerificationCache,
} from '@sallyport/attest'
import {
  type Clock,
  type Digest,
  isIndexMediaType,
  type RawManifest,
  type Reference,
  systemClock,
} from '@sallyport/core'
import { OciError, parseIndex, parseManifest, type Repository } from '@sallyport/oci'
import type {
  ImageVerifier,
  PullCredentials,
  VerificationTerms,
  VerifiedImage,
} from '../ports/image-verifier.ts'
import { explainVerdict } from './explain-verdict.ts'

/** Options of {@link createRegistryVerifier}. */
export interface RegistryVerifierOptions {
  /**
   * The repository of an image, read with these credentials; see {@link pullingClients} for one client a scope, and
   * `createRegistryClient` of `@sallyport/oci` where all is read with the same.
   */
  readonly repository: (
    name: Pick<Reference, 'registry' | 'repository'>,
    credentials: PullCredentials | undefined,
  ) => Repository
  /** Authorities and logs behind certificates; needed when the policy names identities. */
  readonly root?: TrustedRoot | undefined
  /** Limits on what is read of a registry about one image. */
  readonly limits?: EvidenceLimits | undefined
  /** What verifying signatures found. Default: one in memory. */
  readonly cache?: VerificationCache | undefined
  /** Default the machine's. */
  readonly clock?: Clock | undefined
}

/** Most sets of terms that are kept ready. */
const maxReady = 1_000

/** Makes a verifier that reads registries: manifests by digest, and whatever is attached to them. */
export function createRegistryVerifier({
  repository: open,
  root,
  limits,
  cache = createVerificationCache(),
  clock = systemClock,
}: RegistryVerifierOptions): ImageVerifier {
  const ready = new Map<string, readonly ReadyVerifier[]>()

  /** All of them must pass. An SBOM describes one image: that of an index are those of its platforms. */
  function makeReady(
    { id, requirements, subject }: VerificationTerms,
    isIndex: boolean,
  ): readonly ReadyVerifier[] {
    const key = `${isIndex} ${id}`
    const known = ready.get(key)
    if (known) return known
    const [sboms, others] = isIndex
      ? [requirements.filter(isSbom), requirements.filter((each) => !isSbom(each))]
      : [[], requirements]
    const parts = [
      { requirements: others, subject },
      { requirements: sboms, subject: 'platforms' as const },
    ]
    const made = parts
      .filter((part) => part.requirements.length > 0)
      .map((part) => ({
        verifier: createImageVerifier({ requirements: part.requirements, root, limits, cache, clock }),
        subject: part.subject,
      }))
    ready.set(key, made)
    for (const oldest of ready.keys()) {
      if (ready.size <= maxReady) break
      ready.delete(oldest)
    }
    return made
  }

  return {
    async resolve({ tag, ...name }, { signal, credentials }) {
      const { descriptor } = await open(name, credentials).getManifest(tag, { signal })
      return descriptor.digest
    },

    async verify({ digest, ...name }, terms, { signal, credentials }) {
      const repository = open(name, credentials)
      const raw = await repository.getManifest(digest, { signal })
      const digests = membersOf(raw)
      if (terms.requirements.length === 0)
        return { verdict: 'pass', digest, digests, problems: [], evidence: [], warnings: [] }
      // Only now: what is not there must not cost more than the question.
      const verdicts = await Promise.all(
        makeReady(terms, digests.length > 1).map(({ verifier, subject }) =>
          verifier.verify(withManifest(repository, raw), digest, { subject, signal }),
        ),
      )
      return toVerifiedImage(verdicts, terms, digest, digests)
    },
  }
}

interface ReadyVerifier {
  readonly verifier: ReturnType<typeof createImageVerifier>
  readonly subject: VerificationTerms['subject']
}

const isSbom = ({ kind }: Requirement): boolean => kind === 'sbom'

/**
 * A manifest and, of an index, what it lists.
 *
 * @throws {OciError} `MANIFEST_UNSUPPORTED` for an index in an index: runtimes follow it, and nobody would have looked
 *   whether what it lists is revoked.
 */
function membersOf(raw: RawManifest): readonly Digest[] {
  const { digest, mediaType } = raw.descriptor
  if (!isIndexMediaType(mediaType)) {
    // What is malformed is no image.
    parseManifest(raw)
    return [digest]
  }
  const { manifests } = parseIndex(raw)
  const nested = manifests.find((each) => isIndexMediaType(each.mediaType))
  if (nested) throw new OciError('MANIFEST_UNSUPPORTED', `${digest} lists another index, ${nested.digest}`)
  return [digest, ...manifests.map((each) => each.digest)]
}

/** The same repository, of which this manifest needs no request any more. */
function withManifest(repository: Repository, raw: RawManifest): Repository {
  const getManifest: Repository['getManifest'] = async (wanted, options) =>
    wanted === raw.descriptor.digest ? raw : repository.getManifest(wanted, options)
  return new Proxy(repository, {
    get(target, name) {
      if (name === 'getManifest') return getManifest
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function toVerifiedImage(
  verdicts: readonly ImageVerdict[],
  terms: VerificationTerms,
  digest: Digest,
  digests: readonly Digest[],
): VerifiedImage {
  const problems = verdicts.flatMap((verdict) => explainVerdict(verdict, terms))
  // A verdict about anything but the digest that was asked for would be one about another image.
  const isPass =
    verdicts.length > 0 &&
    problems.length === 0 &&
    verdicts.every((each) => each.verdict === 'pass' && each.allow && each.digest === digest)
  const counted = verdicts
    .flatMap(({ requirements }) => requirements)
    .flatMap(({ name, evidence }) => evidence.map((each) => ({ requirement: name, ...each })))
  // What is remembered must not outlive any of what it rests on.
  const until = Math.min(...counted.flatMap(({ freshUntil }) => freshUntil?.getTime() ?? []))
  return {
    verdict: isPass ? 'pass' : problems.some((each) => each.verdict === 'fail') ? 'fail' : 'error',
    digest,
    digests,
    problems: problems.map(({ code, message }) => ({ code, message })),
    evidence: counted.map(({ requirement, predicateType, signer, manifest }) => ({
      requirement,
      predicateType,
      signer: signer.kind === 'key' ? signer.keyId : `${signer.subject} (${signer.issuer})`,
      manifest,
    })),
    warnings: verdicts.flatMap(({ warnings }) => warnings.map(({ code, message }) => `${code}: ${message}`)),
    ...(Number.isFinite(until) && { freshUntil: new Date(until) }),
  }
}
