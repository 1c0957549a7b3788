import { type Digest, isDigest } from '@sallyport/core'
import type { PackageURL } from 'packageurl-js'
import type { Finding } from '../finding.ts'
import { parsePurl, purlNames } from './match-purl.ts'
import type { VexProduct, VexStatement } from './vex-document.ts'

/** The image that findings are of, as statements may name it. */
export interface VexImage {
  /** Digests that are the image: of its manifest, and of an index that leads to it. */
  readonly digests: readonly Digest[]
  /** `registry/repository`, each place that counts as the image's own. */
  readonly repositories: readonly string[]
  /** purls of all packages of the image, with the file that names each. */
  readonly packages: readonly { readonly purl: string; readonly path?: string | undefined }[]
}

/** Decides which statements are about a finding. */
export interface StatementMatcher {
  applies(statement: VexStatement, finding: Finding): boolean
}

type Part = Omit<VexProduct, 'subcomponents'>

/** Makes a matcher for one image; purls are parsed once. */
export function createStatementMatcher(image: VexImage): StatementMatcher {
  const parsed = new Map<string, PackageURL | undefined>()
  const parse = (purl: string): PackageURL | undefined => {
    if (!parsed.has(purl)) parsed.set(purl, parsePurl(purl))
    return parsed.get(purl)
  }
  const digests = new Set<string>(image.digests)

  const imagesOf = ({ purls }: Part): readonly PackageURL[] =>
    purls.flatMap((purl) => {
      const stated = parse(purl)
      return stated?.type === 'oci' ? [stated] : []
    })
  const isThisImage = (part: Part): boolean =>
    part.digests.some((digest) => digests.has(digest)) ||
    imagesOf(part).some(({ version }) => isDigest(version) && digests.has(version))
  const isOfRepository = (part: Part): boolean =>
    imagesOf(part).some((stated) => namesRepository(stated, image.repositories))
  const names = ({ purls }: Part, purl: string, withVersion = false): boolean => {
    const found = parse(purl)
    if (found === undefined) return false
    return purls.some((one) => {
      const stated = parse(one)
      if (stated === undefined || stated.type === 'oci' || (withVersion && !stated.version)) return false
      return purlNames(stated, found)
    })
  }
  /** A product with parts is what lies in the file that the part lies in: a program and the modules linked into it. */
  const holds = (product: Part, { package: { path } }: Finding): boolean =>
    path !== undefined && image.packages.some((one) => one.path === path && names(product, one.purl))

  return {
    applies({ vulnerabilities, products, status }, finding) {
      const ids = [finding.id, ...finding.aliases]
      if (!vulnerabilities.some((id) => ids.includes(id))) return false
      const { purl } = finding.package
      // some version of everything is fixed: which one must be said
      const fixed = status === 'fixed'
      return products.some((product) => {
        const { subcomponents } = product
        if (isThisImage(product)) {
          return subcomponents.length === 0 || subcomponents.some((part) => names(part, purl))
        }
        if (subcomponents.length === 0) {
          return names(product, purl, fixed) || (!fixed && isOfRepository(product))
        }
        return (
          subcomponents.some((part) => names(part, purl, fixed)) &&
          (isOfRepository(product) || holds(product, finding))
        )
      })
    },
  }
}

/**
 * Whether a purl of type `oci` that names no digest is of a repository that the caller said to be the image's. A tag is
 * no proof.
 */
function namesRepository({ version, qualifiers }: PackageURL, repositories: readonly string[]): boolean {
  const { repository_url: repository, tag } = qualifiers ?? {}
  return !version && !tag && repository !== undefined && repositories.includes(repository)
}
