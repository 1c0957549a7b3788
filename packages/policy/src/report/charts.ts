import { drawable, type ScaledPart, type ScaleOptions, scaleParts } from './chart-scale.ts'
import { markup, type Html, type HtmlPart } from './markup.ts'
import { renderTable } from './render-table.ts'

/** Colours of charts by their meaning; each fits light, dark and paper. */
export type ChartTone = 'good' | 'bad' | 'warn' | 'mark' | 'link' | 'faint'

/** What a colour of a chart stands for. Its name is written wherever the colour is used. */
export interface ChartPart<Name extends string = string> {
  /** Written in the legend and below the bars. */
  readonly name: Name
  /** Its colour. */
  readonly tone: ChartTone
  /** Pale within an outline, to tell it from another part of the same tone. Default `false`. */
  readonly hollow?: boolean | undefined
}

/** How much of each part there is. What is not a positive number is drawn as nothing. */
export type PartCounts<Name extends string = string> = ReadonlyMap<Name, number>

/** One line of rectangles. */
export interface ChartTrack<Name extends string = string> {
  /** Told to readers that can't see the chart, and written before the parts. Needed where a bar has several tracks. */
  readonly name?: string | undefined
  /** Lengths of its rectangles. */
  readonly counts: PartCounts<Name>
  /** Where it starts on the scale, in the unit of the counts. Default 0. */
  readonly start?: number | undefined
}

/** A bar with its name and what it stands for in words. */
export interface ChartBar<Name extends string = string> {
  /** Stands before the bar. */
  readonly label: HtmlPart
  /** Stands after it: the number in words. */
  readonly value: HtmlPart
  /** Its lines of rectangles, the first on top. */
  readonly tracks: readonly ChartTrack<Name>[]
}

/** Bars below each other on one scale, the longest as wide as the chart. */
export interface BarChart<Name extends string = string> {
  /** Name of the chart for readers that can't see it. */
  readonly label: string
  /** In the order in which they are stacked. */
  readonly parts: readonly ChartPart<Name>[]
  /** From top to bottom. */
  readonly bars: readonly ChartBar<Name>[]
  /**
   * What says which colour is what: a legend above the bars, one elsewhere that several charts share, or the labels of the bars
   * themselves. But for the last, the parts of each bar are named below it. Default `above`.
   */
  readonly legend?: 'above' | 'elsewhere' | 'labels' | undefined
  /** How a number is written. Default: as it is. */
  readonly format?: ((value: number) => string) | undefined
}

/** Columns side by side over time, the first part at the bottom. */
export interface ColumnChart<Name extends string = string> {
  /** Name of the chart for readers that can't see it. */
  readonly label: string
  /** In the order in which they are stacked. */
  readonly parts: readonly ChartPart<Name>[]
  /** Name of the first column of the table of numbers. */
  readonly first: string
  /** The oldest first. */
  readonly columns: readonly { readonly label: HtmlPart; readonly counts: PartCounts<Name> }[]
}

/** What the colours of charts mean; nothing for a single one. */
export function chartLegend(parts: readonly ChartPart[]): Html {
  if (parts.length < 2) return markup``
  return markup`<ul class="legend" aria-label="Colours">
    ${parts.map((part) => markup`<li><svg class="chart" aria-hidden="true" width="14" height="14"><rect class="${partStyle(part)}" width="14" height="14"></rect></svg> ${part.name}</li>`)}
  </ul>`
}

/**
 * A chart of bars. Names and numbers are text, so that they wrap, are read aloud and can be found; the parts of a bar
 * are named below it.
 */
export function barChart<Name extends string>({
  label,
  parts,
  bars,
  legend = 'above',
  format = String,
}: BarChart<Name>): Html {
  if (bars.length === 0) return markup`<p class="quiet">None.</p>`
  const all = bars.flatMap(({ tracks }) => tracks)
  const used = usedParts(
    parts,
    all.map(({ counts }) => counts),
  )
  const longest = all.reduce(
    (most, { counts, start = 0 }) => Math.max(most, drawable(start) + sumOf(counts)),
    0,
  )
  const isNamed = legend !== 'labels' && used.length > 1
  return markup`${legend === 'above' && chartLegend(used)}<ul class="bars" aria-label="${label}">
    ${bars.map(
      ({ label: name, value, tracks }) => markup`<li>
        <span class="bar-label">${name}</span> <span class="bar-value">${value}</span>
        ${tracks.map((track) => renderTrack(track, parts, longest, tracks.length > 1, format))}
        ${isNamed && markup`<span class="bar-parts" aria-hidden="true">${tracks.map((track) => markup`<span>${describeTrack(track, parts, format)}</span> `)}</span>`}
      </li> `,
    )}
  </ul>`
}

