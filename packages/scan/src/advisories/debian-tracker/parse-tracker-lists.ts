import { ScanError } from '../../errors.ts'
import { readLines, type TextSource } from '../read-lines.ts'
import { isTrackerKind, type TrackerNote } from './tracker-note.ts'

/** Options of the parsers of Debian's tracker. */
export interface ParseTrackerOptions {
  /** Name of the file or address; part of every message. */
  readonly source: string
  /** Most bytes to read. Default 512 MiB. */
  readonly maxBytes?: number | undefined
}

const header = /^(?:CVE-\d{4}-[0-9X]{4,}|TEMP-\d+-[0-9A-F]+)\b/
const advisory = /^\[[^\]]{1,40}\] ?(?:DSA|DLA|DTSA|ELA)[ -]\S+/
const group = /^\s*\{([^}]*)\}/
const packageLine = /^\s+(?:\[([a-z-]+)\] )?- (\S+)(?: +(<[a-z-]+>|[^\s(<]\S*))?\s*(?:\((.*)\))?/
/** Lines that say nothing about a package. */
const remark = /^\s*(?:$|#|NOTE:|TODO:|RESERVED|REJECTED|NOT-FOR-US|CHECK|BUG|FIXME)/i

/**
 * Reads the tracker's text lists: `CVE/list`, where a line of unstable stands beside those of releases, and `DSA/list`,
 * `DLA/list`, where each advisory's versions count for all of its CVEs. They can be joined: the notes of all lists
 * together make the records (`toDebianRecords`).
 *
 * @throws {ScanError} `ADVISORIES_INVALID` naming source and line, `LIMIT_EXCEEDED` past `maxBytes`.
 */
export async function* parseTrackerList(
  input: TextSource,
  { source, maxBytes = 512 * 1024 * 1024 }: ParseTrackerOptions,
): AsyncGenerator<TrackerNote, void> {
  let ids: readonly string[] = []
  let inAdvisory = false
  for await (const { text, number } of readLines(input, source, maxBytes)) {
    const id = header.exec(text)?.[0]
    if (id !== undefined) {
      ids = id.includes('X') ? [] : [id]
      inAdvisory = false
      continue
    }
    if (advisory.test(text)) {
      ids = []
      inAdvisory = true
      continue
    }
    const members = group.exec(text)?.[1]
    if (members !== undefined) {
      // behind a CVE, braces name the advisories that fix it; their lists say where
      if (inAdvisory) ids = members.split(/\s+/).filter((member) => header.test(member))
      continue
    }
    if (remark.test(text)) continue
    const line = packageLine.exec(text)
    if (line === null) {
      // advisories of the first years have free text
      if (inAdvisory && /^\s/.test(text)) continue
      throw new ScanError(
        'ADVISORIES_INVALID',
        `${source}, line ${number}: neither an entry nor a package: ${JSON.stringify(text.slice(0, 80))}`,
      )
    }
    yield* notesOf(ids, line, inAdvisory)
  }
}

function* notesOf(
  ids: readonly string[],
  [, release, name = '', word = '', remarks = '']: RegExpExecArray,
  inAdvisory: boolean,
): Generator<TrackerNote, void> {
  const kind = word.startsWith('<') ? word.slice(1, -1) : 'fixed'
  if (word === '' || !isTrackerKind(kind)) return
  // an advisory's line without a release would count for unstable, which advisories never are about
  if (inAdvisory && release === undefined) return
  const urgency = /(?:^|[;,(]\s*)(unimportant|low|medium|high)(?=\s*(?:[;,)]|$))/.exec(remarks)?.[1]
  for (const id of ids) {
    yield {
      id,
      package: name,
      release: release === 'sid' ? undefined : release,
      kind,
      version: kind === 'fixed' ? word : undefined,
      urgency: release === undefined ? urgency : undefined,
    }
  }
}
