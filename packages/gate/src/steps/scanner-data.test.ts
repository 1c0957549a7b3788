import { digestOf } from '@sallyport/core'
import type { ScanData, Scanner } from '@sallyport/scan'
import { describe, expect, it } from 'vitest'
import { compareScannerData } from './scanner-data.ts'

const data: readonly ScanData[] = [
  { name: 'a', digest: digestOf('a'), updatedAt: '2026-11-25T00:00:00.000Z' },
  { name: 'b', updatedAt: '2026-11-24T00:00:00.000Z' },
]
const scanner = (name: string, currentData?: Scanner['currentData']) => ({ name, currentData }) as Scanner
const inputs = (...names: string[]) =>
  ({ inputs: { scanners: names.map((name) => ({ name, version: '1', status: 'complete', data })) } }) as never
const telling = (...told: ScanData[]) => scanner('one', async () => told)

describe('compareScannerData', () => {
  it.each<[string, readonly Scanner[], string]>([
    ['the same data', [telling(...data)], 'same'],
    ['the same data in another order', [telling(...data.toReversed())], 'same'],
    ['another digest', [telling({ ...data[0]!, digest: digestOf('c') }, data[1]!)], 'other'],
    ['another date', [telling(data[0]!, { ...data[1]!, updatedAt: '2026-11-26T00:00:00.000Z' })], 'other'],
    ['data that are missing', [telling(data[0]!)], 'other'],
    ['a scanner that was not asked then', [telling(...data), scanner('two')], 'other'],
    ['a scanner that can not tell', [scanner('one')], 'unknown'],
    ['a scanner that tells nothing', [telling()], 'unknown'],
    ['a scanner that does not know', [scanner('one', async () => undefined)], 'unknown'],
    ['data that nothing tells apart', [telling({ name: 'a' })], 'unknown'],
    ['a scanner that fails', [scanner('one', () => Promise.reject(new Error('gone')))], 'unknown'],
  ])('%s', async (_title, scanners, expected) => {
    expect(await compareScannerData(scanners, inputs('one'))).toBe(expected)
  })
})
