import { describe, expect, it } from 'vitest'
import { loadedLibraries } from './optional-libraries.ts'

const named = ['libsepol.so.2', 'libother.so.1']
const loaded = (text: string, needed: readonly string[], soname?: string, names: readonly string[] = []) =>
  loadedLibraries(Buffer.from(text), { soname, needed }, names)

describe('loadedLibraries', () => {
  it('leaves out of libselinux what only the loading of a policy needs', () => {
    expect(loaded('selinux_mkload_policy', [], 'libselinux.so.1', named)).toEqual(['libother.so.1'])
  })

  it.each([
    ['imports the function', 'selinux_init_load_policy', ['libselinux.so.1'], []],
    ['looks the function up', 'selinux_mkload_policy', [], ['libselinux.so.1']],
  ])('gives it to a program that %s', (_title, text, needed, names) => {
    expect(loaded(text, needed, undefined, names)).toEqual([...names, 'libsepol.so.1', 'libsepol.so.2'])
  })

  it.each([
    ['is linked to libselinux for something else', 'getfilecon', ['libselinux.so.1']],
    ['has no libselinux', 'selinux_mkload_policy', ['libc.so.6']],
  ])('leaves alone a program that %s', (_title, text, needed) => {
    expect(loaded(text, needed, undefined, named)).toEqual(named)
  })
})
