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

  function makeReady({ id, requirements }: VerificationTerms): ReadyTerms {
    const known = ready.get(id)
    if (known) return known
    const asked = new Set<AskedImage>()
    const note = (digest: string, until: number): void => {
      // A decision that is too old already is not what a pass rests on.
      if (until <= clock.now().getTime()) return
      for (const each of asked) if (each.digest === digest) each.freshUntil = Math.min(each.freshUntil, until)
    }
    const noting = requirements.map((each) => noteAges(each, note))
    const verifier = createImageVerifier({ requirements: noting, root, limits, cache, clock })
    const made = { asked, verifier }
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
      const { verifier, asked } = makeReady(terms)
      const image: AskedImage = { digest, freshUntil: Number.POSITIVE_INFINITY }
      asked.add(image)
      try {
        const [verdict, digests] = await Promise.all([
          verifier.verify(repository, digest, { subject: terms.subject, signal }),
          membersOf(repository, digest, signal),
        ])
        return toVerifiedImage(verdict, terms, { ...image, digests })
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

interface ReadyTerms {
  readonly verifier: ReturnType<typeof createImageVerifier>
  readonly asked: Set<AskedImage>
}

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
  verdict: ImageVerdict,
  terms: VerificationTerms,
  { digest, digests, freshUntil }: AskedImage & { readonly digests: readonly Digest[] },
): VerifiedImage {
  const problems = explainVerdict(verdict, terms)
  // The verdict is about a digest that was asked for; anything else would be about another image.
  const isPass =
    verdict.verdict === 'pass' && verdict.allow && verdict.digest === digest && problems.length === 0
  return {
    verdict: isPass ? 'pass' : problems.some((each) => each.verdict === 'error') ? 'error' : 'fail',
    digest: verdict.digest ?? digest,
    digests,
    problems: problems.map(({ code, message }) => ({ code, message })),
    evidence: verdict.requirements.flatMap((requirement) =>
      [requirement, ...(requirement.parts ?? [])].flatMap(({ name, evidence }) =>
        evidence.map(({ predicateType, signer, manifest }) => ({
          requirement: name,
          predicateType,
          signer: signer.kind === 'key' ? signer.keyId : `${signer.subject} (${signer.issuer})`,
          manifest,
        })),
      ),
    ),
    warnings: verdict.warnings.map(({ code, message }) => `${code}: ${message}`),
    ...(Number.isFinite(freshUntil) && { freshUntil: new Date(freshUntil) }),
  }
}
