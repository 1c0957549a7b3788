import type { Digest } from '@sallyport/core'
import type { RewriteProgress } from '@sallyport/image'
import type { PlanConfigurationOptions } from './config/plan-configuration.ts'
import type { TraceOnlyOptions } from './evidence/trace-coverage.ts'
import type { UsageEvidence } from './evidence/usage-evidence.ts'
import type { SmokeTest } from './smoke/smoke-test.ts'
import type { StripOptions } from './strip/strip-options.ts'
import type { DataPack } from './usage/data-packs.ts'

/** A plan that a person agreed to; a `PlanDocument` of `@sallyport/harden/report` is one. */
export interface ApprovedPlan {
  /** Digest of the manifest that it is for. */
  readonly image: string
  /** The mode that it was made in. */
  readonly mode: 'closed' | 'relaxed'
  /** What may leave; everything else stays. `evidence`: path of the package's record. */
  readonly remove: readonly { readonly purl: string; readonly evidence: string }[]
  /** Names of packages that stay in any case. */
  readonly keep: readonly string[]
}

/** What decides which packages leave. */
export interface PlanOptions {
  /**
   * `closed` keeps every dependency of a kept package; `relaxed` only what files need, which wants a proof: `smoke`, or
   * complete `evidence`. Default `closed`, or that of `plan`.
   */
  readonly mode?: 'closed' | 'relaxed' | undefined
  /** Commands besides those of the configuration that the image must still run: probes, hooks, cron. */
  readonly commands?: readonly (readonly string[])[] | undefined
  /** Names of packages that stay in any case. */
  readonly keep?: readonly string[] | undefined
  /**
   * Names of packages that may leave, declared by somebody who knows the application: what may lead to them counts for
   * nothing, nor do protections and dependencies. What needs them for certain keeps them.
   */
  readonly drop?: readonly string[] | undefined
  /** Largest part of the packages that may leave, 0 to 1. If more would, the image stays as it is. Default 1. */
  readonly maxRemoval?: number | undefined
  /** Data that stays although no program names it. Default: all packs. */
  readonly dataPacks?: readonly DataPack[] | undefined
  /** Recordings of containers of this image, see `@sallyport/harden/evidence`. They add to what is used. */
  readonly evidence?: readonly UsageEvidence[] | undefined
  /** Digests besides the image's own that `evidence` may name, such as that of an index. */
  readonly evidenceOf?: readonly Digest[] | undefined
  /** Let what is merely possible leave where complete recordings do not show it. Wants `smoke`. Default: off. */
  readonly traceOnly?: TraceOnlyOptions | undefined
  /** Ends the work; it rejects with `signal.reason`, and nothing is left behind. */
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link hardenImage}. */
export interface HardenImageOptions extends PlanOptions {
  /** Remove no more than this, of exactly this image. Default: what the analysis finds. */
  readonly plan?: ApprovedPlan | undefined
  /** Take unused files out of packages that stay, too. Default `false`. */
  readonly strip?: StripOptions | undefined
  /** Check the configuration, and set right what is safe to; `true` for the defaults. Default `false`. */
  readonly configuration?: boolean | Omit<PlanConfigurationOptions, 'base' | 'signal'> | undefined
  /**
   * Runs the image before and after. If it answers otherwise afterwards, a `relaxed` plan is made anew as `closed`, and
   * a `closed` one is given up: the image stays as it is. `elsewhere`: who tests the result instead, which the report
   * repeats. Default: not run.
   */
  readonly smoke?: SmokeTest | { readonly elsewhere: string } | undefined
  /** One layer takes everything, instead of each its own. Default `false`. */
  readonly squash?: boolean | undefined
  /** Compression of layers that are written anew. Default `keep`. */
  readonly compression?: 'gzip' | 'zstd' | 'keep' | undefined
  /** gzip 0 to 9, default 6; zstd 1 to 22, default 3. */
  readonly level?: number | undefined
  /** Folder for the result's files. Default: the system's folder for temporary files. */
  readonly directory?: string | undefined
  /** Is told of each step as it happens. Must not throw. */
  readonly onProgress?: ((event: HardenProgress) => void) | undefined
}

/** A step of {@link hardenImage}. */
export type HardenProgress =
  | { readonly type: 'analysed'; readonly packages: number; readonly used: number }
  | { readonly type: 'planned'; readonly removed: number; readonly kept: number; readonly rounds: number }
  | { readonly type: 'writing'; readonly event: RewriteProgress }
  | { readonly type: 'checked'; readonly invariants: number }
  | { readonly type: 'smoke-tested'; readonly same: boolean }
