const maxArguments = 64
const maxLength = 256

/** Programs that are many, and choose which by the name that they are called by, or by their first argument. */
const multiCall = /^(?:busybox|toybox|coreutils)$/

/** Last of the arguments where a source tells no more of them. */
export const cutArguments = '…'

/**
 * What the arguments of a program look like: names of options stay, values become `*`, several in a row one. Values may
 * be secret, and are never kept: of what follows one dash only the first letter is, for there names and values look alike.
 * The program's own name is left out unless it is another one than that of its file, as that may be what it obeys.
 *
 * @param path the program's file. Default: the first word.
 * @example argumentShape(['nginx', '-g', 'daemon off;', '--pid=/run/x']) // '-g * --pid=*'
 * @example argumentShape(['nc', '-e', 'sh'], '/bin/busybox') // '(nc) -e *'
 */
export function argumentShape(words: readonly string[], path: string = words[0] ?? ''): string {
  const shape: string[] = []
  const [own = '', first] = words
  const name = baseName(own).replace(/^-/, '')
  if (name !== baseName(path)) shape.push(nameShape(name))
  if (multiCall.test(name) && first !== undefined) shape.push(nameShape(baseName(first)))
  for (const word of words.slice(1, maxArguments + 1)) {
    if (word === cutArguments) continue
    const part = wordShape(word)
    if (part !== '*' || shape.at(-1) !== '*') shape.push(part)
  }
  // What is past the end must not look like what has none.
  if (words.length > maxArguments + 1 || words.at(-1) === cutArguments) shape.push('…')
  const text = shape.join(' ')
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}

function wordShape(word: string): string {
  if (!word.startsWith('-') || word === '-') return word === '-' ? word : '*'
  const option = /^--[A-Za-z][A-Za-z-]{0,39}(?=$|=)/.exec(word)?.[0]
  if (option !== undefined) return word.length > option.length ? `${option}=*` : option
  const letter = /^-[A-Za-z]/.exec(word)?.[0]
  if (letter === undefined) return word === '--' ? word : '-*'
  return word.length === 2 ? letter : `${letter}*`
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1)
const nameShape = (name: string) => (/^[\w.+[-]{1,40}$/.test(name) ? `(${name})` : '(*)')
