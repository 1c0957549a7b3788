import { describe, expect, it } from 'vitest'
import { wantsColor } from './colors.ts'
import { liveProgress, plainProgress, printable } from './progress.ts'

/** A screen that keeps what was written, and ticks when it is told to. */
function createScreen(columns = 40) {
  let text = ''
  let tick: (() => void) | undefined
  return {
    write: (more: string) => void (text += more),
    columns: () => columns,
    isColored: false,
    every(_: number, call: () => void) {
      tick = call
      return { stop: () => void (tick = undefined) }
    },
    text: () => text,
    tick: () => tick?.(),
    isTicking: () => tick !== undefined,
  }
}

describe('liveProgress', () => {
  it('draws what is at work anew below what ended, and stops ticking at the end', () => {
    const screen = createScreen()
    const progress = liveProgress(screen)
    progress.start('a', 'layer 1')
    progress.update('a', '5 kB')
    screen.tick()
    expect(screen.text()).toContain('layer 1  5 kB')
    progress.finish('a', 'done')
    expect(screen.text().endsWith('\r\u001b[2K\u001b[1A\u001b[2K✓ layer 1: done\n')).toBe(true)
    expect(screen.isTicking()).toBe(false)
  })

  it('cuts lines to the screen, so that none wraps and is left behind', () => {
    const screen = createScreen(20)
    liveProgress(screen).start('a', 'x'.repeat(50))
    expect(
      screen
        .text()
        .split('\n')
        .every((line) => [...line].length <= 20),
    ).toBe(true)
  })

  it('says how many more there are', () => {
    const screen = createScreen()
    const progress = liveProgress(screen)
    for (let index = 0; index < 12; index++) progress.start(String(index), 'layer')
    expect(screen.text().trimEnd().endsWith('… and 4 more')).toBe(true)
  })
})

describe('plainProgress', () => {
  it('writes a line for what ended, without anything that steers a terminal', () => {
    const screen = createScreen()
    const progress = plainProgress(screen.write)
    progress.start('a', 'tag \u001b[2J')
    progress.finish('a', 'moved')
    expect(screen.text()).toBe('tag �[2J: moved\n')
  })
})

describe('printable', () => {
  it.each(['\u001b', '\u0007', '\u009b', '\u202e', '\n'])('replaces %j', (character) => {
    expect(printable(`a${character}b`)).toBe('a�b')
  })
})

describe('wantsColor', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('a terminal %j with %j: %j', (isTTY, environment, wanted) => {
    expect(wantsColor({ isTTY }, environment)).toBe(wanted)
  })
})
