import { describe, expect, it } from 'vitest'
import { hostileAlert, sampleAlert } from '../testing/sample-alert.ts'
import { type SlackText, toSlackBlocks } from './to-slack-blocks.ts'

function textsOf(alert: Parameters<typeof toSlackBlocks>[0]): readonly SlackText[] {
  return toSlackBlocks(alert).blocks.flatMap((block) =>
    block.type === 'context' ? block.elements : 'fields' in block ? block.fields : [block.text],
  )
}

describe('toSlackBlocks', () => {
  it('shows what happened, what was expected and what to do', () => {
    const { text, blocks } = toSlackBlocks(sampleAlert())
    expect(text).toMatch(/^🔴 Nothing explains what alice pushed/)
    expect(blocks.map(({ type }) => type)).toEqual([
      'header',
      'section',
      'section',
      'section',
      'section',
      'context',
    ])
    expect(textsOf(sampleAlert()).map((each) => each.text)).toEqual(
      expect.arrayContaining([
        '*Repository*\n`prod.example/team/app`',
        'Found:\n• No promotion in the journal.\n• The actor is not the gate.',
        'What to do:\nFind out who pushed it, and promote it or move the tag back.',
      ]),
    )
  })

  it('lets no text mention anybody, link anywhere or leave its span of code', () => {
    const { text } = toSlackBlocks(hostileAlert())
    expect(text).not.toMatch(/[<>]/)
    for (const each of textsOf(hostileAlert())) {
      expect(each.text).not.toMatch(/[^\P{Cc}\n]|[\u202e\u2028]/u)
      if (each.type === 'plain_text') continue
      expect(each.text).toMatch(/^\*[A-Z][a-z ]+\*\n`[^`<>\n]*`$/)
      expect(each.text.replace(/&(amp|lt|gt);/g, '')).not.toContain('&')
      expect(each.verbatim).toBe(true)
    }
  })

  it.each(['x', '&', '😀', '`'])('keeps to the limits of Slack with 5,000 of %s', (character) => {
    const alert = hostileAlert(character.repeat(5000))
    const { text, blocks } = toSlackBlocks(alert)
    expect(text.length).toBeLessThanOrEqual(6000)
    for (const block of blocks) {
      if (block.type === 'header') expect(block.text.text.length).toBeLessThanOrEqual(150)
      if ('fields' in block) expect(block.fields.length).toBeLessThanOrEqual(10)
      if ('fields' in block)
        for (const field of block.fields) expect(field.text.length).toBeLessThanOrEqual(2000)
    }
    for (const each of textsOf(alert)) {
      expect(each.text.length).toBeLessThanOrEqual(3000)
      expect(each.text.isWellFormed()).toBe(true)
    }
  })

  it('says when it is over, and leaves out what is not known', () => {
    const { text, blocks } = toSlackBlocks(
      sampleAlert({ resolves: 'alert-0', tag: undefined, odd: [], occurrences: 3 }),
    )
    expect(text).toMatch(/^✅ Resolved: /)
    expect(JSON.stringify(blocks)).not.toMatch(/\*Tag\*|Found:/)
    expect(JSON.stringify(blocks)).toContain('*Times*\\n`3`')
  })
})
