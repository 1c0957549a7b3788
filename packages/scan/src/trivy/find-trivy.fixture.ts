import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** The pinned Trivy of the tool cache, else any on the `PATH`. */
export function findTrivy(): string | undefined {
  const tools = join(process.env['SALLYPORT_CACHE'] || join(homedir(), '.cache/sallyport'), 'tools')
  const pinned = join(tools, 'trivy-v0.74.0/trivy')
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => (folder ? join(folder, 'trivy') : []))
  return [pinned, ...onPath].find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
