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

  const isImage = ({ purls, digests: own }: Part): boolean =>
    own.some((digest) => digests.has(digest)) ||
    purls.some((purl) => {
      const stated = parse(purl)
      return stated !== undefined && stated.type === 'oci' && namesImage(stated, digests, image.repositories)
    })
  const names = ({ purls }: Part, purl: string): boolean => {
    const found = parse(purl)
    if (found === undefined) return false
    return purls.some((one) => {
      const stated = parse(one)
      return stated !== undefined && stated.type !== 'oci' && purlNames(stated, found)
    })
  }
  /** A product with parts is what lies in the file that the part lies in: a program and the modules linked into it. */
  const holds = (product: Part, { package: { path } }: Finding): boolean =>
    path !== undefined && image.packages.some((one) => one.path === path && names(product, one.purl))

  return {
    applies({ vulnerabilities, products }, finding) {
      const ids = [finding.id, ...finding.aliases]
      if (!vulnerabilities.some((id) => ids.includes(id))) return false
      const { purl } = finding.package
      return products.some((product) => {
        const { subcomponents } = product
        if (subcomponents.length === 0) return isImage(product) || names(product, purl)
        return (
          subcomponents.some((part) => names(part, purl)) && (isImage(product) || holds(product, finding))
        )
      })
    },
  }
}

/**
 * Whether a purl of type `oci` is the image: by its digest, or, where it names none, by a repository that the caller
 * said to be the image's. A tag is no proof.
 */
function namesImage(
  { version, qualifiers }: PackageURL,
  digests: ReadonlySet<string>,
  repositories: readonly string[],
): boolean {
  const { repository_url: repository, tag } = qualifiers ?? {}
  if (version) return isDigest(version) && digests.has(version)
  return !tag && repository !== undefined && repositories.includes(repository)
}
