import { tmpdir } from 'node:os'
import { type Image, openImage, rewriteImage } from '@sallyport/image'

/** Options of {@link controlImage}. */
export interface ControlImageOptions {
  /** Folder for the control's files. Default: the system's folder for temporary files. */
  readonly directory?: string | undefined
  /** Ends the work; it rejects with `signal.reason`, and nothing is left behind. */
  readonly signal?: AbortSignal | undefined
}

/**
 * The same image through the same writer with nothing removed: what hardening is compared with. Scanners judge layer by
 * layer, so that writing layers anew may already change what they find; no gain may come of that. Dispose it to delete
 * its files.
 */
export async function controlImage(
  image: Image,
  { directory = tmpdir(), signal }: ControlImageOptions = {},
): Promise<Image> {
  const edit = {
    remove: new Set<string>(),
    replace: new Map<string, Uint8Array>(),
    createdBy: 'sallyport: control',
  }
  await using rewritten = await rewriteImage(image, edit, { directory, signal })
  return await openImage(rewritten.image, rewritten.raw, { directory, signal })
}
