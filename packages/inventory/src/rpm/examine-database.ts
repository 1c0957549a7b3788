import type { FileContent, FileExaminer } from '../files/image-files.ts'
import { maxPackages, maxRpmDatabaseBytes, maxRpmProblems, maxRpmTextLength } from '../internal/limits.ts'
import { parseRpmHeader } from './parse-header.ts'
import { readRpmRecords } from './read-records.ts'
import type { RpmDatabase, RpmHeader, RpmRecord } from './rpm-database.ts'
import { toRpmHeader } from './to-rpm-header.ts'

/** Takes the packages out of an rpm database of any of its three formats. */
export const rpmDatabaseExaminer: FileExaminer<RpmDatabase> = {
  name: 'rpm-database',
  version: 3,
  selects: ({ path }) => databaseFile.test(path),
  examine: (content, { signal }) => examineDatabase(content, signal),
}

const databaseFile = /\/rpm\/(?:rpmdb\.sqlite|Packages|Packages\.db)$/

async function examineDatabase(content: FileContent, signal?: AbortSignal): Promise<RpmDatabase> {
  if (content.size > maxRpmDatabaseBytes) {
    throw new SyntaxError(`a database of ${content.size} bytes, more than ${maxRpmDatabaseBytes}`)
  }
  const headers: RpmHeader[] = []
  const problems: string[] = []
  let unnamed = 0
  const note = (problem: string) => {
    if (problems.length < maxRpmProblems) problems.push(problem)
    else unnamed++
  }
  const records = await readRpmRecords(content, { signal })
  let textLength = 0
  try {
    for await (const record of records) {
      const read = readRecord(record)
      if ('problem' in read) {
        note(read.problem)
        continue
      }
      textLength += textLengthOf(read)
      if (textLength > maxRpmTextLength)
        throw new SyntaxError(`names of more than ${maxRpmTextLength} characters`)
      if (headers.length === maxPackages) throw new SyntaxError(`more than ${maxPackages} packages`)
      headers.push(read)
    }
  } catch (error) {
    // What was read counts; what comes after is unknown.
    if (!(error instanceof SyntaxError)) throw error
    problems.push(`${error.message}; the rest is not read`)
  }
  if (unnamed > 0) problems.push(`${unnamed} more packages that can't be read`)
  return { headers, problems }
}

function readRecord(record: RpmRecord): RpmHeader | { readonly problem: string } {
  if ('problem' in record) return record
  try {
    return toRpmHeader(parseRpmHeader(record.header))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { problem: error.message }
  }
}

function textLengthOf({ files, requires, provides, sums }: RpmHeader): number {
  let length = 0
  for (const list of [files, requires, provides, sums]) for (const text of list) length += text?.length ?? 0
  return length
}
