import type { Digest } from '@sallyport/core'
import { comparePackages, type PackageDifferences } from './compare-packages.ts'
import type { CycloneDxPredicate } from './cyclonedx.ts'
import { type PredicateCheck, type PredicateProblem, quote } from './predicate-check.ts'
import { readSbom } from './sbom-contents.ts'
import type { SpdxPredicate } from './spdx.ts'

/** Options of {@link checkSbomSubject}. */
export interface CheckSbomOptions {
  /**
   * purls of the packages that the image was found to have. Default: packages are not compared.
   */
  readonly inventoryPackages?: readonly string[] | undefined
}

/** Why an SBOM does not fit the image. */
export type SbomProblemCode = 'subject-unnamed' | 'subject-mismatch' | 'packages-differ'

/** Result of {@link checkSbomSubject}. */
export interface SbomCheck extends PredicateCheck<SbomProblemCode> {
  /** Present when packages were compared. */
  readonly differences?: PackageDifferences | undefined
}

/**
 * Whether an attested SBOM describes an image, and on request whether it lists what the image was found to have. A
 * statement's subject says what an SBOM was attached to; the document itself says what it was made of:
 *
 * - CycloneDX: `metadata.component` (hash, version, purl, bom-ref, Trivy's `RepoDigest`)
 * - SPDX 2: the packages that the document describes (checksum, version, purl)
 * - SPDX 3: the root packages (hash, version, purl)
 *
 * @param digest Of the manifest; several where an SBOM of a platform is also attached to its index.
 */
export function checkSbomSubject(
  sbom: CycloneDxPredicate | SpdxPredicate,
  digest: Digest | readonly Digest[],
  { inventoryPackages }: CheckSbomOptions = {},
): SbomCheck {
  const { subject, packages } = readSbom(sbom)
  const problems: PredicateProblem<SbomProblemCode>[] = []
  const named = new Set(subject.flatMap(findDigests))
  const expected: readonly string[] = typeof digest === 'string' ? [digest] : digest
  if (named.size === 0) {
    problems.push({ code: 'subject-unnamed', message: 'the SBOM does not say of which image it is' })
  } else if (!expected.some((one) => named.has(one))) {
    const what = [...named].slice(0, 3).map(quote).join(', ')
    problems.push({
      code: 'subject-mismatch',
      message: `the SBOM is of ${what}, not of ${expected.join(' or ')}`,
    })
  }
  if (inventoryPackages === undefined) return { ok: problems.length === 0, problems }

  const differences = comparePackages(packages, inventoryPackages)
  const { missing, extra, differing } = differences
  if (missing.length + extra.length + differing.length > 0) {
    problems.push({
      code: 'packages-differ',
      message: `the SBOM lacks ${missing.length} packages of the image, has ${extra.length} that the image has not, and ${differing.length} in other versions`,
    })
  }
  return { ok: problems.length === 0, problems, differences }
}

/** Digests in a version, purl or reference; `:` may be percent-encoded, as in purls. */
function findDigests(text: string): readonly string[] {
  return [...text.matchAll(/(?<![a-z0-9])(sha256|sha512)(?::|%3a)([0-9a-f]{64,128})(?![0-9a-f])/gi)].map(
    ([, algorithm = '', hex = '']) => `${algorithm}:${hex}`.toLowerCase(),
  )
}
