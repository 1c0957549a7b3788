import { generateSigningKey } from '@sallyport/attest'
import { type Clock, type Digest, digestOf } from '@sallyport/core'
import { OciError } from '@sallyport/oci'
import type { Admission, AdmissionEvent } from '../admission.ts'
import type { AdmissionOptions } from '../admission-options.ts'
import { createAdmission } from '../create-admission.ts'
import { defineAdmissionPolicy } from '../policy/parse-admission-policy.ts'
import type { AdmissionPolicyDocument, AdmissionRuleDocument } from '../policy/policy-document.ts'
import type { ImageVerifier, VerifiedImage } from '../ports/image-verifier.ts'

/** What a tag leads to here. */
export const digestAt = (name: string): Digest => digestOf(`image ${name}`)
/** A digest that verifies as its repository does. */
export const someDigest: Digest = digestOf('some image')

const key = generateSigningKey().publicKey
const signers = { gate: { keys: [key] } }
const decision = {
  tier: 'prod',
  gates: [{ id: 'https://sallyport.dev/gate/prod', by: 'gate' }],
}
export const prodRule: AdmissionRuleDocument = { name: 'prod', require: { decision } }

export function policyOf(
  rules: readonly AdmissionRuleDocument[] = [prodRule],
  rest: Partial<AdmissionPolicyDocument> = {},
): ReturnType<typeof defineAdmissionPolicy> {
  return defineAdmissionPolicy({ version: 1, signers, rules, ...rest }, { source: 'admission.yaml' })
}

/** A clock and lifetimes that tests move. */
interface TestTime {
  readonly clock: Clock
  readonly elapsedMs: () => number
  advance(ms: number): void
  /** Sets the clock that people set, alone. */
  setClock(ms: number): void
}

function createTime(): TestTime {
  let [wall, elapsed] = [Date.parse('2026-11-26T12:00:00Z'), 1_000]
  return {
    clock: { now: () => new Date(wall) },
    elapsedMs: () => elapsed,
    advance(ms) {
      wall += ms
      elapsed += ms
    },
    setClock(ms) {
      wall += ms
    },
  }
}

/** A verifier for which the name of the repository says how it ends, with what it was asked. */
interface KnownImages extends ImageVerifier {
  readonly resolved: string[]
  readonly verified: string[]
  /** Waits before each answer. */
  hold?: ((signal: AbortSignal) => Promise<void>) | undefined
  /** Instead of what the name says. */
  answer?: ((name: string) => VerifiedImage['verdict'] | Error) | undefined
  /** Where tags lead, instead of what their name says. */
  moved: Map<string, Digest>
  result: Partial<VerifiedImage>
}

/**
 * Repositories with `bad` in their name are unsigned, with `down` can't be reached, with `gone` are not there; all
 * others pass.
 */
function createKnownImages(): KnownImages {
  const outcome = (name: string): VerifiedImage['verdict'] | Error => {
    if (name.includes('bad')) return 'fail'
    if (name.includes('down')) return new OciError('REGISTRY_UNREACHABLE', `${name}: nobody answers`)
    if (name.includes('gone')) return new OciError('MANIFEST_NOT_FOUND', `${name}: there is none`)
    return 'pass'
  }
  const images: KnownImages = {
    resolved: [],
    verified: [],
    moved: new Map(),
    result: {},
    async resolve({ registry, repository, tag }, { signal }) {
      const name = `${registry}/${repository}:${tag}`
      images.resolved.push(name)
      await images.hold?.(signal)
      const found = (images.answer ?? outcome)(name)
      if (found instanceof Error) throw found
      return images.moved.get(name) ?? digestAt(name)
    },
    async verify({ registry, repository, digest }, _terms, { signal }) {
      const name = `${registry}/${repository}`
      images.verified.push(`${name}@${digest}`)
      await images.hold?.(signal)
      const verdict = (images.answer ?? outcome)(name)
      if (verdict instanceof Error) throw verdict
      return {
        verdict,
        digest,
        digests: [digest],
        problems:
          verdict === 'pass' ? [] : [{ code: 'decision-missing', message: `no decision about ${name}` }],
        evidence: [],
        warnings: [],
        ...images.result,
      }
    },
  }
  return images
}

/** An admission over images whose names say how they end. */
export function openAdmission(options: Partial<AdmissionOptions> = {}): {
  readonly admission: Admission
  readonly images: KnownImages
  readonly time: TestTime
  readonly events: AdmissionEvent[]
} {
  const images = createKnownImages()
  const time = createTime()
  const events: AdmissionEvent[] = []
  const admission = createAdmission({
    policy: policyOf(),
    verifier: images,
    clock: time.clock,
    elapsedMs: time.elapsedMs,
    onEvent: (event) => events.push(event),
    ...options,
  })
  return { admission, images, time, events }
}
