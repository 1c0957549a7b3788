/** Says how far a command is. Nothing that it prints is on standard output. */
export interface Progress {
  /** Something began; the same id again changes its text. */
  start(id: string, text: string): void
  /** How far it is, in a few words. */
  update(id: string, detail: string): void
  /** It ended; `text` is what came of it. */
  finish(id: string, text: string): void
  /** Takes away what is on the screen for a moment, or for good. */
  clear(): void
}

/** Where progress is written to. */
export interface ProgressScreen {
  readonly write: (text: string) => void
  readonly columns: () => number
  readonly isColored: boolean
  /** Calls again and again until it is stopped. */
  readonly every: (ms: number, call: () => void) => { stop(): void }
}

/** Prints nothing. */
export const noProgress: Progress = { start() {}, update() {}, finish() {}, clear() {} }

/** A line for whatever ended. */
export function plainProgress(write: (text: string) => void): Progress {
  const texts = new Map<string, string>()
  return {
    start: (id, text) => void texts.set(id, text),
    update() {},
    finish(id, text) {
      write(`${printable([texts.get(id), text].filter(Boolean).join(': '))}\n`)
      texts.delete(id)
    },
    clear() {},
  }
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const maxLines = 8

/** What ended stays above; what is at work is drawn anew below it. */
export function liveProgress({ write, columns, isColored, every }: ProgressScreen): Progress {
  const running = new Map<string, { text: string; detail: string }>()
  let drawn = 0
  let frame = 0
  let timer: { stop(): void } | undefined
  const paint = (code: number, text: string) => (isColored ? `\u001b[${code}m${text}\u001b[0m` : text)
  const cut = (text: string) => {
    const room = Math.max(columns() - 3, 10)
    const shown = printable(text)
    return shown.length > room ? `${shown.slice(0, room - 1)}…` : shown
  }
  // Line by line: some terminals keep what is cleared as a whole. An echoed ^C stands on the last one.
  const erase = () => (drawn === 0 ? '' : `\r\u001b[2K${'\u001b[1A\u001b[2K'.repeat(drawn)}`)
  const draw = (above = '') => {
    const lines = [...running.values()]
      .slice(0, maxLines)
      .map(
        ({ text, detail }) =>
          `${paint(36, frames[frame % frames.length]!)} ${cut(detail ? `${text}  ${detail}` : text)}\n`,
      )
    if (running.size > maxLines) lines.push(`  … and ${running.size - maxLines} more\n`)
    write(`${erase()}${above}${lines.join('')}`)
    drawn = lines.length
    if (drawn === 0) {
      timer?.stop()
      timer = undefined
    } else
      timer ??= every(100, () => {
        frame++
        draw()
      })
  }
  return {
    start(id, text) {
      running.set(id, { text, detail: '' })
      draw()
    },
    update(id, detail) {
      const one = running.get(id)
      // Drawn by the timer: bytes arrive more often than anybody looks.
      if (one) one.detail = detail
    },
    finish(id, text) {
      const one = running.get(id)
      running.delete(id)
      draw(`${paint(32, '✓')} ${cut([one?.text, text].filter(Boolean).join(': '))}\n`)
    },
    clear() {
      running.clear()
      draw()
    },
  }
}

/** Names come from registries: nothing of them may steer a terminal, or turn the direction of reading. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '�')
