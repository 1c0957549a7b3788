import { decodeName } from '@sallyport/image'

/** One argument of a call: its text, and what is in it where it is a string. */
export interface StraceArgument {
  /** As it is written. */
  readonly text: string
  /** The string that it is, escapes undone. */
  readonly string?: string | undefined
  /** Whether strace left out the end of the string (`-s`). */
  readonly isCut?: boolean | undefined
}

/** A line of strace(1). */
export type StraceLine =
  | {
      readonly type: 'call'
      readonly pid: number | undefined
      readonly time: number | undefined
      readonly name: string
      readonly arguments: readonly StraceArgument[]
      /** As it is written, e.g. `3</etc/passwd>` or `-1 ENOENT (No such file or directory)`. */
      readonly result: string
    }
  /** A call that another process's line interrupts; `text` is what was written of it. */
  | { readonly type: 'unfinished'; readonly pid: number | undefined; readonly text: string }
  | { readonly type: 'resumed'; readonly pid: number | undefined; readonly text: string }
  /** A signal, an exit, a note of strace itself. */
  | { readonly type: 'other' }
  | { readonly type: 'unreadable' }

const head = /^(?:\[pid +(\d+)\] +|(\d+) +)?(?:(?:(\d+:\d\d:\d\d)(?:\.\d+)?|(\d{9,}\.\d+)|\d+\.\d+) +)?/
const note = /^(?:---|\+\+\+|strace: |<detached|Process \d+ |\?{4})/

/** Reads a line as strace writes it with any of `-f`, `-t`, `-tt`, `-ttt`, `-r`, `-T`, `-y`, `-yy`, `-s`. */
export function parseStraceLine(line: string): StraceLine {
  if (line === '') return { type: 'other' }
  const found = head.exec(line)!
  const pid = found[1] ?? found[2]
  const rest = line.slice(found[0].length)
  if (note.test(rest)) return { type: 'other' }
  const number = pid === undefined ? undefined : Number(pid)
  const resumed = /^<\.\.\. \w+ resumed>/.exec(rest)
  if (resumed) return { type: 'resumed', pid: number, text: rest.slice(resumed[0].length) }
  if (rest.endsWith('<unfinished ...>'))
    return { type: 'unfinished', pid: number, text: rest.slice(0, -'<unfinished ...>'.length) }
  const time = found[4] === undefined ? undefined : Number(found[4]) * 1000
  return parseCall(rest, number, time)
}

/** Reads `name(arguments) = result`, also put together of an unfinished and a resumed part. */
export function parseCall(text: string, pid: number | undefined, time: number | undefined): StraceLine {
  const name = /^\w+(?=\()/.exec(text)?.[0]
  if (name === undefined) return { type: 'unreadable' }
  const list: StraceArgument[] = []
  let position = name.length + 1
  for (;;) {
    while (text[position] === ' ') position++
    const end = findArgumentEnd(text, position)
    if (end === undefined) return { type: 'unreadable' }
    const argument = text.slice(position, end).trimEnd()
    if (argument !== '' || text[end] === ',') list.push(toArgument(argument))
    position = end + 1
    if (text[end] === ')') break
  }
  const result = /^\s*= ?(.*)$/.exec(text.slice(position))?.[1]
  if (result === undefined) return { type: 'unreadable' }
  return { type: 'call', pid, time, name, arguments: list, result }
}

/** Where the argument that begins at `start` ends: at a comma or at the parenthesis that closes the call. */
function findArgumentEnd(text: string, start: number): number | undefined {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = skipString(text, at)
        break
      case '/':
        // A comment, such as the environment's size.
        if (text[at + 1] === '*') at = Math.max(at, text.indexOf('*/', at + 2))
        break
      case '<':
        // What a descriptor is, after its number.
        if (/[\dD]/.test(text[at - 1] ?? '')) at = findAnnotationEnd(text, at)
        break
      case '(':
      case '[':
      case '{':
        depth++
        break
      case ']':
      case '}':
        depth--
        break
      case ')':
        if (depth === 0) return at
        depth--
        break
      case ',':
        if (depth === 0) return at
        break
    }
  }
  return undefined
}

/**
 * Where what `-y` and `-yy` tell of a descriptor ends: `3</etc/passwd>`, `1</dev/null<char 1:3>>`,
 * `4<TCP:[127.0.0.1:80->127.0.0.1:4000]>`. In names strace escapes `<` and `>`.
 */
function findAnnotationEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    // No more than one in another: what goes deeper is nothing of strace, and would be read over and over.
    if (text[at] === '<' && ++depth > 2) break
    if (text[at] === '>' && text[at - 1] !== '-' && --depth === 0) return at
  }
  return start
}

function skipString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

function toArgument(text: string): StraceArgument {
  if (!text.startsWith('"')) return { text }
  const end = skipString(text, 0)
  return { text, string: unescape(text.slice(1, end)), isCut: text.startsWith('...', end + 1) }
}

const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, v: 11, f: 12, b: 8, a: 7 }

/** Undoes C escapes; bytes that are no UTF-8 are kept as names of the image's tree have them. */
export function unescape(text: string): string {
  if (!text.includes('\\')) return text
  const bytes: Uint8Array[] = []
  for (const [part, octal, hex, letter] of text.matchAll(/\\(?:([0-7]{1,3})|x([0-9a-f]{2})|(.))|[^\\]+/gs)) {
    if (octal !== undefined) bytes.push(Uint8Array.of(Number.parseInt(octal, 8) & 0xff))
    else if (hex !== undefined) bytes.push(Uint8Array.of(Number.parseInt(hex, 16)))
    else if (letter !== undefined)
      bytes.push(escapes[letter] === undefined ? Buffer.from(letter) : Uint8Array.of(escapes[letter]))
    else bytes.push(Buffer.from(part))
  }
  return decodeName(Buffer.concat(bytes))
}
