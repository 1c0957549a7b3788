import { copy, type CopyReport, type Repository, uploadStateFolder } from '@sallyport/oci'

/** A copy that another process can go on with: run it again with the same folder, and only what is missing is sent. */
export function copyResumable(
  source: Repository,
  target: Repository,
  tag: string,
  stateDirectory: string,
): Promise<CopyReport> {
  return copy(source, target, {
    from: tag,
    tag,
    blobOptions: {
      uploadState: uploadStateFolder(stateDirectory),
      uploads: { mode: 'chunked' },
    },
  })
}
