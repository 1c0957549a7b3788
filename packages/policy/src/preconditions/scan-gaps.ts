import type { MergedScan, ScanReport } from '@sallyport/scan'
import type { Gap } from './judge-gaps.ts'

/** What scanners could not cover. It counts only while none covered everything. */
export function scanGaps(scan: MergedScan): readonly Gap[] {
  return uncoveredReports(scan).flatMap(({ scanner, gaps }) =>
    gaps.filter(isOwnGap).map(({ code, message }) => ({ code, message: `${scanner.name}: ${message}` })),
  )
}

/** Reports of scanners that did not cover everything; none where another did. */
export function uncoveredReports({ reports }: MergedScan): readonly ScanReport[] {
  if (reports.some(({ status }) => status === 'complete')) return []
  return reports.filter(({ status }) => status !== 'failed')
}

/** Whether a gap is the scanner's own, and not the inventory's told once more. */
export const isOwnGap = ({ code }: { readonly code: string }): boolean => code !== 'INVENTORY_GAP'

/** Whether a gap is about the distribution as a whole. */
export const isDistroGap = ({ code }: { readonly code: string }): boolean => code.startsWith('DISTRO_')
