import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { readRecords, writeGrypeDatabase, writeTrivyDatabase } from '@sallyport/test-accuracy'
import { toolPath } from '@sallyport/test-tools'
import { type CommandCost, measureCommand } from './measure-command.ts'

/** Time of the records that all databases are made of. */
export const updatedAt = new Date('2026-11-25T00:00:00Z')

/** One vulnerability of one package, in the words of who found it. */
export interface PeerFinding {
  readonly id: string
  readonly name: string
  readonly version: string
}

/** What a peer found and what that cost; of several processes one after the other the sums and the highest peak. */
export interface PeerScan {
  readonly cost: Omit<CommandCost, 'stdout'>
  readonly findings: readonly PeerFinding[]
}

/** A scanner beside ours; `undefined` when it is not installed. */
export type PeerScanner = ((layout: string) => Promise<PeerScan>) | undefined

/** Trivy with a database of its own, made of the records. */
export interface TrivyScanners {
  /** With nothing in its cache. */
  readonly cold: PeerScanner
  /** With what the last scan left in its cache. */
  readonly warm: PeerScanner
}

/** Vulnerabilities only, offline. */
export async function trivyScanners(directory: string): Promise<TrivyScanners> {
  const command = toolPath('trivy')
  if (command === undefined) return { cold: undefined, warm: undefined }
  const cache = join(directory, 'trivy')
  await writeTrivyDatabase(readRecords(), cache, { updatedAt })
  const env = { ...process.env, HOME: directory }
  const offline = ['--skip-db-update', '--skip-java-db-update', '--skip-version-check', '--offline-scan']
  const warm = async (layout: string): Promise<PeerScan> => {
    const output = join(directory, 'trivy.json')
    const args = ['image', '--cache-dir', cache, ...offline, '--scanners=vuln', '--format=json']
    const cost = await measureCommand(command, [...args, '--output', output, '--input', layout], { env })
    const { Results = [] } = JSON.parse(await readFile(output, 'utf8')) as TrivyReport
    const found = Results.flatMap(({ Vulnerabilities = [] }) => Vulnerabilities)
    const findings = found.map(({ VulnerabilityID, PkgName, InstalledVersion }) => ({
      id: VulnerabilityID,
      name: PkgName,
      version: InstalledVersion,
    }))
    return { cost, findings }
  }
  const cold = async (layout: string): Promise<PeerScan> => {
    await rm(join(cache, 'fanal'), { recursive: true, force: true })
    return warm(layout)
  }
  return { cold, warm }
}

interface TrivyReport {
  readonly Results?: readonly {
    readonly Vulnerabilities?: readonly {
      readonly VulnerabilityID: string
      readonly PkgName: string
      readonly InstalledVersion: string
    }[]
  }[]
}

/** Syft, and Grype on its SBOM. */
export async function syftAndGrype(directory: string): Promise<PeerScanner> {
  const [syft, grype] = [toolPath('syft'), toolPath('grype')]
  if (syft === undefined || grype === undefined) return undefined
  const env = {
    ...process.env,
    HOME: directory,
    GRYPE_DB_CACHE_DIR: join(directory, 'grype'),
    GRYPE_DB_AUTO_UPDATE: 'false',
    GRYPE_DB_VALIDATE_AGE: 'false',
    GRYPE_CHECK_FOR_APP_UPDATE: 'false',
    SYFT_CHECK_FOR_APP_UPDATE: 'false',
  }
  const database = await writeGrypeDatabase(readRecords(), join(directory, 'grype-input'), { updatedAt })
  await measureCommand(grype, ['db', 'import', database], { env })
  return async (layout) => {
    const folder = await mkdtemp(join(directory, 'grype-'))
    const [sbom, output] = [join(folder, 'sbom.json'), join(folder, 'report.json')]
    const listed = await measureCommand(
      syft,
      ['scan', `oci-dir:${layout}`, '-q', '-o', `syft-json=${sbom}`],
      {
        env,
      },
    )
    const matched = await measureCommand(grype, [`sbom:${sbom}`, '-q', '-o', 'json', '--file', output], {
      env,
    })
    const { matches } = JSON.parse(await readFile(output, 'utf8')) as GrypeReport
    await rm(folder, { recursive: true })
    return {
      cost: {
        wallSeconds: listed.wallSeconds + matched.wallSeconds,
        cpuSeconds: listed.cpuSeconds + matched.cpuSeconds,
        peakMiB: Math.max(listed.peakMiB, matched.peakMiB),
      },
      findings: matches.map(({ vulnerability: { id }, artifact: { name, version } }) => ({
        id,
        name,
        version,
      })),
    }
  }
}

interface GrypeReport {
  readonly matches: readonly {
    readonly vulnerability: { readonly id: string }
    readonly artifact: { readonly name: string; readonly version: string }
  }[]
}
