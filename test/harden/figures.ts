/** A figure of an image before and after. */
export type Change = readonly [before: number, after: number]

/** What one run of the hardener made of an image. */
export interface Figures {
  readonly image: string
  readonly mode: string
  readonly packages: Change
  /** Of all files, uncompressed. */
  readonly bytes: Change
  readonly findings: Change
  /** Of `hardenImage` alone. */
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

/** A table of Markdown: a row each, and the medians of what each mode cuts. */
export function renderFigures(all: readonly Figures[]): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0)
  const percent = (cut: number) => `−${cut.toFixed(0)} %`
  const cell = (change: Change, show: (value: number) => string = String) =>
    `${show(change[0])} → ${show(change[1])} (${percent(cutOf(change))})`
  const rows = all.map(({ image, mode, packages, bytes, findings, seconds, unchangedBecause }) => [
    image,
    mode,
    cell(packages),
    cell(bytes, megabytes),
    cell(findings),
    seconds.toFixed(1),
    unchangedBecause ?? '',
  ])
  const medians = [...Map.groupBy(all, ({ mode }) => mode)].map(([mode, own]) => [
    `median of ${own.length}`,
    mode,
    percent(median(own.map(({ packages }) => cutOf(packages)))),
    percent(median(own.map(({ bytes }) => cutOf(bytes)))),
    // Where nothing was found, nothing could be cut.
    percent(median(own.filter(({ findings }) => findings[0] > 0).map(({ findings }) => cutOf(findings)))),
    median(own.map(({ seconds }) => seconds)).toFixed(1),
    '',
  ])
  const head = ['image', 'mode', 'packages', 'MB', 'findings', 'seconds', 'unchanged because']
  const lines = [head, head.map(() => '---'), ...rows, ...medians]
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}
