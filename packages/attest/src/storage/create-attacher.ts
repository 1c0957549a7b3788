import { X509Certificate } from 'node:crypto'
import type { Descriptor, Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { AttestError } from '../errors.ts'
import { mapConcurrent } from '../internal/map-concurrent.ts'
import { defaultSleep as pause } from '@sallyport/oci/cloud'
import type { CertifiedSigner, KeylessSigner, Signer } from '../ports/signer.ts'
import type { AttachOptions, AttachResult, AttachedPiece } from './attach-options.ts'
import { describeForms, type EvidenceForm, type EvidenceForms } from './evidence-form.ts'
import type { EvidenceItem } from './evidence-item.ts'
import { maxSettleMs, type StoredEvidence } from './evidence-place.ts'
import { findPresent, isForm } from './find-present.ts'
import { legacyTag } from './legacy-tag.ts'
import { runAll } from './run-all.ts'
import { createReferrerPlace, type ReferrerPlace } from './referrer-place.ts'
import { createTagPlace, type LegacyLayer, type TagPlace } from './tag-place.ts'

/** Attaches evidence in several calls, and makes sure once, in the end, that all of it stands. */
export interface EvidenceAttacher {
  /**
   * Attaches what is not there yet. Everything is signed before anything is stored; what belongs under one tag is
   * stored in one write, all else in no certain order. Resolves with a result for each item, in their order. What must
   * not be seen before this goes into an earlier call.
   *
   * @throws {AttestError} as `attachAttestation` and `attachSignature`.
   * @throws {OciError} when the registry can't be read or written. What was stored by then stays.
   */
  attach(items: readonly EvidenceItem[]): Promise<readonly AttachResult[]>
  /**
   * Waits until no other writer can displace what was attached, once for all of it, looks for it, and stores again what
   * is gone. Returns at once where nothing was stored, and where the registry itself refuses such writers.
   *
   * @throws {AttestError} `STORE_CONFLICT` when others displace it again and again.
   * @throws {OciError} when the registry can't be read or written.
   */
  settle(): Promise<void>
}

/** A form of an item that is not there yet, signed. */
type SignedForm =
  | { readonly store: 'bundle'; readonly signed: SignedBundle }
  | { readonly store: 'legacy-signature' | 'legacy-attestation'; readonly layer: LegacyLayer }
type SignedBundle = Awaited<ReturnType<Extract<EvidenceForm, { store: 'bundle' }>['make']>>

interface PreparedForm {
  readonly subject: Descriptor
  readonly form: EvidenceForm
  readonly keyId: string
  /** `undefined`: it is there already. */
  readonly signed?: SignedForm | undefined
  stored?: StoredEvidence
}

const concurrency = 4
/** Witnesses may take some time. */
const leastLifetimeMs = 60_000
const maxRounds = 12

/** Creates an {@link EvidenceAttacher} for one repository, for use by one caller at a time. */
export function createAttacher(repository: Repository, options: AttachOptions = {}): EvidenceAttacher {
  const { mode = 'both', createdAt = new Date(), settleMs = 400, trust, witnesses = [], signal } = options
  const store = options.evidenceRepository ?? repository
  const lists = new Map<Digest, ReferrerPlace>()
  const tags = new Map<string, TagPlace>()
  /** Subjects that had no evidence at all when they were first looked at: what is there now came from here. */
  const blank = new Set<Digest>()
  const listOf = (subject: Descriptor): ReferrerPlace =>
    getOrMake(lists, subject.digest, () => createReferrerPlace(store, subject, { createdAt, settleMs }))
  const tagOf = (tag: string): TagPlace => getOrMake(tags, tag, () => createTagPlace(store, tag, settleMs))

  const certificates = new Map<KeylessSigner, Promise<CertifiedSigner>>()
  /** One certificate serves all that is attached while it lasts. */
  const certify = async (signer: Signer | KeylessSigner): Promise<Signer | KeylessSigner> => {
    // Without witnesses a certificate would be in vain: then signing says so before it asks for one.
    if (!('certify' in signer) || witnesses.length === 0) return signer
    const known = certificates.get(signer)
    if (known && !isEnding(await known)) return known
    // Others may have had one made meanwhile.
    if (certificates.get(signer) === known) {
      const asked = signer.certify({ signal })
      certificates.set(signer, asked)
      asked.catch(() => certificates.delete(signer))
    }
    return certificates.get(signer)!
  }

  const prepare = async (items: readonly EvidenceItem[]): Promise<PreparedForm[][]> => {
    const isOfMode = ({ store: place }: EvidenceForm): boolean =>
      mode === 'both' || (place === 'bundle') === (mode === 'bundle')
    const described = items.map((item) => {
      const { predicateType, forms } = describeForms(item, { certify, witnesses, signal })
      return { item, wanted: { predicateType, forms: forms.filter(isOfMode) } }
    })
    const known = new Set(blank)
    const present = await mapConcurrent(groupBySigner(described), concurrency, async (group) => {
      const { digest } = group.subject
      if (known.has(digest)) return { ...group, found: [] }
      const onBlank = () => void blank.add(digest)
      return { ...group, found: await findPresent(store, group, { mode, trust, onBlank, signal }) }
    })
    return await mapConcurrent(described, concurrency, async ({ item: { subject, signer }, wanted }) => {
      const group = present.find((each) => each.signer === signer && each.subject.digest === subject.digest)
      const prepared: PreparedForm[] = []
      for (const form of wanted.forms) {
        const known = group?.found.find((evidence) => isForm(evidence, form))
        if (known !== undefined) {
          const keyId = known.signer.kind === 'key' ? known.signer.keyId : ''
          prepared.push({ subject, form, keyId, stored: known })
        } else if (form.store === 'bundle') {
          const signed = await form.make()
          prepared.push({ subject, form, keyId: signed.keyId, signed: { store: form.store, signed } })
        } else {
          const { keyId, layer } = await form.make()
          prepared.push({ subject, form, keyId, signed: { store: form.store, layer } })
        }
      }
      return prepared
    })
  }

  const storeAll = async (prepared: readonly PreparedForm[]): Promise<void> => {
    const bundles = new Map<ReferrerPlace, { readonly each: PreparedForm; readonly signed: SignedBundle }[]>()
    const layers = new Map<string, { readonly each: PreparedForm; readonly layer: LegacyLayer }[]>()
    for (const each of prepared) {
      const { subject, signed } = each
      if (signed?.store === 'bundle') {
        getOrMake(bundles, listOf(subject), () => []).push({ each, signed: signed.signed })
      } else if (signed !== undefined) {
        const tag = legacyTag(subject.digest, signed.layer.suffix)
        getOrMake(layers, tag, () => []).push({ each, layer: signed.layer })
      }
    }
    const writes = [...layers].map(([tag, added]) => async (): Promise<void> => {
      const stored = await tagOf(tag).add(
        added.map(({ layer }) => layer),
        signal,
      )
      for (const [at, { each }] of added.entries()) each.stored = stored[at]!
    })
    const lists = [...bundles].map(([list, added]) => async (): Promise<void> => {
      const stored = await list.add(
        added.map(({ signed }) => signed),
        signal,
      )
      for (const [at, { each }] of added.entries()) each.stored = stored[at]!
    })
    await runAll([...lists, ...writes])
  }

  return {
    async attach(items) {
      signal?.throwIfAborted()
      const prepared = await prepare(items)
      await storeAll(prepared.flat())
      return prepared.map(toResult)
    },
    async settle() {
      for (let round = 0; ; round++) {
        const signatures = [...tags].filter(([tag]) => tag.endsWith('.sig')).map(([, place]) => place)
        const others = [...tags.values()].filter((place) => !signatures.includes(place))
        const waves = [[...lists.values(), ...others], signatures].map((places) =>
          places
            .map((place) => ({ place, atRiskMs: place.atRiskMs() }))
            .filter(({ atRiskMs }) => atRiskMs > 0),
        )
        const open = waves.flat()
        if (open.length === 0) return
        if (round === maxRounds)
          throw new AttestError(
            'STORE_CONFLICT',
            `${store.name}: others displaced what was attached ${maxRounds} times; try again`,
          )
        const waitMs = Math.max(...open.map(({ atRiskMs }) => atRiskMs)) * 2 ** Math.min(round, 4)
        await pause(Math.min(waitMs, maxSettleMs) * (1 + Math.random()), signal)
        // A signature last: who finds it must find the rest.
        for (const wave of waves)
          await runAll(
            wave.map(
              ({ place }) =>
                () =>
                  place.restore(signal),
            ),
          )
      }
    },
  }
}

const isEnding = ({ certificate }: CertifiedSigner): boolean =>
  Date.parse(new X509Certificate(certificate.leaf).validTo) - Date.now() < leastLifetimeMs

function toResult(prepared: readonly PreparedForm[]): AttachResult {
  const signed = prepared.find((each) => each.signed !== undefined)
  return {
    keyId: (signed ?? prepared[0])?.keyId ?? '',
    pieces: prepared.map(({ form, stored }): AttachedPiece => {
      const { manifest, blob } = stored!
      return { store: form.store, payload: form.payload, manifest, blob }
    }),
    written: signed !== undefined,
  }
}

interface Described {
  readonly item: EvidenceItem
  readonly wanted: EvidenceForms
}

/** What one signer says about one subject is looked for together. */
function groupBySigner(described: readonly Described[]) {
  const groups: { subject: Descriptor; signer: Signer | KeylessSigner; wanted: EvidenceForms[] }[] = []
  for (const { item, wanted } of described) {
    const { subject, signer } = item
    const known = groups.find((each) => each.signer === signer && each.subject.digest === subject.digest)
    if (known === undefined) groups.push({ subject, signer, wanted: [wanted] })
    else known.wanted.push(wanted)
  }
  return groups
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key) ?? make()
  map.set(key, known)
  return known
}
