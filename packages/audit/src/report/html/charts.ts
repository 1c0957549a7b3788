import { markup, renderTable, type Html } from '@sallyport/policy/report'
import { type ClassGroup, groupNames } from '../class-order.ts'

/** A part of a bar. */
export type GroupCounts = ReadonlyMap<ClassGroup, number>

/** Name of the style of a group. */
export const groupStyle = (group: ClassGroup): string => `g-${group.replaceAll(' ', '-')}`

/** What the colours of charts mean. */
export function chartLegend(): Html {
  return markup`<ul class="legend" aria-label="Colours">
    ${groupNames.map((group) => markup`<li><svg aria-hidden="true" width="14" height="14"><rect class="${groupStyle(group)}" width="14" height="14"></rect></svg> ${group}</li>`)}
  </ul>`
}

/** A bar with its name and what it stands for in words. */
export interface Bar {
  readonly label: Html | string
  readonly value: Html | string | number
  readonly counts: GroupCounts
}

/**
 * Bars of which the longest fills the width; all texts are text, so that they wrap, are read aloud and can be found. The
 * parts of a bar with several groups are named.
 */
export function stackedBars(label: string, bars: readonly Bar[]): Html {
  if (bars.length === 0) return markup`<p class="quiet">None.</p>`
  const longest = Math.max(1, ...bars.map(({ counts }) => sumOf(counts)))
  return markup`<ul class="bars" aria-label="${label}">
    ${bars.map(
      ({ label: name, value, counts }) =>
        markup`<li>
          <span class="bar-label">${name}</span> <span class="bar-value">${value}</span>
          <svg ${nameParts(counts)} width="100%" height="12">${stack(counts, longest).map(
            ({ group, start, size }) =>
              markup`<rect class="${groupStyle(group)}" x="${percent(start)}" width="${percent(size)}" height="12"></rect>`,
          )}</svg>
        </li> `,
    )}
  </ul>`
}

const nameParts = (counts: GroupCounts): Html =>
  counts.size < 2 ? markup`aria-hidden="true"` : markup`role="img" aria-label="${describeParts(counts)}"`

const describeParts = (counts: GroupCounts): string =>
  groupNames
    .filter((group) => counts.has(group))
    .map((group) => `${counts.get(group)} ${group}`)
    .join(', ')

/** Columns of a chart over time, and the table of its numbers. */
export interface ColumnChart {
  readonly label: string
  /** Name of the first column of the table. */
  readonly first: string
  readonly columns: readonly { readonly label: Html; readonly counts: GroupCounts }[]
}

const chartHeight = 160

/** Columns side by side, the worst group at the bottom, with their numbers in a table that can be unfolded. */
export function stackedColumns({ label, first, columns }: ColumnChart): Html {
  const highest = Math.max(1, ...columns.map(({ counts }) => sumOf(counts)))
  const step = 100 / Math.max(columns.length, 1)
  const used = groupNames.filter((group) => columns.some(({ counts }) => (counts.get(group) ?? 0) > 0))
  return markup`<figure class="columns">
    <svg role="img" aria-label="${label}; the numbers are in the table below" width="100%" height="${chartHeight}">
      ${columns.map(({ counts }, index) =>
        stack(counts, highest).map(
          ({ group, start, size }) =>
            markup`<rect
              class="${groupStyle(group)}"
              x="${percent((index + 0.1) * step)}"
              width="${percent(Math.min(step * 0.8, 12))}"
              y="${((100 - start - size) * chartHeight) / 100}"
              height="${(size * chartHeight) / 100}"
            ></rect>`,
        ),
      )}
    </svg>
    <figcaption>${label}, the earliest at the left</figcaption>
    <details>
      <summary>Numbers</summary>
      ${renderTable({
        caption: label,
        columns: [first, ...used, 'all'],
        rows: columns.map(({ label: name, counts }) => ({
          cells: [{ content: name }, ...used.map((group) => counts.get(group) ?? 0), sumOf(counts)],
        })),
      })}
    </details>
  </figure>`
}

const sumOf = (counts: GroupCounts): number => counts.values().reduce((sum, each) => sum + each, 0)

/** Parts of a stack in hundredths of the longest. */
function stack(
  counts: GroupCounts,
  longest: number,
): readonly { readonly group: ClassGroup; readonly start: number; readonly size: number }[] {
  let start = 0
  return groupNames.flatMap((group) => {
    const size = ((counts.get(group) ?? 0) / longest) * 100
    if (size === 0) return []
    start += size
    return [{ group, start: start - size, size }]
  })
}

const percent = (value: number): string => `${Number(value.toFixed(3))}%`
