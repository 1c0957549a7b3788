import type { BuildLevel, SbomCheck } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import type { PackageRemoval, PackageUsage } from '@sallyport/harden'
import type { Inventory } from '@sallyport/inventory'
import type { Finding, MergedScan } from '@sallyport/scan'

/** A piece of evidence whose signature verified. */
export interface VerifiedEvidence {
  /** Kind of the evidence. */
  readonly kind: 'signature' | 'sbom' | 'provenance' | 'vex' | 'scan' | 'decision' | 'other'
  /** Predicate type (in-toto), as a URI. */
  readonly predicateType: string
  /** What it is about: the manifest, or the index that names it. */
  readonly subject: Digest
  /** Digest of the signed document. */
  readonly digest: Digest
  /** Who signed: the id of a key, or the identity of a certificate and who vouches for it. */
  readonly signer:
    | { readonly kind: 'key'; readonly keyId: string }
    | { readonly kind: 'certificate'; readonly identity: string; readonly issuer: string }
  /** ISO 8601; it may be as old as this. Absent when nothing bounds its age. */
  readonly signedAt?: string | undefined
  /** Of provenance: the builder that it names, and the SLSA build level that a caller's map of builders grants it. */
  readonly builder?: { readonly id: string; readonly level?: BuildLevel | undefined } | undefined
  /** Of provenance: the repository that it was built of, e.g. `https://git.example/team/app`. */
  readonly source?: string | undefined
  /** Of an SBOM: how it compares with the inventory. */
  readonly sbom?: SbomCheck | undefined
}

/** What the configuration of an image says (OCI image-spec, config.md). */
export interface ConfigurationFacts {
  /** Who the program runs as; absent or empty means root. */
  readonly user?: string | undefined
  /** The uid that the image gives a `user` that is a name; absent where it has none by that name, or nobody looked. */
  readonly uid?: number | undefined
  /** Program that is always run. */
  readonly entrypoint: readonly string[]
  /** Arguments, or the program where there is no entry point. */
  readonly command: readonly string[]
  /** Names only: values may be secrets. */
  readonly environment: readonly string[]
  /** Ports that it says it waits on, such as `8080/tcp`. */
  readonly exposedPorts: readonly string[]
  /** Paths that it says are volumes. */
  readonly volumes: readonly string[]
  /** Labels by name. */
  readonly labels: Readonly<Record<string, string>>
  /** Whether it says how to see that it is healthy. */
  readonly healthCheck: boolean
  /** ISO 8601. */
  readonly created?: string | undefined
}

/** What the files of an image tell that rules ask for. */
export interface FileFacts {
  /** Canonical paths of regular files with the setuid or setgid bit, or with capabilities that are as good as that. */
  readonly setuid: readonly string[]
  /**
   * Capabilities of regular files by their canonical paths, such as `cap_net_raw`: those that a process gets, or keeps as
   * inheritable; `unknown` where they can't be read. Files without any are left out.
   */
  readonly capabilities: Readonly<Record<string, readonly string[]>>
  /** Canonical paths of shells that can be started. */
  readonly shells: readonly string[]
  /** Canonical paths of files that everybody may write. */
  readonly worldWritable: readonly string[]
}

/** The image that an image was built on. */
export interface BaseFacts {
  /** Reference of the base, where it is known. */
  readonly name?: string | undefined
  /** Digest of the base, where it is known. */
  readonly digest?: Digest | undefined
  /** ISO 8601 time of its creation. */
  readonly created?: string | undefined
  /** How it is known: a claim by annotation, label or provenance, or the layers themselves. */
  readonly knownBy: 'annotation' | 'label' | 'provenance' | 'layers'
}

/** What an earlier decision about the same digest had found. */
export interface PreviousScan {
  /** ISO 8601. */
  readonly evaluatedAt: string
  /** How many packages it held. */
  readonly packages: number
  /** The findings, by id and package. */
  readonly findings: readonly { readonly id: string; readonly purl: string }[]
}

/** Everything that a decision about one platform's image rests on. */
export interface PolicyFacts {
  /** Digest of the image manifest that is judged. */
  readonly subject: Digest
  /** Where it would go: `registry/repository:tag`. */
  readonly destination: string
  /** The packages of the image. */
  readonly inventory: Inventory
  /** All scanners that were asked, merged. A scanner that failed has a report of that status. */
  readonly scan: MergedScan
  /** Steps that gave no answer, e.g. a scanner that crashed. Any entry makes the verdict `error`. */
  readonly failures: readonly { readonly step: string; readonly code: string; readonly message: string }[]
  /** Usage of every package of `inventory`; a package without an entry counts as `possible`. */
  readonly usage: readonly PackageUsage[]
  /**
   * Whether a trace with full coverage stands behind `usage`. Default `false`: what is executed is then unknown, and
   * rules for `executed` or `loaded` count `linked` and `possible` too.
   */
  readonly traced?: boolean | undefined
  /** How complete the recordings behind `usage` are. Default `complete` when `traced` is set, else `none`. */
  readonly traceCoverage?: 'none' | 'partial' | 'complete' | undefined
  /**
   * Findings of the image before it was hardened that are not found again although their package stayed. Any entry makes
   * the verdict `error`: a scanner that loses sight of something has not judged it.
   */
  readonly vanished?: readonly Finding[] | undefined
  /** What else a reader of the decision should know, such as VEX statements that were not believed. */
  readonly notes?: readonly { readonly code: string; readonly message: string }[] | undefined
  /** The image as it was before anything was changed, where it was. */
  readonly sourceDigest?: Digest | undefined
  /** Evidence of the source that verified, and why what is there besides did not; absent when nobody looked. */
  readonly evidence?:
    | {
        readonly verified: readonly VerifiedEvidence[]
        readonly rejected: readonly {
          readonly code: string
          readonly message: string
          /** What it claims to be; absent when that can't be told, and then it may be anything. */
          readonly kind?: VerifiedEvidence['kind'] | undefined
        }[]
      }
    | undefined
  /** Media or artifact type that says what it is; an image's when absent. */
  readonly artifactType?: string | undefined
  /** Absent when nobody looked. */
  readonly configuration?: ConfigurationFacts | undefined
  /** Absent when nobody looked. */
  readonly files?: FileFacts | undefined
  /** Absent when nobody knows. */
  readonly base?: BaseFacts | undefined
  /** Platforms, as `os/architecture[/variant]`: all that can run of the source, and those that are judged with this one. */
  readonly platforms?:
    | {
        readonly present: readonly string[]
        /** Those that somebody asked for, and that alone go on. Default: all that are present. */
        readonly chosen?: readonly string[] | undefined
        readonly judged: readonly string[]
      }
    | undefined
  /** When findings were first seen in this image line; rebuilding an image does not reset it. Absent: unknown. */
  readonly firstSeen?:
    | readonly { readonly id: string; readonly purl: string; readonly at: string }[]
    | undefined
  /** Of the last decision about the same digest; absent when there was none. */
  readonly previous?: PreviousScan | undefined
  /** What hardening removed, for the explanation. */
  readonly removed: readonly PackageRemoval[]
}
