/** A figure of an image before and after. */
export type Change = readonly [before: number, after: number]

/** What one run of the hardener made of an image. */
export interface Figures<Image extends string = string> {
  readonly image: Image
  readonly mode: string
  readonly packages: Change
  /** Of all files, uncompressed. */
  readonly bytes: Change
  readonly findings: Change
  /** Findings that are gone with the bytes of their package. */
  readonly removed: number
  /** Findings that are gone since their package is a newer version. */
  readonly patched: number
  /** Findings that are left in packages that nothing uses. */
  readonly unusedButKept: number
  /** Of `hardenImage`, or `patchImage` after it, alone. */
  readonly seconds: number
  /** Why the image is as it was, where it is. */
  readonly unchangedBecause?: string | undefined
}

/** How much less there is, in percent; 0 where there was nothing. */
export function cutOf([before, after]: Change): number {
  return before === 0 ? 0 : (100 * (before - after)) / before
}

/** The middle one, or what lies between the two middle ones; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]!
  return sorted.length === 0 ? 0 : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Medians of what one mode cuts, in percent. */
export function mediansOf(
  all: readonly Figures[],
  mode: string,
): { readonly packages: number; readonly bytes: number; readonly findings: number } {
  const own = all.filter((one) => one.mode === mode)
  return {
    packages: median(own.map(({ packages }) => cutOf(packages))),
    bytes: median(own.map(({ bytes }) => cutOf(bytes))),
    // Where nothing was found, nothing could be cut.
    findings: median(own.filter(({ findings }) => findings[0] > 0).map(({ findings }) => cutOf(findings))),
  }
}

/** A table of Markdown: a row each, and the medians of what each mode cuts. */
export function renderFigures(all: readonly Figures[]): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0)
  const percent = (cut: number) => `−${cut.toFixed(0)} %`
  const cell = (change: Change, show: (value: number) => string = String) =>
    `${show(change[0])} → ${show(change[1])} (${percent(cutOf(change))})`
  const rows = all.map((one) => [
    one.image,
    one.mode,
    cell(one.packages),
    cell(one.bytes, megabytes),
    cell(one.findings),
    String(one.removed),
    String(one.patched),
    String(one.unusedButKept),
    one.seconds.toFixed(1),
    one.unchangedBecause ?? '',
  ])
  const medians = [...Map.groupBy(all, ({ mode }) => mode)].map(([mode, own]) => {
    const { packages, bytes, findings } = mediansOf(own, mode)
    const cuts = [packages, bytes, findings].map(percent)
    const seconds = median(own.map((one) => one.seconds)).toFixed(1)
    return [`median of ${own.length}`, mode, ...cuts, '', '', '', seconds, '']
  })
  const head =
    'image, mode, packages, MB, findings, removed, patched, unused but kept, seconds, unchanged because'.split(
      ', ',
    )
  const lines = [head, head.map(() => '---'), ...rows, ...medians]
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}
