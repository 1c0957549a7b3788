import { defineWaivers } from '../define-waivers.ts'
import type { WaiverFile, WaiverScope } from '../waiver.ts'
import { type WaiverInput, waiverSchema } from '../waiver.schema.ts'

/** What the ignore list of another tool does not say, and a waiver must. */
export interface ImportWaiversOptions {
  /** Name of the file, part of ids and messages. */
  readonly source: string
  /** Who answers for the waivers. */
  readonly owner: string
  /**
   * The images that the list is for in its tool: an entry becomes a waiver for each of them. Entries that name no
   * package need it, and are left out otherwise.
   */
  readonly scopes?: readonly Pick<WaiverScope, 'digest' | 'repository'>[] | undefined
  /** Expiry of entries that have none, as in a waiver. Without it they are left out. */
  readonly expires?: string | undefined
  /** Reason of entries that give none. Without it they are left out. */
  readonly reason?: string | undefined
  /** Tiers that they count in. Default: all. */
  readonly tiers?: readonly string[] | undefined
  /** Who approved them. */
  readonly approver?: string | undefined
  /** Name of a ticket about them. */
  readonly ticket?: string | undefined
}

/** An entry of an ignore list, as far as a waiver can say it. */
export interface ImportedEntry {
  /** Where it stands. */
  readonly where: string
  readonly vulnerability: string
  /** The packages it is for; any when absent. */
  readonly packages?: readonly Pick<WaiverScope, 'package' | 'sourcePackage'>[] | undefined
  readonly reason?: string | undefined
  readonly expires?: string | undefined
  readonly until?: 'fixed' | undefined
}

/** Makes waivers of entries; what can't be one is a warning. */
export function importEntries(
  entries: readonly ImportedEntry[],
  warnings: readonly string[],
  options: ImportWaiversOptions,
): WaiverFile {
  const left: string[] = []
  const inputs: WaiverInput[] = []
  const used = new Map<string, number>()
  for (const entry of entries) {
    const made = toInputs(entry, options)
    if (typeof made === 'string') {
      left.push(`${entry.where}: ${entry.vulnerability} is left out: ${made}`)
      continue
    }
    for (const input of made) {
      const id = `${options.source}: ${entry.vulnerability}`
      const count = (used.get(id) ?? 0) + 1
      used.set(id, count)
      inputs.push({ ...input, id: count === 1 ? id : `${id} (${count})` })
    }
  }
  return { ...defineWaivers(inputs, options), warnings: [...warnings, ...left] }
}

/** The waivers of an entry, or why there are none. */
function toInputs(
  { vulnerability, packages, reason, expires, until }: ImportedEntry,
  options: ImportWaiversOptions,
): readonly WaiverInput[] | string {
  const text = reason ?? options.reason
  if (text === undefined) return 'it gives no reason'
  const end = expires ?? options.expires
  if (end === undefined) return 'it never ends'
  if (packages === undefined && (options.scopes ?? []).length === 0) {
    return 'it names no package, and no image was given that it is for'
  }
  const scopes = (packages ?? [{}]).flatMap((one) =>
    (options.scopes ?? [{}]).map(({ digest, repository }) => ({ ...one, digest, repository })),
  )
  const inputs: WaiverInput[] = []
  for (const scope of scopes) {
    const input = {
      id: 'imported',
      vulnerability,
      scope,
      reason: text,
      owner: options.owner,
      expires: end,
      tiers: options.tiers,
      approver: options.approver,
      ticket: options.ticket,
      until,
    }
    const { error, data } = waiverSchema.safeParse(input)
    if (error) return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
    inputs.push(data)
  }
  return inputs
}
