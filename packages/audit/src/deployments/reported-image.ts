import type { Digest } from '@sallyport/core'

/** An image that runs somewhere, as a cluster or a file tells it. */
export interface ReportedImage {
  /** Cluster; absent when none was named. */
  readonly cluster?: string | undefined
  /** Namespace in the cluster. */
  readonly namespace?: string | undefined
  /** E.g. `Deployment web`. */
  readonly workload: string
  /** Container of the workload. */
  readonly container?: string | undefined
  /** Of the node, e.g. `linux/arm64`; where it is not known, each platform of an index may be the one that runs. */
  readonly platform?: string | undefined
  /** What was asked for, as it is written: `registry/repository[:tag][@digest]`. */
  readonly reference?: string | undefined
  /** `registry/repository` that the runtime says it came from; a mirror, maybe. */
  readonly pulledFrom?: string | undefined
  /** What the runtime says that runs: digest of an index, a manifest or a configuration. */
  readonly digest?: Digest | undefined
}
