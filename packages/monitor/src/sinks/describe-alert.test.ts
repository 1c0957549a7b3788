import { expect, it } from 'vitest'
import { describeActor, ipOf, placeOf } from './describe-alert.ts'
import { sampleAlert } from '../testing/sample-alert.ts'

it.each([
  ['10.0.0.7', '10.0.0.7'],
  ['10.0.0.7:5512', '10.0.0.7'],
  ['2001:db8::1', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['build.example:80', undefined],
  ['10.0.0.7, 10.0.0.8', undefined],
  ['', undefined],
  [undefined, undefined],
])('the IP address in %j is %j', (address, expected) => {
  expect(ipOf(address)).toBe(expected)
})

it('a place is a reference, and an actor is named with what he is', () => {
  const { tag: _, digest: __, ...rest } = sampleAlert()
  expect(placeOf(rest)).toBe('prod.example/team/app')
  expect(placeOf(sampleAlert())).toMatch(/^prod\.example\/team\/app:1\.4@sha256:[0-9a-f]{64}$/)
  expect(describeActor({ kind: 'anonymous' })).toBe('anonymous')
  expect(describeActor({ name: 'ci', kind: 'robot', address: '10.0.0.7' })).toBe('ci (robot) from 10.0.0.7')
})
