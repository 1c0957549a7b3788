import type { Inventory, Package } from '@sallyport/inventory'
import * as z from 'zod'
import { matchGlob } from '../evaluate/match-glob.ts'
import { type PurlParts, readPurl } from '../waivers/read-purl.ts'

/**
 * Which packages a rule means: a purl. Type and namespace are compared literally, in the name `*` stands for any run of
 * characters; a version, where given, must be the same, and so must each qualifier.
 */
export const packagePatternSchema: z.ZodType<string> = z
  .string()
  .max(1_000)
  .refine((text) => parse(text) !== undefined, 'expected a purl, e.g. pkg:npm/event-stream@3.3.6')

/** Packages whose purl can't be read, and that therefore can't be told apart. */
export class UnreadablePackage extends Error {}

/** Tells packages that a pattern means. The function throws {@link UnreadablePackage} where a purl can't be read. */
export function createPackageMatcher(pattern: string): (pkg: Package) => boolean {
  const wanted = parse(pattern)
  if (!wanted) return () => false
  const start = fold(wanted.name.split('*')[0]!)
  return (pkg) => {
    if (!pkg.purl.startsWith(`pkg:${wanted.type}/`)) return false
    // Reading a purl costs more than everything else here: only one in which the name may stand is read.
    if (!pkg.purl.includes('%') && !fold(pkg.purl).includes(start)) return false
    const actual = purlOf(pkg)
    return (
      actual.namespace === wanted.namespace &&
      matchGlob(wanted.name, actual.name) &&
      (wanted.version === undefined || wanted.version === actual.version) &&
      Object.entries(wanted.qualifiers).every(([key, value]) => actual.qualifiers[key] === value)
    )
  }
}

/** The first package of an inventory whose purl has no name or is not of the package's type. */
export function findUnreadable({ packages }: Inventory): Package | undefined {
  return packages.find(({ purl, type }) => !purl.startsWith(`pkg:${type}/`) || !named.test(purl))
}

const named = /^pkg:[a-z]+\/(?:[^?#]*\/)?[^/@?#][^/?#]*(?:[?#]|$)/

/** Names are compared by rules of their ecosystem; what is alike by any of them is alike here. */
const fold = (name: string) => name.toLowerCase().replaceAll('_', '-')

const known = new WeakMap<Package, PurlParts>()

function purlOf(pkg: Package): PurlParts {
  const before = known.get(pkg)
  if (before) return before
  const purl = parse(pkg.purl)
  if (!purl) throw new UnreadablePackage(`the purl of ${pkg.name} can't be read`)
  known.set(pkg, purl)
  return purl
}

function parse(text: string): PurlParts | undefined {
  const purl = readPurl(text)
  return purl?.type && purl.name ? purl : undefined
}
