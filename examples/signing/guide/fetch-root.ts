import { type FetchedTrustedRoot, fetchTrustedRoot } from '@sallyport/attest/tuf'

/** The root and signing config of an instance, as its mirror has them now; `root` is a `root.json` that is trusted. */
export async function fetchRoot(
  mirrorUrl: string,
  root: string,
  cachePath: string,
): Promise<FetchedTrustedRoot> {
  const fetched = await fetchTrustedRoot({ mirrorUrl, root, cachePath })
  for (const warning of fetched.warnings) console.warn(`${mirrorUrl}: ${warning}`)
  return fetched
}
