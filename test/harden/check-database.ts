import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/**
 * What the package system's own tools say of an unpacked image: half-installed packages, files that are missing or have
 * changed. One line each, sorted; none for an image without a package database.
 */
export async function checkDatabase(root: string): Promise<readonly string[]> {
  const lines: string[] = []
  if (existsSync(join(root, 'var/lib/dpkg/status'))) {
    lines.push(...(await complaintsOf('dpkg', [`--root=${root}`, '--audit'])))
    lines.push(...(await complaintsOf('dpkg', [`--root=${root}`, '--verify'])))
  }
  if (existsSync(join(root, 'var/lib/rpm'))) {
    lines.push(...(await complaintsOf('rpm', [`--root=${root}`, '--verify', '--all'])))
  }
  return lines.sort()
}

async function complaintsOf(command: string, args: readonly string[]): Promise<readonly string[]> {
  // Both end with another code than 0 when they have something to say.
  const output = await promisify(execFile)(command, args, { maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: { readonly stdout?: string; readonly stderr?: string; readonly code?: unknown }) => {
      if (typeof error.code !== 'number') throw error
      return { stdout: error.stdout ?? '', stderr: error.stderr ?? '' }
    },
  )
  return `${output.stdout}${output.stderr}`.split('\n').filter((line) => line !== '')
}
