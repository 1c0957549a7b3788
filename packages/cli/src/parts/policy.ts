import type { Policy, WaiverFile } from '@sallyport/policy'
import type { RunContext } from '../command.ts'
import { literal, type Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'
import { readFile } from './read-file.ts'

/** Reads the policy. */
export async function readPolicy({ settings, signal }: RunContext): Promise<Policy> {
  const source = settings.required('policy')
  const { parsePolicy } = await import('@sallyport/policy')
  return parsePolicy(await readFile(source, { signal }), { source })
}

/** Reads the files of waivers. */
export async function readWaivers({ settings, signal }: RunContext): Promise<readonly WaiverFile[]> {
  const { parseWaivers } = await import('@sallyport/policy')
  return Promise.all(
    settings
      .list('waivers')
      .map(async (source) => parseWaivers(await readFile(source, { signal }), { source })),
  )
}

/** The tier: the one that was named, or the only one there is. */
export function chooseTier(settings: Settings, policy: Policy): string {
  const named = settings.text('tier')
  if (named !== undefined) return named
  const [only, ...others] = policy.tiers.keys()
  return only !== undefined && others.length === 0 ? only : settings.required('tier')
}

/** The policy in a program. */
export function codePolicy(program: Program, settings: Settings): string {
  program.use('node:fs/promises', 'readFile').use('@sallyport/policy', 'parsePolicy')
  const source = literal(settings.required('policy'))
  return `parsePolicy(await readFile(${source}, 'utf8'), { source: ${source} })`
}

/** The waivers in a program. */
export function codeWaivers(program: Program, settings: Settings): string {
  const files = settings.list('waivers')
  if (files.length === 0) return '[]'
  program.use('node:fs/promises', 'readFile').use('@sallyport/policy', 'parseWaivers')
  const each = (file: string) =>
    `parseWaivers(await readFile(${literal(file)}, 'utf8'), { source: ${literal(file)} })`
  return `[${files.map(each).join(', ')}]`
}

/** The tier in a program, of the constant `policy`. */
export const codeTier = (settings: Settings): string =>
  settings.text('tier') === undefined ? `[...policy.tiers.keys()].join()` : literal(settings.text('tier'))
