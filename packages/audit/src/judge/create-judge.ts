import { canonicalJson, type Clock, digestOf } from '@sallyport/core'
import type { Inventory } from '@sallyport/inventory'
import type { MergedScan } from '@sallyport/scan'
import { runScanners } from '@sallyport/scan/findings'
import type { PresentTerms } from '../audit-terms.ts'
import { type BoundedMemory, createBoundedMemory } from './bounded-memory.ts'
import type { KnownWithoutLayers } from './describe-facts.ts'
import { combineJudgements, judgeInventory, type SbomJudgement } from './judge-inventory.ts'

/** What one platform's image is judged by. */
export interface ImageToJudge extends Omit<KnownWithoutLayers, 'inventory' | 'scan'> {
  /** Of each SBOM that counts; one that could not be read is told instead. */
  readonly inventories: readonly (Inventory | { readonly code: string; readonly message: string })[]
}

/** Options of {@link SbomJudge}. */
export interface JudgeOptions {
  readonly tier: string
  readonly present: PresentTerms
  readonly now: Date
  readonly signal?: AbortSignal | undefined
}

/** Judges an image anew by its SBOMs; rejects only when aborted. */
export type SbomJudge = (image: ImageToJudge, options: JudgeOptions) => Promise<SbomJudgement>

/** Different SBOMs of one image that are judged; more of them are no answer. */
const maxInventories = 16
const maxScans = 256
/** Packages and findings of all scans that are remembered. */
const maxRemembered = 100_000
const scanLastsMs = 3_600_000
/** Where a scanner that reads layers finds none. */
const noLayers = '/dev/null/no-layers'

/**
 * Makes a judge. Every SBOM that counts has a say: an image would fail if it did by any of them, since one may list what
 * another leaves out. Scans do not depend on the place, so that copies of an image are scanned once.
 */
export function createJudge(): SbomJudge {
  const scansOf = new WeakMap<PresentTerms['scanners'], BoundedMemory<MergedScan>>()

  const scan = async (inventory: Inventory, content: string, { present, now, signal }: JudgeOptions) => {
    const { scanners } = present
    const key = `${content} ${await dataKey(scanners, signal)}`
    const scans = scansOf.get(scanners) ?? createBoundedMemory<MergedScan>(maxScans, maxRemembered)
    scansOf.set(scanners, scans)
    const known = scans.get(key, now.getTime() - scanLastsMs)
    if (known !== undefined) return known
    const { subject, platform } = inventory
    const clock: Clock = { now: () => now }
    const target = { subject, platform, inventory, layoutDirectory: noLayers }
    const found = await runScanners(scanners, target, { clock, signal })
    const failed = found.reports.some(({ status }) => status === 'failed')
    if (!failed) scans.set(key, found, now.getTime(), 1 + found.findings.length)
    return found
  }

  return async ({ inventories, ...image }, options) => {
    const judgements: SbomJudgement[] = []
    const seen = new Set<string>()
    for (const inventory of inventories) {
      if ('code' in inventory) {
        judgements.push(unanswered(inventory))
        continue
      }
      const key = contentKey(inventory)
      if (seen.has(key)) continue
      seen.add(key)
      if (seen.size > maxInventories) {
        const message = `more than ${maxInventories} different SBOMs describe it`
        judgements.push(unanswered({ code: 'LIMIT_EXCEEDED', message }))
        break
      }
      try {
        const found = await scan(inventory, key, options)
        judgements.push(judgeInventory({ ...image, inventory, scan: found }, options))
      } catch (error) {
        options.signal?.throwIfAborted()
        const message = error instanceof Error ? error.message : String(error)
        judgements.push(unanswered({ code: codeOf(error), message }))
      }
    }
    return combineJudgements(judgements)
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNEXPECTED'

const unanswered = (reason: { readonly code: string; readonly message: string }): SbomJudgement => ({
  verdict: 'error',
  reasons: [{ code: reason.code, message: reason.message }],
  unsettled: [],
  findings: {},
})

/** Names the data of scanners: what was found with others is not used again. */
async function dataKey(scanners: PresentTerms['scanners'], signal: AbortSignal | undefined): Promise<string> {
  const data = scanners.map(async (scanner) => {
    try {
      return await scanner.currentData?.({ signal })
    } catch {
      signal?.throwIfAborted()
      return undefined
    }
  })
  return canonicalJson(await Promise.all(data))
}

/** Two SBOMs with the same key are matched alike, whoever wrote them and when. */
function contentKey({ subject, platform, distro, packages, gaps }: Inventory): string {
  const listed = packages.map(({ purl, source, ownedBy, isReplaced, builtUsing, license, rpm, evidence }) => [
    purl,
    source?.name,
    source?.version,
    ownedBy,
    isReplaced,
    builtUsing,
    license,
    rpm?.modularityLabel,
    evidence.path,
  ])
  return digestOf(JSON.stringify([subject, platform, distro, listed, gaps]))
}
