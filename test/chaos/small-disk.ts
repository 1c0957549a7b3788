import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A folder on a disk of its own that is nearly full. */
export interface SmallDisk extends AsyncDisposable {
  readonly folder: string
  /** Makes room. */
  enlarge(): Promise<void>
}

/** Mounts a file system of so many KiB in memory; needs the right to mount. */
export async function mountSmallDisk(folder: string, kibibytes: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true })
  await execute('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder])
  return {
    folder,
    async enlarge() {
      await execute('mount', ['-o', 'remount,size=16m', folder])
    },
    async [Symbol.asyncDispose]() {
      await execute('umount', ['--lazy', folder])
    },
  }
}

/** Whether this process may mount. */
export async function canMount(folder: string): Promise<boolean> {
  try {
    await using _ = await mountSmallDisk(folder, 64)
    return true
  } catch {
    return false
  }
}
