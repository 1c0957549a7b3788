import { realpath, stat } from 'node:fs/promises'

/** What tells one content of a file from another without reading it; `undefined` when there is no such file. */
export async function fileIdentity(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path)
    const { dev, ino, size, mtimeMs, ctimeMs } = await stat(real)
    // whoever writes into a file can set the time of that, but not the time of the change
    return JSON.stringify([real, dev, ino, size, mtimeMs, ctimeMs])
  } catch {
    return undefined
  }
}
