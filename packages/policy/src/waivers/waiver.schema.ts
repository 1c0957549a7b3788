import { isDigest } from '@sallyport/core'
import * as z from 'zod'
import { parseInstant } from '../parse-instant.ts'
import { readPurl } from './read-purl.ts'
import { parseVersionRange } from './version-range.ts'

const text = z.string().trim().min(1).max(2_000)
const name = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{C}+$/u, 'expected one line of text')

const instant = (bareDate: 'start' | 'end') =>
  z
    .string()
    .refine(
      (given) => parseInstant(given, bareDate) !== undefined,
      'expected a date such as 2027-03-31, or a time with its zone such as 2027-03-31T12:00:00Z, that exists',
    )

const host =
  '(?:localhost|(?=[^/]*[.:A-Z])[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?'
const repositoryPattern = new RegExp(`^${host}(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)+$`)

const scope = z
  .strictObject({
    package: z
      .string()
      .max(1_000)
      .optional()
      .describe('purl, compared parsed; with a version it covers only that one'),
    versions: z.string().max(4_000).optional().describe('VERS range, e.g. vers:deb/>=1.2|<1.4'),
    sourcePackage: z
      .boolean()
      .optional()
      .describe('Let package name the source package that the installed one was built of'),
    digest: z
      .string()
      .refine(isDigest, 'expected a digest such as sha256:…')
      .optional()
      .describe('Digest of the source image or of the promoted one'),
    repository: z
      .string()
      .max(500)
      .regex(repositoryPattern, 'expected registry/repository of the destination, without tag')
      .optional()
      .describe('registry/repository of the destination'),
  })
  .superRefine((given, context) => {
    const report = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (given.package === undefined && given.digest === undefined && given.repository === undefined) {
      context.addIssue({ code: 'custom', message: 'expected at least one of package, digest and repository' })
    }
    const purl = given.package === undefined ? undefined : readPurl(given.package)
    if (given.package === undefined) {
      if (given.versions !== undefined) report('versions', 'a range of versions needs a package')
      if (given.sourcePackage !== undefined) report('sourcePackage', 'it is about package, which is missing')
    } else if (purl === undefined) report('package', 'expected a purl, e.g. pkg:deb/debian/zlib1g')
    else if (purl.version === '') report('package', 'it ends in "@": a version is missing')
    else if (purl.name.includes('*') || purl.version?.includes('*')) {
      report('package', 'purls are compared literally: "*" stands for nothing')
    }
    if (given.versions === undefined) return
    try {
      const { type } = parseVersionRange(given.versions)
      if (purl && type !== purl.type) report('versions', `a range of ${type}, for a package of ${purl.type}`)
    } catch (error) {
      report('versions', error instanceof Error ? error.message : 'unreadable')
    }
    if (purl?.version) report('versions', 'package names a version already')
  })

/** The form of one waiver. */
export const waiverSchema = z
  .strictObject({
    id: name.describe('Unique over all files'),
    vulnerability: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9.:_-]{2,63}$/, 'expected an id such as CVE-2023-45853')
      .describe('CVE, GHSA or other id; each alias of a finding matches too'),
    scope,
    reason: text,
    owner: name,
    expires: instant('end').describe(
      'Instant at which it ends, exclusive; a bare date is the end of that day in UTC',
    ),
    tiers: z
      .array(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected the name of a tier'))
      .min(1)
      .max(100)
      .optional()
      .describe('Tiers it applies to; all when absent'),
    approver: name.optional(),
    ticket: name.optional(),
    until: z.literal('fixed').optional().describe('Void as soon as there is a fix'),
    granted: z
      .strictObject({
        at: instant('start'),
        severity: z.enum(['unknown', 'negligible', 'low', 'medium', 'high', 'critical']),
        fix: z.enum(['fixed', 'not-fixed', 'wont-fix', 'deferred', 'end-of-life', 'unknown']).optional(),
        kev: z.boolean().optional().describe('It was known to be exploited'),
      })
      .optional()
      .describe('What was known when it was granted; it is void when it gets worse'),
  })
  .superRefine(({ expires, until, granted }, context) => {
    if (!granted) return
    const end = parseInstant(expires, 'end')
    const start = parseInstant(granted.at, 'start')
    if (end !== undefined && start !== undefined && start >= end) {
      context.addIssue({ code: 'custom', path: ['expires'], message: 'it ends before it was granted' })
    }
    if (until === 'fixed' && granted.fix === 'fixed') {
      context.addIssue({ code: 'custom', path: ['until'], message: 'there was a fix when it was granted' })
    }
  })

/** A file of waivers as people write it. */
export const waiverFileSchema = z.strictObject({
  $schema: z.string().max(2_000).optional(),
  version: z.literal(1),
  waivers: z.array(waiverSchema).max(10_000),
})

/** A file of waivers whose form has been checked. */
export type WaiverDocument = z.infer<typeof waiverFileSchema>

/** One waiver as people write it. */
export type WaiverInput = WaiverDocument['waivers'][number]
