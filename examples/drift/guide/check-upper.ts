import {
  checkDrift,
  type DriftReport,
  type ImageBaseline,
  overlayCollector,
  readMounts,
} from '@sallyport/runtime'

/** Compares only what a container wrote, which takes milliseconds: its upper directory, as the runtime of the node mounted it. */
export async function checkUpper(pid: number, { baseline, image }: ImageBaseline): Promise<DriftReport> {
  const root = readMounts(`/proc/${pid}`).find(({ path }) => path === '/')
  const upper = root?.options.get('upperdir')
  // Another snapshotter: all of its files are looked at.
  if (upper === undefined) return checkDrift({ baseline, image, pid })
  const collector = overlayCollector(upper, { userAttributes: root?.options.has('userxattr') })
  return checkDrift({ baseline, image, pid, collector })
}
