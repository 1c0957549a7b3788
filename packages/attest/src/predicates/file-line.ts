import type { FileRecord } from '@sallyport/core'
import { z } from 'zod'

const types = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
  p: 'fifo',
  c: 'character-device',
  b: 'block-device',
} as const satisfies Record<string, FileRecord['type']>
type Letter = keyof typeof types

const letters = Object.fromEntries(Object.entries(types).map(([letter, type]) => [type, letter])) as Record<
  FileRecord['type'],
  Letter
>
const magics = { e: 'elf', s: 'script' } as const

/**
 * A file as a line of a list: path, letter of its type, mode, uid, gid, size, then what it holds (SHA-256, target of a link,
 * numbers of a device), what its first bytes are (`e` ELF, `s` script), and its security attributes. What is empty at the
 * end is left out.
 */
export type FileLine = readonly [
  string,
  Letter,
  number,
  number,
  number,
  number,
  string?,
  ('e' | 's' | '')?,
  Readonly<Record<string, string>>?,
]

/** Writes a file as a line. */
export function toFileLine({
  path,
  type,
  mode,
  uid,
  gid,
  size,
  sha256,
  magic,
  linkTarget,
  device,
  xattrs,
}: FileRecord): FileLine {
  const letter = magic === 'elf' ? 'e' : magic === 'script' ? 's' : ''
  const held = sha256 ?? linkTarget ?? device ?? ''
  const start = [path, letters[type], mode, uid, gid, size] as const
  if (xattrs) return [...start, held, letter, xattrs]
  if (letter) return [...start, held, letter]
  return held ? [...start, held] : start
}

const number = z.int().nonnegative()
const schema = z.tuple([
  z.string().max(65_536).refine(isCanonical, 'not a canonical path'),
  z.enum(Object.keys(types) as [Letter, ...Letter[]]),
  z.int().min(0).max(0o7777),
  number,
  number,
  number,
  z.string().max(65_536).optional(),
  z.enum(['e', 's', '']).optional(),
  z.record(z.string().startsWith('security.'), z.string().max(131_072)).optional(),
])

function isCanonical(path: string): boolean {
  if (path === '/') return true
  const [first, ...parts] = path.split('/')
  return first === '' && !path.includes('\0') && parts.every((part) => !['', '.', '..'].includes(part))
}

/** Reads a line; `undefined` when it is none. */
export function parseFileLine(line: unknown): FileRecord | undefined {
  const parsed = schema.safeParse(line)
  if (!parsed.success) return undefined
  const [path, letter, mode, uid, gid, size, held = '', magic = '', xattrs] = parsed.data
  const type = types[letter]
  const common = { path, type, mode, uid, gid, size, ...(xattrs && { xattrs }) }
  switch (type) {
    case 'file':
      if (!/^[0-9a-f]{64}$/.test(held)) return undefined
      return { ...common, sha256: held, ...(magic !== '' && { magic: magics[magic] }) }
    case 'symlink':
      return { ...common, linkTarget: held }
    case 'character-device':
    case 'block-device':
      return /^\d+:\d+$/.test(held) ? { ...common, device: held } : undefined
    default:
      return common
  }
}
