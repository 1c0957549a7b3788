import { stripVTControlCharacters } from 'node:util'

const isCommand = /^ +sallyport /

const widthOf = (text: string): number => [...stripVTControlCharacters(text)].length

/**
 * Breaks lines between words where a terminal would break them anywhere: a digest or a reference stays in one piece, so
 * that it can be copied, and so does an indented line that is a command of this program. What goes on is indented by two
 * more; a word that is longer than the terminal stands alone.
 */
export const wrapLines = (text: string, columns: number): string =>
  text
    .split('\n')
    .map((line) => (widthOf(line) <= columns || isCommand.test(line) ? line : wrapLine(line, columns)))
    .join('\n')

function wrapLine(line: string, columns: number): string {
  const [, indent = '', rest = ''] = /^( *)(.*)$/su.exec(line)!
  const lines: string[] = []
  let current = ''
  const begin = (word: string, most: number) => {
    current = ' '.repeat(Math.max(Math.min(most, columns - widthOf(word)), 0)) + word
  }
  // Words and the spaces between them take turns.
  const [first = '', ...parts] = rest.split(/( +)/)
  begin(first, indent.length)
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [space = '', word = ''] = parts.slice(index, index + 2)
    if (widthOf(current + space + word) <= columns) {
      current += space + word
      continue
    }
    lines.push(current)
    begin(word, indent.length + 2)
  }
  return [...lines, current].join('\n')
}
