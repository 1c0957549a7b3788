import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { barChart, chartLegend, type ChartPart, columnChart } from './charts.ts'

const parts = [
  { name: 'bad', tone: 'bad' },
  { name: 'good', tone: 'good', hollow: true },
] as const satisfies readonly ChartPart[]
type Name = (typeof parts)[number]['name']

const counts = (bad: number, good: number) =>
  new Map<Name, number>([
    ['bad', bad],
    ['good', good],
  ])
const bars = (...values: readonly (readonly [number, number])[]) =>
  barChart({
    label: 'chart',
    parts,
    bars: values.map(([bad, good], index) => ({
      label: `bar ${index}`,
      value: bad + good,
      tracks: [{ counts: counts(bad, good) }],
    })),
  }).toString()
const widths = (page: string) =>
  [...page.matchAll(/<rect[^>]* width="([\d.]+)%"/g)].map(([, width]) => Number(width))
const labels = (page: string) =>
  [...page.matchAll(/role="img" aria-label="([^"]*)"/g)].map(([, label]) => label)

const hostile = `"><svg onload="document.title='owned'"><script>x</script>\u202e`

describe('barChart', () => {
  it('draws on one scale, and says each number', () => {
    const page = bars([3, 1], [2, 0])
    expect(widths(page)).toEqual([75, 25, 50])
    expect(labels(page)).toEqual(['3 bad, 1 good', '2 bad'])
    expect(page).toContain('<span class="bar-parts" aria-hidden="true"><span>3 bad, 1 good</span>')
  })

  it.each([
    ['no bars', [], 'None.'],
    ['a bar of nothing', [[0, 0]] as const, 'aria-label="none"'],
  ])('draws nothing for %s, and says so', (_, values, said) => {
    expect(bars(...values)).toContain(said)
    expect(widths(bars(...values))).toEqual([])
  })

  it('keeps a tiny bar visible below a huge one', () => {
    const [huge, tiny] = widths(bars([1e9, 0], [1, 0]))
    expect(huge).toBe(100)
    expect(tiny).toBe(0.5)
  })

  it('explains colours where there are several, unless something else does', () => {
    expect(bars([1, 1])).toContain('aria-label="Colours"')
    expect(bars([1, 0], [2, 0])).not.toContain('Colours')
    const quiet = barChart({
      label: 'chart',
      parts,
      legend: 'elsewhere',
      bars: [{ label: 'a', value: 2, tracks: [{ counts: counts(1, 1) }] }],
    })
    expect(quiet.toString()).not.toContain('Colours')
  })

  it('leaves no part to its colour alone', () => {
    const named = (page: string) =>
      [...page.matchAll(/aria-hidden="true"><span>([^<]*)</g)].map(([, text]) => text)
    expect(named(bars([3, 0], [0, 2], [0, 0]))).toEqual(['3 bad', '2 good', 'none'])
    expect(named(bars([3, 0], [1, 0]))).toEqual([])
    const labelled = barChart({
      label: 'chart',
      parts,
      legend: 'labels',
      bars: parts.map(({ name }) => ({ label: name, value: 1, tracks: [{ counts: new Map([[name, 1]]) }] })),
    }).toString()
    expect(named(labelled)).toEqual([])
    expect(labelled).not.toContain('Colours')
  })

  it('names each track of a bar with several, and writes numbers as it is told', () => {
    const page = barChart({
      label: 'chart',
      parts,
      format: (value) => `${value} kB`,
      bars: [
        {
          label: 'a',
          value: '',
          tracks: [
            { name: 'before', counts: counts(4, 0) },
            { name: 'after', counts: counts(0, 0) },
          ],
        },
      ],
    }).toString()
    expect(labels(page)).toEqual(['before: 4 kB bad', 'after: none'])
  })

  it('escapes whatever stands in it', () => {
    const page = barChart({
      label: hostile,
      parts: [
        { name: hostile, tone: 'bad' },
        { name: 'b', tone: 'good' },
      ],
      bars: [
        {
          label: hostile,
          value: hostile,
          tracks: [
            {
              name: hostile,
              counts: new Map([
                [hostile, 1],
                ['b', 1],
              ]),
            },
          ],
        },
      ],
    }).toString()
    expect(page).not.toContain('<script')
    expect(page).not.toMatch(/\u202e/)
    expect(page.match(/<svg/g)).toHaveLength(page.match(/<svg class="chart"/g)!.length)
    for (const tag of page.match(/<[^>]*>/g)!) expect(tag.replace(/"[^"]*"/g, '')).not.toMatch(/onload/)
  })

  it('never draws what is no number', () => {
    const number = fc.oneof(fc.double(), fc.constant('7' as unknown as number))
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number), { minLength: 1 }), (values) => {
        const page = barChart({
          label: 'chart',
          parts,
          bars: values.map(([bad, good]) => ({
            label: '',
            value: '',
            tracks: [{ counts: counts(bad, good) }],
          })),
        }).toString()
        expect(page).not.toMatch(/NaN|Infinity|"-/)
        for (const width of widths(page)) expect(width).toBeLessThanOrEqual(100)
      }),
    )
  })
})

describe('columnChart', () => {
  const chart = (number: number) =>
    columnChart({
      label: 'Images',
      parts,
      first: 'When',
      columns: Array.from({ length: number }, (_, index) => ({
        label: `day ${index}`,
        counts: counts(index, 10),
      })),
    }).toString()

  it('says the numbers in a table and the sums above the columns', () => {
    const page = chart(3)
    const cells = [...page.matchAll(/<td[^>]*>\s*([^<]*?)\s*<\/td>/g)].map(([, text]) => text)
    expect(cells).toEqual(['day 0', '0', '10', '10', 'day 1', '1', '10', '11', 'day 2', '2', '10', '12'])
    expect([...page.matchAll(/<text[^>]*>(\d+)</g)].map(([, text]) => text)).toEqual(['10', '11', '12'])
    expect(labels(page)).toEqual(['Images, the earliest at the left; the numbers are in the table below'])
  })

  it('keeps columns within the chart, whatever their number', () => {
    for (const number of [1, 2, 9, 24, 100]) {
      const page = chart(number)
      const rects = [
        ...page.matchAll(/x="([\d.]+)%"\s+width="([\d.]+)%"\s+y="([\d.]+)"\s+height="([\d.]+)"/g),
      ].map((match) => match.slice(1).map(Number))
      expect(rects.length).toBe(2 * number - 1)
      for (const [x, width, y, height] of rects) {
        expect(x! + width!).toBeLessThanOrEqual(100)
        expect(y! + height!).toBeLessThanOrEqual(160.01)
      }
    }
  })

  it('has a place for no column', () => expect(chart(0)).toContain('None.'))
})

describe('chartLegend', () => {
  it('says nothing of one colour', () => expect(chartLegend(parts.slice(0, 1)).toString()).toBe(''))
})
