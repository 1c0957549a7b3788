import { realpath, stat } from 'node:fs/promises'

/** What tells one content of a file from another without reading it; `undefined` when there is no such file. */
export async function fileIdentity(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path)
    const { ino, size, mtimeMs } = await stat(real)
    return JSON.stringify([real, ino, size, mtimeMs])
  } catch {
    return undefined
  }
}
