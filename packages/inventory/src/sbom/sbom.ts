import type { PackageChecksum } from '../inventory.ts'

/** A package that an SBOM lists. */
export interface SbomPackage {
  /** What the document itself calls it: `bom-ref`, `SPDXID` or `spdxId`; made up where it gives none. */
  readonly ref: string
  readonly name: string
  readonly version?: string | undefined
  /** As it stands in the document; absent when there is none or when it is none by the purl specification. */
  readonly purl?: string | undefined
  /** Type of the purl, e.g. `deb`. */
  readonly type?: string | undefined
  /** Declared or concluded licences as they stand there: ids, names, expressions. */
  readonly licenses: readonly string[]
  readonly cpes: readonly string[]
  readonly checksums: readonly PackageChecksum[]
  /** Where it was found, if told. */
  readonly path?: string | undefined
  /** Layer it was found in, if told. */
  readonly diffId?: string | undefined
  /** Refs of the packages it depends on, sorted. The graph may have cycles. */
  readonly dependsOn: readonly string[]
}

/** Something in an SBOM that cannot count as it stands. */
export interface SbomWarning {
  readonly code:
    /** A package without a purl, which nothing can be matched by. */
    | 'PURL_MISSING'
    | 'PURL_INVALID'
    /** Two packages under one ref; the further ones are left out of the graph. */
    | 'DUPLICATE_REF'
    /** A dependency on something that the document does not list. */
    | 'DANGLING_REF'
    /** More than a thousand warnings; this one tells how many more. */
    | 'MORE_WARNINGS'
  readonly message: string
}

/** What an SBOM is about. */
export interface SbomSubject {
  readonly name: string
  readonly version?: string | undefined
  /** `sha256:…` of an image, if told. */
  readonly digest?: string | undefined
  readonly purl?: string | undefined
}

/** An SBOM as it was read, whatever its form. */
export interface Sbom {
  readonly format: 'cyclonedx' | 'spdx'
  /** Version of the form, e.g. `1.6` or `2.3`. */
  readonly version: string
  readonly subject?: SbomSubject | undefined
  /** Who made it, e.g. `syft`, with a version where told. */
  readonly tools: readonly { readonly name: string; readonly version?: string | undefined }[]
  /** As it stands in the document. */
  readonly createdAt?: string | undefined
  /** `ID` and `VERSION_ID` of the operating system, as far as told. */
  readonly distro?: { readonly id: string; readonly versionId?: string | undefined } | undefined
  /** In the order of the document; without the subject, the operating system, and files. */
  readonly packages: readonly SbomPackage[]
  readonly warnings: readonly SbomWarning[]
}
