/** How blobs are sent to a registry. */
export interface UploadRules {
  /**
   * - `whole`: one request with the whole content.
   * - `chunked`: several requests; what has arrived survives a cut on every registry that keeps it.
   * - `automatic` (default): whole, and chunked from the time when the registry, or a proxy before it, refused a
   *   whole blob or cut one twice. The client remembers that for each registry.
   */
  readonly mode?: 'whole' | 'chunked' | 'automatic' | undefined
  /**
   * Length of a chunk in bytes, held in memory. Default 4 MiB, the most that GHCR takes; ECR wants at least 5 MiB. A
   * registry that asks for more (`OCI-Chunk-Min-Length`) gets it up to 64 MiB, one that refuses a chunk gets less.
   */
  readonly chunkBytes?: number | undefined
  /** Send the last chunk like the others, or within the request that ends the upload. Default `patch`. */
  readonly lastChunk?: 'patch' | 'put' | undefined
}

/** What a client has learnt of a registry's uploads. */
export interface UploadHabits {
  /** Rules where an upload has none of its own. */
  readonly rules: UploadRules
  /** A whole blob was refused, or cut twice. */
  prefersChunks: boolean
  /** The first chunk of an upload was refused. */
  refusesChunks: boolean
  /** Chunks longer than this were refused. */
  mostChunkBytes: number
}

const maxRegistries = 1000

/** The habits of registries, each as nothing is known of it at first. */
export function createUploadHabits(rules: UploadRules = {}): (registry: string) => UploadHabits {
  const known = new Map<string, UploadHabits>()
  return (registry) => {
    let habits = known.get(registry)
    if (habits === undefined) {
      habits = { rules, prefersChunks: false, refusesChunks: false, mostChunkBytes: Number.MAX_SAFE_INTEGER }
      // Names of registries come from whoever names an image.
      if (known.size >= maxRegistries) known.clear()
      known.set(registry, habits)
    }
    return habits
  }
}

/** Rules with nothing left open. */
export type CompleteUploadRules = { readonly [Name in keyof UploadRules]-?: NonNullable<UploadRules[Name]> }

/** The rules of one upload: its own, else the client's, else the defaults. */
export function completeRules(own: UploadRules | undefined, { rules }: UploadHabits): CompleteUploadRules {
  const mode = own?.mode ?? rules.mode ?? 'automatic'
  const chunkBytes = own?.chunkBytes ?? rules.chunkBytes ?? 4 * 1024 * 1024
  const lastChunk = own?.lastChunk ?? rules.lastChunk ?? 'patch'
  if (!Number.isSafeInteger(chunkBytes) || chunkBytes < 1) {
    throw new RangeError(`chunkBytes must be a whole number above 0, not ${chunkBytes}`)
  }
  return { mode, chunkBytes, lastChunk }
}

/** Whether an upload that begins now is sent in chunks. */
export function startsChunked({ mode }: CompleteUploadRules, habits: UploadHabits): boolean {
  return mode === 'chunked' || (mode === 'automatic' && habits.prefersChunks && !habits.refusesChunks)
}
