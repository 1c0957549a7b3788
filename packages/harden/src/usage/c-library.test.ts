import { describe, expect, it } from 'vitest'
import { namesOfCLibrary } from './c-library.ts'

const names = {
  paths: ['/bin/sh', '/etc/nsswitch.conf', '/etc/gai.conf', '/usr/lib/x86_64-linux-gnu/gconv'],
  libraries: ['libgcc_s.so.1', 'libidn2.so.0', 'libnss_files.so.2'],
  commands: ['getconf'],
  isCut: false,
}
const isFolder = (path: string) => path.endsWith('/gconv')

describe('namesOfCLibrary', () => {
  it.each(['libc.so.6', 'ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1', 'libc.musl-x86_64.so.1'])(
    'leaves of %s its modules and the configuration of name look-ups',
    (soname) => {
      expect(namesOfCLibrary(soname, names, isFolder)).toEqual({
        paths: ['/etc/nsswitch.conf', '/usr/lib/x86_64-linux-gnu/gconv'],
        libraries: ['libgcc_s.so.1', 'libnss_files.so.2'],
        commands: [],
        isCut: false,
      })
    },
  )

  it.each([undefined, 'libcrypto.so.3', 'libc.so.6.1.so', 'libclang.so.1'])('leaves all of %s', (soname) => {
    expect(namesOfCLibrary(soname, names, isFolder)).toEqual(names)
  })
})
