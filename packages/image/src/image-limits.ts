import { defaultTarLimits, type TarLimits } from './tar/tar-limits.ts'

/** Bounds on what an image may cost to open. */
export interface ImageLimits extends TarLimits {
  /** Most layers. Default 500. */
  readonly maxLayers?: number | undefined
  /** Most bytes of the config. Default 8 MiB. */
  readonly maxConfigBytes?: number | undefined
  /** Most bytes of one uncompressed layer. Default 64 GiB. */
  readonly maxLayerBytes?: number | undefined
  /** Most bytes of all uncompressed layers together. Default 128 GiB. */
  readonly maxImageBytes?: number | undefined
  /** Most uncompressed bytes for each compressed byte, once a layer has passed 64 MiB. Default 300. */
  readonly maxCompressionRatio?: number | undefined
  /** Most paths of the merged view. Default 3,000,000. */
  readonly maxPaths?: number | undefined
}

/** {@link ImageLimits} with every value set. */
export type ResolvedLimits = { readonly [Limit in keyof ImageLimits]-?: number }

const GiB = 1024 ** 3

const defaults: ResolvedLimits = {
  ...defaultTarLimits,
  maxLayers: 500,
  maxConfigBytes: 8 * 1024 * 1024,
  maxLayerBytes: 64 * GiB,
  maxImageBytes: 128 * GiB,
  maxCompressionRatio: 300,
  maxPaths: 3_000_000,
}

/** Fills in the defaults. */
export function resolveLimits(limits: ImageLimits = {}): ResolvedLimits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(given) }
}
