import { copyFile, link } from 'node:fs/promises'

/** Gives a file another name, by which it outlives the first: a hard link, or a copy where that is on another disk. */
export async function adoptFile(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // The same layer may come twice in an image.
    if (code === 'EEXIST') return
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') throw error
    await copyFile(from, to)
  }
}
