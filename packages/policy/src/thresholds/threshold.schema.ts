import * as z from 'zod'
import { durationSchema } from '../document/rule-settings.schema.ts'
import { oneOrMore } from '../rules/one-or-more.schema.ts'
import type { Threshold } from './threshold.ts'
import { loadPackageUrl } from '../internal/load-libraries.ts'

const severities = ['unknown', 'negligible', 'low', 'medium', 'high', 'critical'] as const
const fixes = ['fixed', 'not-fixed', 'wont-fix', 'deferred', 'end-of-life', 'unknown'] as const
const usages = ['executed', 'loaded', 'linked', 'possible', 'present'] as const
const share = z.number().min(0).max(1)

const age = z.strictObject({
  since: z.enum(['disclosure', 'fix', 'first-seen']),
  atLeast: durationSchema,
})

const epss = z
  .strictObject({
    atLeast: share.optional(),
    percentile: share.optional(),
    missing: z.enum(['count', 'skip']).default('count'),
  })
  .refine(
    ({ atLeast, percentile }) => atLeast !== undefined || percentile !== undefined,
    'expected `atLeast`, `percentile` or both',
  )

const ecosystem = z.string().regex(/^[a-z][a-z0-9.+-]{0,63}$/, 'expected the type of a purl, e.g. deb or npm')

const packageName = z
  .string()
  .trim()
  .min(1)
  .max(1_000)
  .refine(
    (text) => !text.startsWith('pkg:') || isPurl(text),
    'expected a purl or a name, e.g. pkg:deb/debian/zlib1g or libssl*',
  )

/** A threshold as people write it. */
export const thresholdSchema: z.ZodType<Threshold> = z.strictObject({
  severity: oneOrMore(z.enum(severities), `one of ${severities.join(', ')}`).optional(),
  fix: oneOrMore(z.enum(fixes), `one of ${fixes.join(', ')}`).optional(),
  usage: oneOrMore(z.enum(usages), `one of ${usages.join(', ')}`).optional(),
  age: age.optional(),
  kev: oneOrMore(
    z.enum(['listed', 'overdue', 'not-listed']),
    'one of listed, overdue, not-listed',
  ).optional(),
  epss: epss.optional(),
  ecosystem: oneOrMore(ecosystem, 'the type of a purl, e.g. deb or npm').optional(),
  package: oneOrMore(packageName, 'a purl or a name, e.g. pkg:deb/debian/zlib1g or libssl*').optional(),
  except: oneOrMore(z.enum(['kernel-not-shipped']), 'kernel-not-shipped').optional(),
  max: z.int().min(0).max(1_000_000),
})

function isPurl(text: string): boolean {
  const { PackageURL } = loadPackageUrl()
  try {
    PackageURL.fromString(text)
    return true
  } catch {
    return false
  }
}
