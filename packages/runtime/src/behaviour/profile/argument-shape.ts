const maxArguments = 64
const maxLength = 256

/**
 * What the arguments of a program look like: names of options stay, values become `*`, several in a row one. Values may
 * be secret, and are never kept. The program's own name is left out.
 *
 * @example argumentShape(['nginx', '-g', 'daemon off;', '--pid=/run/x']) // '-g * --pid=*'
 */
export function argumentShape(words: readonly string[]): string {
  const shape: string[] = []
  for (const word of words.slice(1, maxArguments + 1)) {
    const option = /^--?[A-Za-z][A-Za-z-]{0,39}(?=$|=)/.exec(word)?.[0]
    const part = option === undefined ? '*' : word.length > option.length ? `${option}=*` : option
    if (part !== '*' || shape.at(-1) !== '*') shape.push(part)
  }
  const text = shape.join(' ')
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}
