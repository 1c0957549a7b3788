import { digestOf } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pairLayers } from './pair-layers.ts'

/** A layer whose content is `text`, made by the history line `createdBy`. */
const layer = (text: string, createdBy?: string) => ({
  descriptor: {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(text),
    size: text.length,
  },
  diffId: digestOf(`${text} unpacked`),
  createdBy,
})
type Layer = ReturnType<typeof layer>

/** Each pair as `before>after`, by size. */
const paired = (before: readonly Layer[], after: readonly Layer[]) =>
  pairLayers(before, after).map((pair) => `${pair.before?.bytes ?? ''}>${pair.after?.bytes ?? ''}`)

describe('pairLayers', () => {
  const [base, app, config] = [
    layer('aaaaa', 'FROM base'),
    layer('bbb', 'RUN app'),
    layer('c', 'COPY config'),
  ]

  it.each([
    ['leaves an image that is the same as it is', [base, app], [base, app], ['5>5', '3>3']],
    ['finds what was rewritten by its history', [base, app], [layer('aa', 'FROM base'), app], ['5>2', '3>3']],
    ['tells what was emptied', [base, app, config], [base, config], ['5>5', '3>', '1>1']],
    ['tells what was added on top', [base], [base, layer('dddd', 'patched')], ['5>5', '>4']],
    ['tells what was squashed', [base, app], [layer('eeeeee', 'squashed')], ['>6', '5>', '3>']],
    [
      'goes by place where there is no history',
      [layer('aaa'), layer('bb')],
      [layer('a'), layer('bb')],
      ['3>1', '2>2'],
    ],
    [
      'takes the same content before the same line',
      [layer('aaa', 'COPY'), layer('bb', 'COPY')],
      [layer('bb', 'COPY')],
      ['3>', '2>2'],
    ],
    ['takes nothing for nothing', [], [], []],
  ])('%s', (_, before, after, expected) => expect(paired(before, after)).toEqual(expected))

  it('names each layer of both images once, in their order', () => {
    const layers = fc
      .array(fc.tuple(fc.string(), fc.constantFrom('RUN a', 'RUN b', undefined)))
      .map((all) => all.map(([text, line]) => layer(text, line)))
    fc.assert(
      fc.property(layers, layers, (before, after) => {
        const pairs = pairLayers(before, after)
        const digests = (all: readonly Layer[]) => all.map(({ descriptor }) => descriptor.digest)
        expect(pairs.flatMap((pair) => pair.before?.digest ?? [])).toEqual(digests(before))
        expect(pairs.flatMap((pair) => pair.after?.digest ?? [])).toEqual(digests(after))
      }),
    )
  })
})
