import type { Digest, Platform } from '@sallyport/core'

/** Package types, as in purl (package-url specification, purl-types). */
export type PackageType =
  | 'deb'
  | 'apk'
  | 'rpm'
  | 'npm'
  | 'pypi'
  | 'conda'
  | 'golang'
  | 'maven'
  | 'gem'
  | 'cargo'
  | 'nuget'
  | 'composer'
  | 'generic'

/** How and where a package was found. */
export interface PackageEvidence {
  /** Path of the file that names the package, e.g. `/var/lib/dpkg/status`. */
  readonly path: string
  /** Layer that this file comes from. */
  readonly layer: number
  /** Digest of that layer, uncompressed. */
  readonly diffId: Digest
  /** Which reader found it, e.g. `dpkg-status`, `dpkg-status.d`, `apk-installed`, `npm-package-json`, `python-dist-info`. */
  readonly method: string
}

/** One alternative of a dpkg relationship field: `name[:arch] [(operator version)]` (Debian policy, 7.1). */
export interface DpkgDependency {
  /** Name of a package, or of one that others provide. */
  readonly name: string
  /** Architecture that it is limited to, such as `any`. */
  readonly arch?: string | undefined
  /** How the version is compared; with `version` or not at all. */
  readonly operator?: '<<' | '<=' | '=' | '>=' | '>>' | undefined
  /** The version that it is compared with. */
  readonly version?: string | undefined
}

/** What dpkg knows of a package beyond its name; needed to remove it without lying. */
export interface DpkgDetails {
  /** The whole stanza as it stands in the database, without the blank line after it. */
  readonly stanza: string
  /** Path of the database file that holds the stanza. */
  readonly statusPath: string
  /** Files below `info/` (or beside the stanza in `status.d`) that belong to this package. */
  readonly metadataPaths: readonly string[]
  /** `Depends` and `Pre-Depends`: all of the outer list, any one of each inner list. */
  readonly depends: readonly (readonly DpkgDependency[])[]
  /** Names that it provides, with a version where it says so. */
  readonly provides: readonly DpkgDependency[]
  /** Whether dpkg refuses to remove it (`Essential: yes`). */
  readonly essential: boolean
  /** `Multi-Arch: same` may be installed once per architecture. */
  readonly multiArch?: string | undefined
  /** Paths of its configuration files. */
  readonly conffiles: readonly string[]
}

/** What an rpm header tells beyond name and version. */
export interface RpmDetails {
  /** Absent where the header has none, which compares like 0. */
  readonly epoch?: number | undefined
  /** `Vendor`, as it stands there. */
  readonly vendor?: string | undefined
  /** Module that the package was built in: `name:stream:version:context`. */
  readonly modularityLabel?: string | undefined
  /** File name of the source package, e.g. `bash-5.1.8-9.el9.src.rpm`. */
  readonly sourceRpm?: string | undefined
  /** Capabilities: `name` or `name operator version`. */
  readonly requires: readonly string[]
  /** Capabilities that it provides, in the same form. */
  readonly provides: readonly string[]
}

/** A checksum that was computed from the content or that the package's own record names. */
export interface PackageChecksum {
  /** The hash function. */
  readonly algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512'
  /** Lower-case hexadecimal. */
  readonly value: string
}

/** A package that an image holds. */
export interface Package {
  /** Type of the purl. */
  readonly type: PackageType
  /** Name in its ecosystem, e.g. `@scope/name` of npm or `group:artifact` of Maven. */
  readonly name: string
  /** Version as the package's own record writes it. */
  readonly version: string
  /** Architecture in the words of its ecosystem, such as `amd64` or `x86_64`. */
  readonly arch?: string | undefined
  /** Canonical purl, with distro qualifiers for OS packages. Unique within an inventory together with `evidence.path`. */
  readonly purl: string
  /** The source package that advisories name, when the database tells (Debian source, Alpine origin). */
  readonly source?: { readonly name: string; readonly version: string } | undefined
  /** Canonical paths of regular files and symbolic links that the package owns and that exist in the image. */
  readonly files: readonly string[]
  /** How and where it was found. */
  readonly evidence: PackageEvidence
  /** Licence as SPDX expression, or `NOASSERTION`. */
  readonly license?: string | undefined
  /** purl of the OS package whose file list holds this language package. */
  readonly ownedBy?: string | undefined
  /** Whether it is not what the owner brought: it has another sum than the database records, or was written above it. */
  readonly isReplaced?: boolean | undefined
  /** CPE 2.3 names under which the NVD is known to list it; never guessed. */
  readonly cpes?: readonly string[] | undefined
  /** Checksums of the archive that it is in, such as a jar. */
  readonly checksums?: readonly PackageChecksum[] | undefined
  /** purls of packages of this inventory that it needs, sorted; only where its own metadata tells. */
  readonly dependsOn?: readonly string[] | undefined
  /** Source packages whose code is built in, by `Built-Using` and `Static-Built-Using`. */
  readonly builtUsing?: readonly { readonly name: string; readonly version: string }[] | undefined
  /** What dpkg knows of it; present for `deb`. */
  readonly dpkg?: DpkgDetails | undefined
  /** What its rpm header tells; present for `rpm`. */
  readonly rpm?: RpmDetails | undefined
}

/** Until when a release of a distribution gets security updates. */
export interface DistroSupport {
  /** Last day, `YYYY-MM-DD`. */
  readonly endsOn: string
  /** Last day of a paid or volunteer extension, where there is one. */
  readonly extendedEndsOn?: string | undefined
  /** Where the dates are from. */
  readonly source: string
}

/** The distribution an image is made of (os-release(5)). */
export interface Distro {
  /** `ID`, e.g. `debian`. */
  readonly id: string
  /** `VERSION_ID`, e.g. `12`; absent in rolling distributions. */
  readonly versionId?: string | undefined
  /** `VERSION_CODENAME`, e.g. `bookworm`. */
  readonly codename?: string | undefined
  /** `ID_LIKE`: distributions that it is made of, the closest first. */
  readonly idLike: readonly string[]
  /** `PRETTY_NAME`, for people. */
  readonly prettyName?: string | undefined
  /** Until when its maker repairs it, where a table knows this release. */
  readonly support?: DistroSupport | undefined
}

/** Something that the inventory could not see; never ignored by a policy. */
export interface InventoryGap {
  /** What kind of thing it is. */
  readonly code:
    /** Files of a distribution, but no os-release or one that we do not know; or two releases are named. */
    | 'DISTRO_UNKNOWN'
    /** A known distribution without its package database. */
    | 'DATABASE_MISSING'
    /** The database exists and names no package. */
    | 'DATABASE_EMPTY'
    /** A database or package file could not be read. */
    | 'UNREADABLE'
    /** A database in a format that we cannot read yet. */
    | 'UNSUPPORTED'
  /** What was not seen, and why, for people. */
  readonly message: string
  /** The file or folder that it is about. */
  readonly path?: string | undefined
}

/** The packages of one platform's image. */
export interface Inventory {
  /** Digest of the image manifest that was read. */
  readonly subject: Digest
  /** The platform that the image is for, by its config. */
  readonly platform: Platform
  /** Absent when the image has no distribution (e.g. a static binary on an empty base) or an unknown one (see gaps). */
  readonly distro?: Distro | undefined
  /** Sorted by type, name, version, evidence path. */
  readonly packages: readonly Package[]
  /** What could not be seen; empty only when nothing is missing. */
  readonly gaps: readonly InventoryGap[]
}
