import { runPython } from './run-python.ts'

/** The part of an image's config that says how to run it. */
export interface RunConfig {
  readonly User?: string | undefined
  readonly Env?: readonly string[] | null | undefined
  readonly Entrypoint?: readonly string[] | null | undefined
  readonly Cmd?: readonly string[] | null | undefined
  readonly WorkingDir?: string | undefined
}

export interface UnpackedImage {
  /** Digest of the platform's manifest. */
  readonly digest: string
  readonly architecture: string
  readonly config: RunConfig
}

export interface UnpackOptions {
  /** Which platform of an index. Default `amd64`. */
  readonly architecture?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Unpacks an image of an OCI layout into a new or empty folder, as root, with owners, modes and xattrs. It shares no
 * code with `@sallyport/image`, and so can be a witness of what that writes.
 *
 * @param digest a manifest or index in the layout; default: the first entry of its index.
 * @throws {Error} when a blob or a diff id does not match, or when the folder is not empty.
 */
export async function unpackImage(
  layoutDirectory: string,
  targetDirectory: string,
  digest = '',
  { architecture = 'amd64', signal }: UnpackOptions = {},
): Promise<UnpackedImage> {
  const output = await runPython('unpack.py', [layoutDirectory, targetDirectory, digest, architecture], {
    signal,
  })
  return JSON.parse(output) as UnpackedImage
}
