/**
 * The language of paths in a profile. `*` stands for something that changes from run to run: a number, a number in
 * hexadecimal of 8 digits or more, a UUID, or, in folders for temporary files, the random end of a name. It never
 * stands for a word or for a slash. A part that is `⋯` alone stands for any one part. A backslash makes the next
 * character literal.
 */

/** A path as a pattern that only it matches. */
export function escapePath(path: string): string {
  return /[\\*⋯]/.test(path) ? path.replaceAll(/[\\*⋯]/g, String.raw`\$&`) : path
}

const temporary = /^\/(?:tmp|var\/tmp|dev\/shm|run|var\/run)\//
const variable =
  /(\\.)|(\*)|(?=[0-9a-f-]{0,36}\d)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?=[0-9a-f]{0,64}\d)[0-9a-f]{8,128}|\d+/gi
/** The end that mkstemp(3) and its relatives give a name, after a separator or `tmp`. */
const randomEnd = /(?<=[._-]|^tmp)[A-Za-z0-9_]{6,12}$/

/** What a path has where it changes, and the rest of it. */
export interface PathShape {
  /** The path with a placeholder for each part that changes. */
  readonly skeleton: string
  /** What is in those places, `*` for any. */
  readonly values: readonly string[]
}

const placeholder = '\0'
/** What changes in more places is not put together: patterns of one shape stay few. */
const maxValues = 3

/** What a process has of its own, and must not be shared by all: its environment, its memory, its root. */
const privateFile = /^\/proc\/\d+\/(?:task\/\d+\/)?(?:environ|mem|root)(?:\/|$)/

/** A path, with `self` where a process opens what is private to itself. */
export function withoutOwnFolder(path: string, pid: number | undefined): string {
  if (pid === undefined || !privateFile.test(path)) return path
  const [, , number, ...rest] = path.split('/')
  return number === String(pid) ? `/proc/self/${rest.join('/')}` : path
}

/** Takes a pattern, or an escaped path, apart. */
export function shapeOf(pattern: string): PathShape {
  if (privateFile.test(pattern)) return { skeleton: pattern, values: [] }
  const values: string[] = []
  const isTemporary = temporary.test(pattern)
  const parts = pattern.split('/').map((part, index, all) => {
    let text = part
    let end: string | undefined
    if (isTemporary && index === all.length - 1) {
      const found = randomEnd.exec(part)
      if (found && !/^\d+$/.test(found[0])) {
        end = found[0]
        text = part.slice(0, found.index)
      }
    }
    const skeleton = text.replaceAll(variable, (whole: string, escaped: string | undefined) => {
      if (escaped !== undefined || values.length >= maxValues) return whole
      values.push(whole)
      return placeholder
    })
    if (end === undefined || values.length >= maxValues) return `${skeleton}${end ?? ''}`
    values.push(end)
    return `${skeleton}${placeholder}`
  })
  return { skeleton: parts.join('/'), values }
}

/** Puts a pattern together again. */
export function fromShape({ skeleton, values }: PathShape): string {
  let index = 0
  return skeleton.replaceAll(placeholder, () => values[index++]!)
}

/** Whether a pattern stands for more than one path. */
export function isPathPattern(pattern: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*[*⋯]/.test(pattern)
}

/** Undoes {@link escapePath}. */
export function unescapePath(pattern: string): string {
  return pattern.replaceAll(/\\([\\*⋯])/g, '$1')
}

/**
 * A path as a pattern in which the number of the process that opened it is `*`: it is another one in the next run, even
 * where few runs were seen. Numbers below 10 stay, for versions of libraries have those.
 */
export function withoutOwnNumber(pattern: string, pid: number | undefined): string {
  if (pid === undefined || pid < 10 || !pattern.includes(String(pid))) return pattern
  const { skeleton, values } = shapeOf(pattern)
  return fromShape({ skeleton, values: values.map((value) => (value === String(pid) ? '*' : value)) })
}
