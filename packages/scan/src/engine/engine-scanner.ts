import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { type Clock, systemClock } from '@sallyport/core'
import { checkTarget } from './check-target.ts'
import { chosenSettings } from './chosen-settings.ts'
import type { Scanner, ScanTarget } from '../ports/scanner.ts'
import type { ScanData, ScanReport } from '../scan-report.ts'
import { type Canary, checkCanaries, defaultCanaries, writeCanaryImage } from './canary.ts'
import { fileIdentity } from './file-identity.ts'

/** Options that all scanners which run a program have. */
export interface EngineScannerOptions {
  /** Name in reports. */
  readonly name: string
  /** The program: its identity belongs to what the canary has proved. Absent for a service. */
  readonly command?: string | undefined
  /** Packages that must be found before the scanner is believed. Default: {@link defaultCanaries}. */
  readonly canaries?: readonly Canary[] | undefined
  /** Believe the scanner without proof. Default `false`. */
  readonly unsafeSkipCanary?: boolean | undefined
  /** Refuse data older than this. */
  readonly maxDataAgeMs?: number | undefined
  /** What else changes its findings. Default: nothing. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  readonly clock?: Clock | undefined
}

/** What a scan works with. */
export interface EngineContext {
  /** A private folder, deleted after the scan. */
  readonly directory: string
  readonly signal?: AbortSignal | undefined
}

/** Data that an engine will use. */
export interface EngineData {
  readonly data: readonly ScanData[]
  /** Changes whenever the data does. */
  readonly identity: string
}

/** What differs between scanners that run a program. `D` is what `prepare` found. */
export interface Engine<D extends EngineData> {
  /** Updates the data if that is wanted, and reads what it is; rejects when there is none or it is too old. */
  prepare(context: EngineContext): Promise<D>
  /** Scans one image; the target's inventory is of its subject. */
  scan(target: ScanTarget, data: D, context: EngineContext): Promise<ScanReport>
}

/**
 * Makes a scanner of an engine. Before the first scan, and again when the program or its data changed, the engine must
 * find a canary; until then no answer of it counts.
 */
export function engineScanner<D extends EngineData>(
  engine: Engine<D>,
  options: EngineScannerOptions,
): Scanner {
  const { name, command, canaries = defaultCanaries, unsafeSkipCanary = false, clock = systemClock } = options
  const proved = new Set<string>()

  const prove = async (data: D, { directory, signal }: EngineContext): Promise<void> => {
    const identity = `${await programIdentity(command)} ${data.identity}`
    if (proved.has(identity)) return
    const folder = join(directory, 'canary')
    const layoutDirectory = join(folder, 'layout')
    const { layout, inventory } = await writeCanaryImage(layoutDirectory, canaries, name)
    const target = { subject: layout.subject, platform: inventory.platform, inventory, layoutDirectory }
    const context = { directory: join(folder, 'run'), signal }
    await mkdir(context.directory, { recursive: true })
    checkCanaries(await engine.scan(target, data, context), canaries, name)
    proved.add(identity)
  }

  return {
    name,
    settings: engineSettings(options),
    async scan(target, { signal } = {}): Promise<ScanReport> {
      signal?.throwIfAborted()
      checkTarget(target, name)
      const startedAt = clock.now().toISOString()
      const directory = await mkdtemp(join(tmpdir(), `sallyport-${name.replace(/[^\w-]/g, '')}-`))
      try {
        const context = { directory, signal }
        const data = await engine.prepare(context)
        if (!unsafeSkipCanary) await prove(data, context)
        const report = await engine.scan(target, data, context)
        return { ...report, startedAt, finishedAt: clock.now().toISOString() }
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    },
  }
}

/** What is chosen of the options that change what an engine finds, or when it is believed. */
export function engineSettings({
  settings,
  canaries,
  unsafeSkipCanary,
  maxDataAgeMs,
}: EngineScannerOptions): Scanner['settings'] {
  return chosenSettings({ ...settings, canaries, unsafeSkipCanary, maxDataAgeMs })
}

/** What tells one program from another without running it. */
async function programIdentity(command: string | undefined): Promise<string> {
  if (command === undefined) return ''
  const candidates = command.includes('/')
    ? [resolve(command)]
    : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, command))
  for (const candidate of candidates) {
    const identity = await fileIdentity(candidate)
    if (identity !== undefined) return identity
  }
  // a program that is nowhere is reported when it is run
  return command
}
