import { parseControlStanzas } from '@sallyport/inventory'
import { HardenError } from '../../errors.ts'

/** What a suite's signed release file says. */
export interface Release {
  readonly suite?: string | undefined
  readonly codename?: string | undefined
  readonly date: Date
  readonly validUntil?: Date | undefined
  readonly architectures: readonly string[]
  readonly components: readonly string[]
  /** Whether files can be had under the name of their checksum. */
  readonly byHash: boolean
  /** Whether nothing is taken from it without being asked for, as from backports. */
  readonly notAutomatic: boolean
  /** Checked files by their path below the suite's folder. */
  readonly files: ReadonlyMap<string, { readonly sha256: string; readonly size: number }>
}

const fileLine = /^([0-9a-f]{64}) {1,32}(\d{1,15}) ([^\s]{1,1024})$/

/**
 * Reads a release file (the format of Debian's repositories). Only SHA-256 sums count.
 *
 * @throws {HardenError} `INDEX_INVALID` without a date or sums, or when they are malformed.
 */
export function parseRelease(name: string, text: string): Release {
  const [stanza, second] = [...parseControlStanzas(text)]
  if (!stanza || second || stanza.problem !== undefined)
    throw invalid(stanza?.problem ?? `${second ? 'more than' : 'not'} one paragraph`)
  const { fields } = stanza
  const dateOf = (field: string) => {
    const value = fields.get(field)
    if (value === undefined) return undefined
    const date = new Date(value)
    if (Number.isNaN(date.getTime())) throw invalid(`${field} is no date: ${value.slice(0, 100)}`)
    return date
  }
  const date = dateOf('date')
  if (!date) throw invalid('it has no Date')
  const sums = fields.get('sha256')
  if (sums === undefined) throw invalid('it has no SHA256 sums')
  const files = new Map<string, { readonly sha256: string; readonly size: number }>()
  for (const line of sums.split('\n')) {
    if (line.trim() === '') continue
    const match = fileLine.exec(line.trim())
    if (!match) throw invalid(`not a sum, size and name: ${line.slice(0, 100)}`)
    files.set(match[3]!, { sha256: match[1]!, size: Number(match[2]) })
  }
  const isYes = (field: string) => fields.get(field)?.toLowerCase() === 'yes'
  const words = (field: string) => (fields.get(field) ?? '').split(/\s+/).filter((word) => word !== '')
  return {
    suite: fields.get('suite'),
    codename: fields.get('codename'),
    date,
    validUntil: dateOf('valid-until'),
    architectures: words('architectures'),
    components: words('components'),
    byHash: isYes('acquire-by-hash'),
    notAutomatic: isYes('notautomatic'),
    files,
  }

  function invalid(what: string): HardenError {
    return new HardenError('INDEX_INVALID', `${name}: Release: ${what}`)
  }
}
