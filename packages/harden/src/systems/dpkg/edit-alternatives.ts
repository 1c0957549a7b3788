/**
 * Leaves out the choices of an alternative (update-alternatives(1), "FILES") whose target is gone. `undefined` when no
 * choice is left, or when the link that stands for the current one goes too; the text as it was when all are there.
 */
export function removeChoices(
  text: string,
  isGone: (path: string) => boolean,
  isLinkGone = false,
): string | undefined {
  if (isLinkGone) return undefined
  const lines = text.split('\n')
  const blank = lines.indexOf('', 2)
  if (blank < 0 || (lines[0] !== 'auto' && lines[0] !== 'manual')) return text
  const slaves = (blank - 2) / 2
  if (!Number.isInteger(slaves)) return text

  // Path, priority, and the path of each slave, which may be empty.
  const choiceLines = 2 + slaves
  const kept: string[] = []
  let choices = 0
  let index = blank + 1
  for (; index + choiceLines <= lines.length && lines[index] !== ''; index += choiceLines) {
    if (isGone(lines[index]!)) continue
    for (const line of lines.slice(index, index + choiceLines)) kept.push(line)
    choices++
  }
  if (choices === 0) return undefined
  return [...lines.slice(0, blank + 1), ...kept, ...lines.slice(index)].join('\n')
}
