import { createReadStream } from 'node:fs'
import { checkDrift, type DriftReport, type ImageBaseline, tarCollector } from '@sallyport/runtime'

/** Compares what `docker export CONTAINER >export.tar` wrote. Processes are not seen this way. */
export function checkExport(path: string, { baseline, image }: ImageBaseline): Promise<DriftReport> {
  const collector = tarCollector(() => createReadStream(path))
  return checkDrift({ name: path, baseline, image, collector })
}
