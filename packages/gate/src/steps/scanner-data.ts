import type { Decision } from '@sallyport/policy'
import type { Scanner } from '@sallyport/scan'

type UsedData = Decision['inputs']['scanners'][number]['data']

/**
 * Whether the scanners' data are what a decision was made with. `unknown` when one of them can't tell, or tells neither
 * digest nor date.
 */
export async function compareScannerData(
  scanners: readonly Scanner[],
  { inputs }: Pick<Decision, 'inputs'>,
  signal?: AbortSignal,
): Promise<'same' | 'other' | 'unknown'> {
  let isKnown = true
  for (const scanner of scanners) {
    const used = inputs.scanners.filter(({ name }) => name === scanner.name)
    if (used.length === 0) return 'other'
    const now = await scanner.currentData?.({ signal }).catch(() => undefined)
    if (!now || now.length === 0 || now.some(({ digest, updatedAt }) => !digest && !updatedAt))
      isKnown = false
    else if (used.some(({ data }) => describe(data) !== describe(now))) return 'other'
  }
  return isKnown ? 'same' : 'unknown'
}

const describe = (data: UsedData): string =>
  data
    .map(({ name, digest, updatedAt }) => JSON.stringify([name, digest, updatedAt]))
    .sort()
    .join()