function renderTrack<Name extends string>(
  track: ChartTrack<Name>,
  parts: readonly ChartPart<Name>[],
  whole: number,
  isThin: boolean,
  format: (value: number) => string,
): Html {
  const height = isThin ? 9 : 12
  return markup`<svg class="chart" role="img" aria-label="${describeTrack(track, parts, format)}" width="100%" height="${height}">${stack(
    track.counts,
    parts,
    { whole, start: track.start },
  ).map(
    ({ part, start, size }) =>
      markup`<rect class="${partStyle(part)}" x="${percent(start)}" width="${percent(size)}" height="${height}"></rect>`,
  )}</svg>`
}

function describeTrack<Name extends string>(
  { name, counts }: ChartTrack<Name>,
  parts: readonly ChartPart<Name>[],
  format: (value: number) => string,
): string {
  const used = usedParts(parts, [counts]).map(
    (part) => `${format(drawable(counts.get(part.name)!))} ${part.name}`,
  )
  return `${name === undefined ? '' : `${name}: `}${used.length === 0 ? 'none' : used.join(', ')}`
}

const chartHeight = 160

/** Most columns above which the sum is written; more would run into each other on a narrow screen. */
const maxWritten = 8

/** A chart of columns, the earliest at the left, with its numbers in a table that can be unfolded. */
export function columnChart<Name extends string>({ label, parts, first, columns }: ColumnChart<Name>): Html {
  const highest = columns.reduce((most, { counts }) => Math.max(most, sumOf(counts)), 0)
  const step = 100 / Math.max(columns.length, 1)
  const used = usedParts(
    parts,
    columns.map(({ counts }) => counts),
  )
  const head = columns.length <= maxWritten ? 18 : 0
  const drawn = chartHeight - head
  const [earliest, latest] = [columns.at(0), columns.length > 1 ? columns.at(-1) : undefined]
  return markup`<figure class="columns">
    <figcaption>${label}</figcaption>
    ${chartLegend(used)}
    <svg class="chart" role="img" aria-label="${label}, the earliest at the left; the numbers are in the table below" width="100%" height="${chartHeight}">
      ${columns.map(({ counts }, index) => {
        const stacked = stack(counts, parts, { whole: highest, least: 2 })
        const top = stacked.reduce((most, { start, size }) => Math.max(most, start + size), 0)
        const width = Math.min(step * 0.8, 12)
        const middle = (index + 0.5) * step
        return [
          stacked.map(
            ({ part, start, size }) =>
              markup`<rect
                class="${partStyle(part)}"
                x="${percent(middle - width / 2)}"
                width="${percent(width)}"
                y="${round(chartHeight - ((start + size) * drawn) / 100)}"
                height="${round((size * drawn) / 100)}"
              ></rect>`,
          ),
          head > 0 &&
            markup`<text x="${percent(middle)}" y="${round(chartHeight - (top * drawn) / 100 - 5)}" text-anchor="middle">${sumOf(counts)}</text>`,
        ]
      })}
    </svg>
    <p class="ends quiet"><span>${earliest?.label}</span> <span>${latest?.label}</span></p>
    <details>
      <summary>Numbers</summary>
      ${renderTable({
        caption: label,
        columns: [first, ...used.map(({ name }) => name), 'all'],
        rows: columns.map(({ label: name, counts }) => ({
          cells: [
            { content: name },
            ...used.map((part) => drawable(counts.get(part.name) ?? 0)),
            sumOf(counts),
          ],
        })),
      })}
    </details>
  </figure>`
}

const sumOf = (counts: PartCounts): number => counts.values().reduce((sum, each) => sum + drawable(each), 0)

/** The style classes of a tone. */
export const toneStyle = (tone: ChartTone): string => `t-${tone}`

const partStyle = ({ tone, hollow = false }: ChartPart): string =>
  `${toneStyle(tone)}${hollow ? ' hollow' : ''}`

/** Those parts that there is any of. */
const usedParts = <Name extends string>(
  parts: readonly ChartPart<Name>[],
  counts: readonly PartCounts<Name>[],
): readonly ChartPart<Name>[] =>
  parts.filter(({ name }) => counts.some((each) => drawable(each.get(name) ?? 0) > 0))

function stack<Name extends string>(
  counts: PartCounts<Name>,
  parts: readonly ChartPart<Name>[],
  options: ScaleOptions,
): readonly (ScaledPart & { readonly part: ChartPart<Name> })[] {
  const scaled = scaleParts(
    parts.map(({ name }) => counts.get(name) ?? 0),
    options,
  )
  return parts.map((part, index) => ({ part, ...scaled[index]! })).filter(({ size }) => size > 0)
}

const round = (value: number): number => Number(value.toFixed(2))
const percent = (value: number): string => `${Number(value.toFixed(3))}%`
