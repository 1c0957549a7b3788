import { HardenError } from '../../errors.ts'

/** A member of an ar archive. */
export interface ArMember {
  readonly name: string
  /** Where its content is in the archive. */
  readonly offset: number
  readonly size: number
}

const magic = '!<arch>\n'
const headerBytes = 60
const maxMembers = 16

/**
 * Lists the members of a Debian package (deb(5)): an ar archive with short names.
 *
 * @param readAt - reads bytes of the archive; fewer where it ends
 * @throws {HardenError} `ARCHIVE_INVALID` when it is none, is cut, or has more than 16 members.
 */
export async function readAr(
  readAt: (offset: number, length: number) => Promise<Uint8Array>,
  size: number,
  archive: string,
): Promise<readonly ArMember[]> {
  const start = Buffer.from(await readAt(0, magic.length)).toString('latin1')
  if (start !== magic) throw invalid('not an ar archive')
  const members: ArMember[] = []
  let offset = magic.length
  while (offset < size) {
    if (members.length === maxMembers) throw invalid(`more than ${maxMembers} members`)
    const header = Buffer.from(await readAt(offset, headerBytes)).toString('latin1')
    const match = /^([^\s/]{1,16})\/? *$/.exec(header.slice(0, 16))
    const length = /^(\d{1,10}) *$/.exec(header.slice(48, 58))?.[1]
    if (header.length < headerBytes || !header.endsWith('`\n') || !match || length === undefined)
      throw invalid(`no member header at byte ${offset}`)
    const member = { name: match[1]!, offset: offset + headerBytes, size: Number(length) }
    if (member.offset + member.size > size) throw invalid(`${member.name} is cut`)
    members.push(member)
    offset = member.offset + member.size + (member.size % 2)
  }
  return members

  function invalid(what: string): HardenError {
    return new HardenError('ARCHIVE_INVALID', `${archive}: ${what}`)
  }
}
