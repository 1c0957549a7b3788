import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'

interface ToolList {
  readonly go: Readonly<Record<string, { readonly version: string }>>
  readonly maven: Readonly<Record<string, { readonly version: string }>>
  readonly apt: Readonly<Record<string, { readonly command: string }>>
}

const tools = JSON.parse(readFileSync(new URL('tools.json', import.meta.url), 'utf8')) as ToolList

/** The folder outside of the checkout in which tools and images are kept: `$SALLYPORT_CACHE`, else `~/.cache/sallyport`. */
export function cacheDirectory(): string {
  return process.env['SALLYPORT_CACHE'] || join(homedir(), '.cache', 'sallyport')
}

/** Where a tool is: the pinned one of the cache, else any of that name on the `PATH`; `undefined` if nowhere. */
export function toolPath(name: string): string | undefined {
  const pinned = tools.go[name]
  const candidates = pinned ? [join(cacheDirectory(), 'tools', `${name}-${pinned.version}`, name)] : []
  const command = tools.apt[name]?.command ?? name
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder !== '') candidates.push(join(folder, command))
  }
  return candidates.find(isExecutable)
}

/** The folder of what a Maven artifact holds; `undefined` where it is not installed. */
function archivePath(name: string): string | undefined {
  const pinned = tools.maven[name]
  const folder = pinned && join(cacheDirectory(), 'tools', `${name}-${pinned.version}`)
  return folder !== undefined && existsSync(folder) ? folder : undefined
}

/**
 * As `archivePath`, for a suite that cannot go on without it.
 *
 * @throws {Error} when it is not installed; the message says how to do so.
 */
export function requireArchive(name: string): string {
  const path = archivePath(name)
  if (path !== undefined) return path
  throw new Error(
    `${name} is not in ${cacheDirectory()}; install it with: node test/tools/install.mjs ${name}`,
  )
}

/**
 * As `toolPath`, for a suite that cannot go on without the tool.
 *
 * @throws {Error} when it is nowhere; the message says how to install it.
 */
export function requireTool(name: string): string {
  const path = toolPath(name)
  if (path !== undefined) return path
  const remedy =
    name in tools.go || name in tools.apt
      ? `install it with: node test/tools/install.mjs ${name}`
      : 'and test/tools does not install it'
  throw new Error(`the tool ${name} is neither in ${cacheDirectory()} nor on the PATH; ${remedy}`)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
