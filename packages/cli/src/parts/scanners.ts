import { open, stat } from 'node:fs/promises'
import type { AdvisoryIndex, OsvRecord, Scanner } from '@sallyport/scan'
import type { RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { Code, literal, type Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'
import { readFile, unreadable } from './read-file.ts'

/** Opens the scanners that were chosen. */
export async function openScanners(context: RunContext): Promise<readonly Scanner[]> {
  const { settings } = context
  const names = settings.list('scanner')
  if (new Set(names).size !== names.length)
    throw new CliError('OPTION_INVALID', '--scanner: each of them once')
  return Promise.all(names.map((name) => openScanner(name, context)))
}

async function openScanner(name: string, context: RunContext): Promise<Scanner> {
  const { settings } = context
  const maxDataAgeMs = settings.number('max-data-age')
  const skipDatabaseUpdate = settings.flag('skip-database-update')
  switch (name) {
    case 'trivy': {
      const { trivyScanner } = await import('@sallyport/scan/trivy')
      return trivyScanner({ maxDataAgeMs, skipDatabaseUpdate, cacheDirectory: settings.text('trivy-cache') })
    }
    case 'grype': {
      const { grypeScanner } = await import('@sallyport/scan/grype')
      return grypeScanner({ maxDataAgeMs, skipDatabaseUpdate, cacheDirectory: settings.text('grype-cache') })
    }
    case 'osv-scanner': {
      const { osvScanner } = await import('@sallyport/scan/osv-scanner')
      return osvScanner({ maxDataAgeMs, databaseDirectory: settings.text('osv-database') })
    }
    default: {
      const { builtinScanner } = await import('@sallyport/scan')
      return builtinScanner({ advisories: await openAdvisories(context), maxDataAgeMs })
    }
  }
}

/**
 * Opens advisories: a database, the current one of a folder of pulled ones, or OSV records.
 *
 * @throws {CliError} `FILE_UNREADABLE`, `FILE_INVALID`.
 */
export async function openAdvisories({
  settings,
  resources,
  signal,
}: Pick<RunContext, 'settings' | 'resources' | 'signal'>): Promise<AdvisoryIndex | readonly OsvRecord[]> {
  const path = settings.required('advisories')
  if ((await kindOfAdvisories(path)) === 'records') {
    const { parseAdvisories } = await import('@sallyport/scan')
    return parseAdvisories(await readFile(path, { signal }), { source: path })
  }
  const { openAdvisoryDatabase } = await import('@sallyport/scan/database')
  return resources.use(await openAdvisoryDatabase(await findDatabase(path)))
}

/** What is at a path: a file of records, a database, or a folder of databases. */
export async function kindOfAdvisories(path: string): Promise<'records' | 'database' | 'folder'> {
  try {
    if ((await stat(path)).isDirectory()) return 'folder'
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0)
    return /^\s*[[{]/.test(buffer.toString('latin1', 0, bytesRead)) ? 'records' : 'database'
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** The file of a database, also when its folder is named. */
export async function findDatabase(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return path
  const { findAdvisoryDatabase } = await import('@sallyport/scan/database')
  const found = await findAdvisoryDatabase(path)
  if (found) return found.path
  throw new CliError('FILE_INVALID', `${path}: there is no advisory database in this folder`, {
    advice: '`sallyport advisories pull` brings one.',
  })
}

/** The scanners in a program, as an expression. */
export async function codeScanners(program: Program, settings: Settings): Promise<string> {
  const codes = await Promise.all(
    settings.list('scanner').map((name) => codeScanner(name, program, settings)),
  )
  return `[${codes.join(', ')}]`
}

async function codeScanner(name: string, program: Program, settings: Settings): Promise<string> {
  const maxDataAgeMs = settings.number('max-data-age')
  const skipDatabaseUpdate = settings.flag('skip-database-update') || undefined
  switch (name) {
    case 'trivy':
      program.use('@sallyport/scan/trivy', 'trivyScanner')
      return `trivyScanner(${literal({ maxDataAgeMs, skipDatabaseUpdate, cacheDirectory: settings.text('trivy-cache') })})`
    case 'grype':
      program.use('@sallyport/scan/grype', 'grypeScanner')
      return `grypeScanner(${literal({ maxDataAgeMs, skipDatabaseUpdate, cacheDirectory: settings.text('grype-cache') })})`
    case 'osv-scanner':
      program.use('@sallyport/scan/osv-scanner', 'osvScanner')
      return `osvScanner(${literal({ maxDataAgeMs, databaseDirectory: settings.text('osv-database') })})`
    default: {
      program.use('@sallyport/scan', 'builtinScanner')
      const advisories = new Code(await codeAdvisories(program, settings.required('advisories')))
      return `builtinScanner(${literal({ advisories, maxDataAgeMs })})`
    }
  }
}

async function codeAdvisories(program: Program, path: string): Promise<string> {
  switch (await kindOfAdvisories(path)) {
    case 'records':
      program.use('node:fs/promises', 'readFile').use('@sallyport/scan', 'parseAdvisories')
      return `parseAdvisories(await readFile(${literal(path)}), { source: ${literal(path)} })`
    case 'database':
      program.use('@sallyport/scan/database', 'openAdvisoryDatabase')
      return `await openAdvisoryDatabase(${literal(path)})`
    case 'folder':
      program.use('@sallyport/scan/database', 'findAdvisoryDatabase', 'openAdvisoryDatabase')
      return `await openAdvisoryDatabase((await findAdvisoryDatabase(${literal(path)}))?.path ?? '')`
  }
}
