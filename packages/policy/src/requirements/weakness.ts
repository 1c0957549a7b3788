import type { MergedScan, Weakness } from '@sallyport/scan'

/** What and where it is, in one line; never what the scanner saw there. */
export function nameWeakness({ id, title, path, startLine }: Weakness): string {
  const place = path === undefined ? '' : ` in ${path}${startLine === undefined ? '' : `:${startLine}`}`
  return `${id}: ${title}${place}`
}

/** Whether a scanner that answered looked for weaknesses of a kind. */
export function wasLookedFor(kind: Weakness['kind'], { reports }: MergedScan): boolean {
  return reports.some(({ status, weaknessKinds }) => status !== 'failed' && weaknessKinds?.includes(kind))
}
