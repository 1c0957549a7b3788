import * as z from 'zod'
import type { RuleKind } from '../rules/rule-kind.ts'
import { broken, holds } from '../rules/rule-result.ts'
import { asksLess } from './tightening.ts'

/** A scanner that must have judged all of the image. */
export interface RequiredScanner {
  readonly name: string
  /** Lowest version, numbers and points. */
  readonly minVersion?: string | undefined
}

/** Which scanners must have answered, each completely, about this image. */
export interface ScannersRule {
  readonly required: readonly RequiredScanner[]
}

/** `scanners`. */
export const scannersKind: RuleKind<ScannersRule> = {
  schema: z.strictObject({
    required: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(100),
          minVersion: z
            .string()
            .regex(/^[0-9]{1,9}(\.[0-9]{1,9}){0,4}$/, 'expected numbers and points, e.g. 0.60')
            .optional(),
        }),
      )
      .min(1)
      .max(20),
  }),
  loosened: (parent, child) => [
    ...asksLess(
      ['required'],
      parent.required.map(({ name }) => name),
      child.required.map(({ name }) => name),
    ),
    ...child.required.flatMap(({ name, minVersion = '0' }, at) => {
      const [before] = parent.required
        .flatMap((one) => (one.name === name && one.minVersion !== undefined ? [one.minVersion] : []))
        .toSorted((one, other) => compareVersions(other, one))
      return before !== undefined && compareVersions(minVersion, before) < 0
        ? [{ path: ['required', at, 'minVersion'], was: before }]
        : []
    }),
  ],
  evaluate({ required }, { facts: { scan, subject } }) {
    const faults = required.flatMap(({ name, minVersion }) => {
      const reports = scan.reports.filter(({ scanner }) => scanner.name === name)
      if (reports.length === 0) return [`${name}: gave no answer`]
      const reasons = reports.map((report) => {
        if (report.subject !== subject) return `judged ${report.subject}, another image`
        if (report.status !== 'complete') return `its answer is ${report.status}`
        const { version } = report.scanner
        if (minVersion !== undefined && !isAtLeast(version, minVersion))
          return `version ${version}, at least ${minVersion} expected`
        return undefined
      })
      return reasons.includes(undefined) ? [] : [`${name}: ${reasons.toSorted()[0]}`]
    })
    return faults.length === 0
      ? holds(`answers of ${required.map(({ name }) => name).join(', ')}`)
      : broken('scanner-missing', 'a scanner that must judge it did not', { offenders: faults })
  },
}

/** Whether a version as a scanner writes it, such as `v0.60.1-rc1`, reaches another. One that can't be read does not. */
function isAtLeast(version: string, minimum: string): boolean {
  const [, numbers, rest] = /^v?([0-9]{1,9}(?:\.[0-9]{1,9}){0,4})([-+].*)?$/.exec(version) ?? []
  if (numbers === undefined) return false
  const order = compareVersions(numbers, minimum)
  return order > 0 || (order === 0 && !rest?.startsWith('-'))
}

function compareVersions(one: string, other: string): number {
  const left = one.split('.').map(Number)
  const right = other.split('.').map(Number)
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
