import type { NamedFiles } from '../elf/find-strings.ts'

const cLibrary = /^(?:libc\.so\.6|libc\.musl-[^/]+\.so\.1|ld-[^/]+\.so\.\d+|ld64\.so\.\d+)$/
/** Configuration that every program asks for when it looks up a name, or that tells the linker to load more. */
const configurations = new Set(['/etc/nsswitch.conf', '/etc/ld.so.preload'])
/** Loaded when a thread ends, and by name of a service. */
const modules = /^lib(?:gcc_s|nss_[^/]+)\.so/

/**
 * What a program needs of what the C library names. Every program loads it, and it names a file for each of its
 * functions: the shell of `system` (an edge of those that import that), accounts, time zones, the libraries of
 * functions for few. Were all of these followed, each image would need a shell. Folders stay: they hold its modules.
 */
export function namesOfCLibrary(
  soname: string | undefined,
  { paths, libraries, commands, isCut }: NamedFiles,
  isFolder: (path: string) => boolean,
): NamedFiles {
  if (soname === undefined || !cLibrary.test(soname)) return { paths, libraries, commands, isCut }
  return {
    paths: paths.filter((path) => configurations.has(path) || isFolder(path)),
    libraries: libraries.filter((name) => modules.test(name)),
    commands: [],
    isCut,
  }
}
