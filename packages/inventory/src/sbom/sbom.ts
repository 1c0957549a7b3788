import type { InventoryGap, PackageChecksum } from '../inventory.ts'

/** A package that an SBOM lists. */
export interface SbomPackage {
  /** What the document itself calls it: `bom-ref`, `SPDXID` or `spdxId`; made up where it gives none. */
  readonly ref: string
  /** Name as it stands in the document. */
  readonly name: string
  /** Version as it stands there. */
  readonly version?: string | undefined
  /** As it stands in the document; absent when there is none or when it is none by the purl specification. */
  readonly purl?: string | undefined
  /** Type of the purl, e.g. `deb`. */
  readonly type?: string | undefined
  /** Declared or concluded licences as they stand there: ids, names, expressions. */
  readonly licenses: readonly string[]
  /** CPE names as they stand there. */
  readonly cpes: readonly string[]
  /** Checksums, as far as their algorithm is known. */
  readonly checksums: readonly PackageChecksum[]
  /** Where it was found, if told. */
  readonly path?: string | undefined
  /** Layer it was found in, if told. */
  readonly diffId?: string | undefined
  /** Source package that advisories of a distribution name, if told beside the purl. */
  readonly source?: { readonly name: string; readonly version: string } | undefined
  /** purl of the system package whose files it is made of, if told. */
  readonly ownedBy?: string | undefined
  /** Source packages whose code is built in, if told. */
  readonly builtUsing?: readonly { readonly name: string; readonly version: string }[] | undefined
  /** Module of an rpm package (`name:stream:version:context`), if told. */
  readonly module?: string | undefined
  /** Refs of the packages it depends on, sorted. The graph may have cycles. */
  readonly dependsOn: readonly string[]
}

/** Something in an SBOM that cannot count as it stands. */
export interface SbomWarning {
  /** What kind of fault it is. */
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
  /** What it is about, for people. */
  readonly message: string
}

/** What an SBOM is about. */
export interface SbomSubject {
  /** Name as it stands in the document. */
  readonly name: string
  /** Version as it stands there. */
  readonly version?: string | undefined
  /** `sha256:…` of an image, if told. */
  readonly digest?: string | undefined
  /** purl, if told. */
  readonly purl?: string | undefined
}

/** An SBOM as it was read, whatever its form. */
export interface Sbom {
  /** The form that it is written in. */
  readonly format: 'cyclonedx' | 'spdx'
  /** Version of the form, e.g. `1.6` or `2.3`. */
  readonly version: string
  /** What it is about, if told. */
  readonly subject?: SbomSubject | undefined
  /** Who made it, e.g. `syft`, with a version where told. */
  readonly tools: readonly { readonly name: string; readonly version?: string | undefined }[]
  /** As it stands in the document. */
  readonly createdAt?: string | undefined
  /** `ID` and `VERSION_ID` of the operating system, as far as told. */
  readonly distro?: { readonly id: string; readonly versionId?: string | undefined } | undefined
  /** `os/architecture[/variant]` of the image, if told. */
  readonly platform?: string | undefined
  /** What its maker could not see, where it says so; absent when it says nothing. */
  readonly gaps?: readonly InventoryGap[] | undefined
  /** In the order of the document; without the subject, the operating system, and files. */
  readonly packages: readonly SbomPackage[]
  /** What in it cannot count as it stands. */
  readonly warnings: readonly SbomWarning[]
}
