import type { Verdict } from '@sallyport/core'
import type { Usage } from '@sallyport/harden'
import type { BreakGlass } from '../break-glass.ts'
import type { ConfigurationFacts, FileFacts, PolicyFacts } from '../facts.ts'
import type { WaiverFile } from '../waivers/waiver.ts'

/** Evidence in the short form of a case: signed, verified, and about the image. */
export interface CaseEvidence {
  /** Kind of the evidence. */
  readonly kind: 'signature' | 'sbom' | 'provenance' | 'vex' | 'scan' | 'decision' | 'other'
  /** Id of the key that signed; of a certificate, its identity with `issuer`. Default `test-key`. */
  readonly signer?: string | undefined
  /** Issuer of the signer's identity, where it is no key. */
  readonly issuer?: string | undefined
  /** How old the signature is at the time of the case, e.g. `3d`. Default: nobody says when it was signed. */
  readonly age?: string | undefined
  /** Builder that the provenance names, and the SLSA level it is trusted with. */
  readonly builder?: { readonly id: string; readonly level?: 0 | 1 | 2 | 3 | undefined } | undefined
  /** Repository that provenance names. */
  readonly repository?: string | undefined
  /** Of an SBOM: whether it agrees with the inventory. Default `true`. */
  readonly agrees?: boolean | undefined
}

/** Any of the fields. */
type Some<T> = { readonly [Name in keyof T]?: T[Name] | undefined }

/** What is special about the image of a case; about everything else nothing is wrong. */
export interface CaseFacts {
  /** Default `prod.example/app:1`. */
  readonly destination?: string | undefined
  /** `name@version` of Debian 12, or purls. Those of findings are added; one without findings is always there. */
  readonly packages?: readonly string[] | undefined
  /**
   * Findings in the short notation: id, severity, package, then in any order: how the package is used (default `linked`), a
   * state of its fix (default `not-fixed`), and `fix:VERSION`, `fixSince:DATE`, `disclosed:DATE`, `seen:DATE`, `kev:DATE`,
   * `kevDue:DATE`, `epss:0.9`, `alias:ID`, `vex:AUTHOR`, `note:NOTE`. E.g.
   * `CVE-2023-45853 critical zlib1g@1:1.2.13 executed fix:1:1.3.1 fixSince:2024-01-20`.
   */
  readonly findings?: readonly string[] | undefined
  /** How packages are used, by name or purl; goes before what findings say. */
  readonly usage?: Readonly<Record<string, Usage>> | undefined
  /** How complete the recordings behind the usage are. Default `none`. */
  readonly trace?: 'none' | 'partial' | 'complete' | undefined
  /** `id-version`, e.g. `debian-12`; `none` for an image without. Default `debian-12`. */
  readonly distro?: string | undefined
  /** Age of the vulnerability data, e.g. `6d`; `unknown`. Default `1h`. */
  readonly dataAge?: string | undefined
  /** Steps that gave no answer, as `step CODE message`. */
  readonly failures?: readonly string[] | undefined
  /** What the inventory could not see, as `CODE message`. */
  readonly gaps?: readonly string[] | undefined
  /** Platforms of the source, and those that were judged. Default: `linux/amd64`, judged. */
  readonly platforms?: PolicyFacts['platforms']
  /** Default: nobody looked. Fields that are absent are empty. */
  readonly configuration?: Some<ConfigurationFacts> | undefined
  /** Default: nobody looked. Fields that are absent are empty. */
  readonly files?: Some<FileFacts> | undefined
  /** The image that it was built on. Default: unknown. */
  readonly base?: PolicyFacts['base']
  /** Default: nobody looked; an empty list: there is none. */
  readonly evidence?: readonly CaseEvidence[] | undefined
  /** Artifact type of the manifest, for what is no image. */
  readonly artifactType?: string | undefined
  /** What an earlier decision had found. Default: there is none. */
  readonly previous?: PolicyFacts['previous']
}

/** What a case expects; what it does not name may be anything. */
export interface CaseExpectation {
  /** The verdict that must come out. */
  readonly verdict: Verdict
  /** Codes of all reasons but notes, in any order, each once. */
  readonly reasons?: readonly string[] | undefined
  /** Codes of notes that must be there. */
  readonly notes?: readonly string[] | undefined
  /** What became of rules, by name. */
  readonly rules?: Readonly<Record<string, 'holds' | 'broken'>> | undefined
  /** What became of waivers, by id. */
  readonly waivers?: Readonly<Record<string, string>> | undefined
}

/** One row of a table that tests a policy. */
export interface PolicyCase {
  /** Reads as a sentence. */
  readonly name: string
  /** Tier whose rules judge it. */
  readonly tier: string
  /** ISO 8601 time of the decision. */
  readonly now: string
  /** In short form, or as they were stored of a real decision. */
  readonly facts: CaseFacts | PolicyFacts
  /** Waivers that are given. Default: none. */
  readonly waivers?: readonly WaiverFile[] | undefined
  /** Break-glass that is given. Default: none. */
  readonly breakGlass?: BreakGlass | undefined
  /** What must come out. */
  readonly expect: CaseExpectation
}
