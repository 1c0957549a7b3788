import {
  createImageVerifier,
  createVerificationCache,
  type EvidenceLimits,
  type ImageVerdict,
  type Requirement,
  type TrustedRoot,
  type VerificationCache,
} from '@sallyport/attest'
import { type Clock, type Digest, isIndexMediaType, type Reference, systemClock } from '@sallyport/core'
import { parseIndex, type Repository } from '@sallyport/oci'
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
  const ready = new Map<string, ReadyTerms>()

  function makeReady({ id, requirements, subject }: VerificationTerms): ReadyTerms {
    const known = ready.get(id)
    if (known) return known
    const asked = new Set<AskedImage>()
    const note = (digest: string, until: number): void => {
      // A decision that is too old already is not what a pass rests on.
      if (until <= clock.now().getTime()) return
      for (const each of asked) if (each.digest === digest) each.freshUntil = Math.min(each.freshUntil, until)
    }
    const noting = requirements.map((each) => noteAges(each, note))
    const make = (wanted: readonly Requirement[]): AttestVerifier =>
      createImageVerifier({ requirements: wanted, root, limits, cache, clock })
    const [sboms, others] = [noting.filter(isSbom), noting.filter((each) => !isSbom(each))]
    const made: ReadyTerms = {
      asked,
      ofImages: make(noting),
      // An SBOM describes one image: that of an index are those of its platforms.
      ofIndexes: [
        ...(others.length > 0 ? [{ verifier: make(others), subject }] : []),
        ...(sboms.length > 0 ? [{ verifier: make(sboms), subject: 'platforms' as const }] : []),
      ],
    }
    ready.set(id, made)
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
      const { asked, ofImages, ofIndexes } = makeReady(terms)
      const image: AskedImage = { digest, freshUntil: Number.POSITIVE_INFINITY }
      asked.add(image)
      try {
        const digests = await membersOf(repository, digest, signal)
        const wanted = digests.length > 1 ? ofIndexes : [{ verifier: ofImages, subject: terms.subject }]
        const verdicts = await Promise.all(
          wanted.map(({ verifier, subject }) => verifier.verify(repository, digest, { subject, signal })),
        )
        return toVerifiedImage(verdicts, terms, { ...image, digests })
      } finally {
        asked.delete(image)
      }
    },
  }
}

/** An image that is being verified, and when the decisions about it are too old: milliseconds since 1970, the earliest. */
interface AskedImage {
  readonly digest: Digest
  freshUntil: number
}

type AttestVerifier = ReturnType<typeof createImageVerifier>

interface ReadyTerms {
  readonly ofImages: AttestVerifier
  /** All must pass. */
  readonly ofIndexes: readonly {
    readonly verifier: AttestVerifier
    readonly subject: VerificationTerms['subject']
  }[]
  readonly asked: Set<AskedImage>
}

const isSbom = ({ kind }: Requirement): boolean => kind === 'sbom'

/** Notes when decisions will be too old: what is remembered must not outlive them. */
function noteAges(requirement: Requirement, note: (digest: string, until: number) => void): Requirement {
  if ('requirements' in requirement)
    return { ...requirement, requirements: requirement.requirements.map((each) => noteAges(each, note)) }
  const { kind, maxAgeMs } = requirement
  if (kind !== 'vsa' || maxAgeMs === undefined) return requirement
  return {
    ...requirement,
    where(predicate, { subject }) {
      const { timeVerified } = predicate as { readonly timeVerified?: unknown }
      const madeAt = timeVerified instanceof Date ? timeVerified.getTime() : Date.parse(String(timeVerified))
      for (const [algorithm, hex] of subject.flatMap((each) => Object.entries(each.digest)))
        note(`${algorithm}:${hex}`, madeAt + maxAgeMs)
      return Number.isFinite(madeAt)
    },
  }
}

/** A manifest and, of an index, what it lists. */
async function membersOf(
  repository: Repository,
  digest: Digest,
  signal: AbortSignal,
): Promise<readonly Digest[]> {
  const raw = await repository.getManifest(digest, { signal })
  if (!isIndexMediaType(raw.descriptor.mediaType)) return [digest]
  return [digest, ...parseIndex(raw).manifests.map((each) => each.digest)]
}

function toVerifiedImage(
  verdicts: readonly ImageVerdict[],
  terms: VerificationTerms,
  { digest, digests, freshUntil }: AskedImage & { readonly digests: readonly Digest[] },
): VerifiedImage {
  const problems = verdicts.flatMap((verdict) => explainVerdict(verdict, terms))
  // A verdict about anything but the digest that was asked for would be one about another image.
  const isPass =
    verdicts.length > 0 &&
    problems.length === 0 &&
    verdicts.every((each) => each.verdict === 'pass' && each.allow && each.digest === digest)
  return {
    verdict: isPass ? 'pass' : problems.some((each) => each.verdict === 'fail') ? 'fail' : 'error',
    digest,
    digests,
    problems: problems.map(({ code, message }) => ({ code, message })),
    evidence: verdicts
      .flatMap(({ requirements }) => requirements)
      .flatMap((requirement) => [requirement, ...(requirement.parts ?? [])])
      .flatMap(({ name, evidence }) =>
        evidence.map(({ predicateType, signer, manifest }) => ({
          requirement: name,
          predicateType,
          signer: signer.kind === 'key' ? signer.keyId : `${signer.subject} (${signer.issuer})`,
          manifest,
        })),
      ),
    warnings: verdicts.flatMap(({ warnings }) => warnings.map(({ code, message }) => `${code}: ${message}`)),
    ...(Number.isFinite(freshUntil) && { freshUntil: new Date(freshUntil) }),
  }
}
